import type { FrameRows } from "./rows.ts";
import {
  bytes,
  FULL,
  type Listeners,
  MAX_CAPTURED,
  type Mismatch,
  mismatch,
  MORE,
  type Scanner,
  STOP,
} from "./scanner.ts";
import type { ByteWindow } from "./window.ts";

/** Bytes of the file header. */
export const PCAP_HEADER = 24;

/** Magic numbers and what they say: nanoseconds, and the longer frame header of patched tcpdumps. */
const MAGICS: ReadonlyMap<number, { nano: boolean; header: number }> = new Map([
  [0xa1b2c3d4, { nano: false, header: 16 }],
  [0xa1b23c4d, { nano: true, header: 16 }],
  [0xa12b3c4d, { nano: false, header: 16 }],
  [0xa1b2cd34, { nano: false, header: 24 }],
  [0xa1b234cd, { nano: false, header: 24 }],
]);

/** Whether these are the first four bytes of a classic pcap file. */
export function isPcap(view: DataView, at: number): boolean {
  return MAGICS.has(view.getUint32(at, true)) || MAGICS.has(view.getUint32(at, false));
}

/**
 * Classic pcap, both byte orders, micro- and nanoseconds, as libpcap reads it (draft-ietf-opsawg-pcap): seconds are signed,
 * frames longer than the file's snap length are cut to it.
 */
export class PcapScanner implements Scanner {
  readonly format = "pcap";
  need = 16;
  damage: Mismatch | undefined;
  readonly #little: boolean;
  readonly #nano: boolean;
  readonly #header: number;
  readonly #linkType: number;
  readonly #snaplen: number;
  /** Files before version 2.3 hold the two lengths the other way round, 2.3 either way. */
  readonly #swapped: "no" | "yes" | "maybe";

  /** Takes the file header, which must be there whole. */
  constructor(window: ByteWindow, listeners: Listeners) {
    const { view, start } = window;
    this.#little = MAGICS.has(view.getUint32(start, true));
    const little = this.#little;
    const { nano, header } = MAGICS.get(view.getUint32(start, little))!;
    this.#nano = nano;
    this.#header = this.need = header;
    const major = view.getUint16(start + 4, little), minor = view.getUint16(start + 6, little);
    if (!(major === 2 && minor <= 4) && !(major === 543 && minor === 0)) {
      throw mismatch("unsupported", {
        expected: "pcap version 2.0 to 2.4",
        found: `version ${major}.${minor}`,
      }, {
        source: listeners.source,
        offset: 4,
      });
    }
    this.#swapped = major !== 2 || minor > 3 ? "no" : minor === 3 ? "maybe" : "yes";
    const snaplen = view.getUint32(start + 16, little);
    this.#snaplen = snaplen === 0 || snaplen > MAX_CAPTURED ? MAX_CAPTURED : snaplen;
    // The upper bits hold the length of the frame check sequence.
    this.#linkType = view.getUint32(start + 20, little) & 0x03ffffff;
    window.start += PCAP_HEADER;
    listeners.onInterface?.({
      source: listeners.source,
      section: 1,
      index: 0,
      linkType: this.#linkType,
      snaplen: snaplen >= 0x7fffffff ? 0 : snaplen,
      ticksPerSecond: nano ? 1e9 : 1e6,
    });
  }

  scan(window: ByteWindow, rows: FrameRows): number {
    const view = window.view, end = window.end;
    const little = this.#little, nano = this.#nano, header = this.#header, snaplen = this.#snaplen;
    const swapped = this.#swapped;
    const { offset, captured, wire, time, nano: nanos, capacity } = rows;
    let p = window.start, n = rows.length, result = FULL;
    if (n === 0) {
      rows.linkType = this.#linkType;
      rows.position = window.base + p;
      rows.nanoseconds = nano;
      rows.foreign = false;
    }
    while (n < capacity) {
      if (end - p < header) {
        this.need = header;
        result = MORE;
        break;
      }
      let cap = view.getInt32(p + 8, little), len = view.getInt32(p + 12, little);
      if (swapped !== "no" && (swapped === "yes" || cap > len)) {
        const t = cap;
        cap = len;
        len = t;
      }
      if (cap < 0 || cap > MAX_CAPTURED) {
        this.damage = {
          expected: `a captured length of at most ${MAX_CAPTURED} bytes`,
          found: bytes(cap >>> 0),
        };
        result = STOP;
        break;
      }
      if (end - p - header < cap) {
        this.need = header + cap;
        result = MORE;
        break;
      }
      const fraction = view.getUint32(p + 4, little);
      const seconds = view.getInt32(p, little);
      if (nano) {
        const us = (fraction / 1000) >>> 0;
        time[n] = seconds * 1e6 + us;
        nanos[n] = fraction - us * 1000;
      } else {
        time[n] = seconds * 1e6 + fraction;
        nanos[n] = 0;
      }
      offset[n] = p + header;
      captured[n] = cap > snaplen ? snaplen : cap;
      wire[n] = len;
      n++;
      p += header + cap;
    }
    window.start = p;
    rows.length = n;
    return result;
  }

  missing(window: ByteWindow): Mismatch {
    const there = window.available;
    return there < this.#header
      ? { expected: `${bytes(this.#header)} of frame header`, found: bytes(there) }
      : { expected: `${bytes(this.need - this.#header)} of frame data`, found: bytes(there - this.#header) };
  }
}
