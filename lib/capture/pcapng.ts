import type { FrameRows } from "./rows.ts";
import {
  bytes,
  FULL,
  type Listeners,
  MAX_CAPTURED,
  type Mismatch,
  MORE,
  type Scanner,
  SPLIT,
  STOP,
} from "./scanner.ts";
import { Ticks } from "./ticks.ts";
import type { ByteWindow } from "./window.ts";

const SECTION = 0x0a0d0d0a, INTERFACE = 1, OLD_PACKET = 2, SIMPLE_PACKET = 3, PACKET = 6;
const ORDER_MAGIC = 0x1a2b3c4d;
/** Largest block libpcap accepts. */
const MAX_BLOCK = 16 << 20;
const OPTION_COMMENT = 1, OPTION_NAME = 2, OPTION_DESCRIPTION = 3, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14;

/** Smallest total length of the block types that are read; 12 for all others. */
function smallest(type: number): number {
  if (type === PACKET || type === OLD_PACKET) return 32;
  return type === SECTION ? 28 : type === INTERFACE ? 20 : type === SIMPLE_PACKET ? 16 : 12;
}

interface Interface {
  readonly linkType: number;
  /** In bytes, `MAX_CAPTURED` when not limited. */
  readonly snaplen: number;
  readonly ticks: Ticks;
}

/** Whether these are the first four bytes of a pcapng file. */
export function isPcapng(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === SECTION;
}

/** pcapng (draft-ietf-opsawg-pcapng): any sections and interfaces, their own clocks; unknown blocks are passed over. */
export class PcapngScanner implements Scanner {
  readonly format = "pcapng";
  need = 12;
  damage: Mismatch | undefined;
  #little = true;
  #section = 0;
  #interfaces: Interface[] = [];
  #first: Interface | undefined;
  #firstLittle = true;
  /** libpcap has stopped reading. */
  #foreign = false;
  readonly #text = new TextDecoder();

  constructor(readonly listeners: Listeners) {}

  scan(window: ByteWindow, rows: FrameRows): number {
    const view = window.view, end = window.end;
    const { offset, captured, wire, time, nano, capacity } = rows;
    let p = window.start, n = rows.length, result = FULL;
    this.damage = undefined;
    while (n < capacity) {
      if (end - p < 12) {
        this.need = 12;
        result = MORE;
        break;
      }
      let little = this.#little;
      const type = view.getUint32(p, little);
      if (type === SECTION) {
        little = view.getUint32(p + 8, true) === ORDER_MAGIC;
        if (!little && view.getUint32(p + 8, false) !== ORDER_MAGIC) {
          this.damage = {
            expected: "byte-order magic 1a2b3c4d",
            found: view.getUint32(p + 8, false).toString(16).padStart(8, "0"),
          };
          result = STOP;
          break;
        }
      }
      const total = view.getUint32(p + 4, little);
      if (total < smallest(type) || total > MAX_BLOCK || total % 4 !== 0) {
        this.damage = {
          expected: `a block length of ${smallest(type)} to ${MAX_BLOCK} bytes, a multiple of 4`,
          found: bytes(total),
        };
        result = STOP;
        break;
      }
      if (end - p < total) {
        this.need = total;
        result = MORE;
        break;
      }
      const trailer = view.getUint32(p + total - 4, little);
      if (trailer !== total) {
        this.damage = { expected: `block length ${total} again at the block's end`, found: String(trailer) };
        result = STOP;
        break;
      }
      if (type === PACKET || type === OLD_PACKET || type === SIMPLE_PACKET) {
        const index = type === PACKET
          ? view.getUint32(p + 8, little)
          : type === OLD_PACKET
          ? view.getUint16(p + 8, little)
          : 0;
        const iface = this.#interfaces[index];
        if (iface === undefined) {
          this.damage = {
            expected: `one of the section's ${this.#interfaces.length} interfaces`,
            found: `number ${index}`,
          };
          result = STOP;
          break;
        }
        const simple = type === SIMPLE_PACKET;
        const room = total - (simple ? 16 : 32);
        let cap = simple ? room : view.getInt32(p + 20, little);
        const len = view.getInt32(p + (simple ? 8 : 24), little);
        if (simple) cap = Math.min(cap, len >>> 0, iface.snaplen);
        if (cap < 0 || cap > room || cap > MAX_CAPTURED) {
          this.damage = {
            expected: `a captured length of at most ${bytes(Math.min(room, MAX_CAPTURED))}`,
            found: bytes(cap >>> 0),
          };
          result = STOP;
          break;
        }
        if (cap > this.#first!.snaplen) this.#foreign = true;
        if (n === 0) {
          rows.linkType = iface.linkType;
          rows.position = window.base + p;
          rows.nanoseconds = iface.ticks.fine;
          rows.foreign = this.#foreign;
        } else if (
          rows.linkType !== iface.linkType || rows.foreign !== this.#foreign ||
          rows.nanoseconds !== iface.ticks.fine
        ) {
          result = SPLIT;
          break;
        }
        if (simple) time[n] = nano[n] = 0;
        else iface.ticks.put(view.getUint32(p + 12, little), view.getUint32(p + 16, little), time, nano, n);
        const data = p + (simple ? 12 : 28);
        offset[n] = data;
        captured[n] = cap;
        wire[n] = len;
        const options = data + ((cap + 3) & ~3);
        if (!simple && this.listeners.onComment && p + total - 4 - options >= 8) {
          this.#options(window, options, p + total - 4, little, rows.firstFrame + n);
        }
        n++;
      } else if (type === SECTION) {
        const stop = this.#beginSection(window, p, total, little);
        if (stop) {
          this.damage = stop;
          result = STOP;
          break;
        }
      } else if (type === INTERFACE) {
        this.#addInterface(window, p, total, little);
      }
      p += total;
    }
    window.start = p;
    rows.length = n;
    return result;
  }

  missing(window: ByteWindow): Mismatch {
    return window.available < 12
      ? { expected: "12 bytes of block header", found: bytes(window.available) }
      : { expected: `a block of ${bytes(this.need)}`, found: bytes(window.available) };
  }

  #beginSection(window: ByteWindow, p: number, total: number, little: boolean): Mismatch | undefined {
    const major = window.view.getUint16(p + 12, little);
    if (major !== 1) return { expected: "pcapng version 1", found: `version ${major}` };
    this.#little = little;
    if (this.#section++ === 0) this.#firstLittle = little;
    else if (little !== this.#firstLittle) this.#foreign = true;
    this.#interfaces = [];
    this.#options(window, p + 24, p + total - 4, little);
    return undefined;
  }

  #addInterface(window: ByteWindow, p: number, total: number, little: boolean): void {
    const { view } = window;
    const linkType = view.getUint16(p + 8, little), limit = view.getUint32(p + 12, little);
    const facts = this.#options(window, p + 16, p + total - 4, little, undefined, true);
    const snaplen = limit === 0 || limit > MAX_CAPTURED ? MAX_CAPTURED : limit;
    const iface = { linkType, snaplen, ticks: new Ticks(facts.resolution, facts.offset) };
    this.#first ??= iface;
    if (this.#first.linkType !== linkType || this.#first.snaplen !== snaplen) this.#foreign = true;
    this.#interfaces.push(iface);
    this.listeners.onInterface?.({
      source: this.listeners.source,
      section: this.#section,
      index: this.#interfaces.length - 1,
      linkType,
      snaplen: limit > 0x7fffffff ? 0 : limit,
      ticksPerSecond: iface.ticks.perSecond,
      ...(facts.name === undefined ? {} : { name: facts.name }),
      ...(facts.description === undefined ? {} : { description: facts.description }),
    });
  }

  /** Reads a list of options; comments go to the listener. */
  #options(
    window: ByteWindow,
    from: number,
    to: number,
    little: boolean,
    frame?: number,
    ofInterface = false,
  ): { resolution: number; offset: number; name?: string; description?: string } {
    const { view } = window;
    const facts: { resolution: number; offset: number; name?: string; description?: string } = {
      resolution: 6,
      offset: 0,
    };
    const about = frame !== undefined ? "frame" : ofInterface ? "interface" : "section";
    for (let p = from; p + 4 <= to;) {
      const code = view.getUint16(p, little), length = view.getUint16(p + 2, little);
      p += 4;
      if (code === 0 || p + length > to) break;
      const text = () => this.#text.decode(window.bytes.subarray(p, p + length));
      if (code === OPTION_COMMENT) {
        this.listeners.onComment?.({
          source: this.listeners.source,
          about,
          ...(frame === undefined ? {} : { frame }),
          text: text(),
        });
      } else if (ofInterface) {
        if (code === OPTION_NAME) facts.name = text();
        else if (code === OPTION_DESCRIPTION) facts.description = text();
        else if (code === OPTION_TSRESOL && length >= 1) facts.resolution = view.getUint8(p);
        else if (code === OPTION_TSOFFSET && length >= 8) facts.offset = Number(view.getBigInt64(p, little));
      }
      p += (length + 3) & ~3;
    }
    return facts;
  }
}
