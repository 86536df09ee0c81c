import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";
import { decodeFlow } from "./argus_decode_flow.ts";
import { decodeManagement } from "./argus_decode_mar.ts";
import { decodeNetwork } from "./argus_decode_network.ts";
import { decodeAggregation, decodeJitter, decodeRare, decodeSizes } from "./argus_decode_rare.ts";

// Local constants: the compiler folds them, imported ones it loads each time (a quarter of the time per
// record). deno-fmt-ignore
const {
  AGR_DOUBLES, CAUSE, DOUBLES, D_ENCAPS, D_IP, D_IPOPT, D_MPLS, D_NANO, FLAGS, FLAG_AGR, FLAG_FRAG_OVERLAP, NET_FRAG,
  FLAG_APPBYTES, FLAG_D_IP, FLAG_D_IPOPT, FLAG_D_MPLS, FLAG_D_VLAN, FLAG_ENCAPS, FLAG_FRAGS,
  FLAG_ICMP_MAP, FLAG_JITTER, FLAG_MAC, FLAG_METRIC, FLAG_NANO, FLAG_PSIZE, FLAG_SRCID_INT,
  FLAG_SRCID_TEXT, FLAG_S_IP, FLAG_S_IPOPT, FLAG_S_MPLS, FLAG_S_VLAN, FLAG_TIME, FLAG_TRANSPORT, ICMP_MAP,
  ICMP_MAP_BODY, JITTER_DOUBLES, MAC, MAC_TYPE, SEQ, SRCID, S_ENCAPS, S_END, S_IP, S_IPOPT, S_MPLS,
  S_NANO, S_PKTS, S_START, VLAN, WORDS,
} = R;
// deno-fmt-ignore
const {
  DSR_AGR, DSR_ENCAPS, DSR_FLOW, DSR_ICMP, DSR_IPATTR, DSR_JITTER, DSR_MAC, DSR_METRIC, DSR_MPLS,
  DSR_NETWORK, DSR_PSIZE, DSR_TIME, DSR_TRANSPORT, DSR_USER, DSR_VLAN, MAR_BYTES, RECORD_FAR,
  RECORD_MAR, RECORD_NETFLOW,
} = A;

/** What {@linkcode decodeRecord} found. */
export const DECODED = 0, SKIPPED = 1, DAMAGED = 2;

/** Where the last damage was: byte offset in the view, and what stood there. Set only after `DAMAGED`. */
export const damage = { at: 0, expected: "", found: "" };

function broken(at: number, expected: string, found: string): number {
  damage.at = at;
  damage.expected = expected;
  damage.found = found;
  return DAMAGED;
}

/**
 * Decodes the record of `length` bytes at `at` into a fresh row of the batch, raw: nothing a reader repairs
 * is repaired (argus-format section 5 to 8), the reverse bit stays a flag.
 *
 * @returns `DECODED`, `SKIPPED` (a record type without flows, or a flow without time section) or `DAMAGED`.
 */
export function decodeRecord(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  length: number,
  batch: RecordBatch,
): number {
  const kind = view.getUint8(at) & 0xf0;
  if (kind === RECORD_MAR) {
    if (length < MAR_BYTES) {
      return broken(at + 2, `a management record of ${MAR_BYTES} bytes`, `one of ${length} bytes`);
    }
    decodeManagement(view, at, batch);
    return DECODED;
  }
  if (kind !== RECORD_FAR && kind !== RECORD_NETFLOW) return SKIPPED;
  const row = batch.addBlank();
  const words = batch.words, doubles = batch.doubles;
  const w = row * WORDS, d = row * DOUBLES;
  const end = at + length;
  words[w + CAUSE] = view.getUint8(at + 1) & 0xf0;
  let flags = 0;
  for (let p = at + 4; p + 4 <= end;) {
    const head = view.getUint32(p);
    const type = head >>> 24;
    const sub = (head >>> 16) & 0xff;
    // Bit 0x80 of the type: the section is one word and bytes 2 and 3 are data (section 3).
    if (type & 0x80) {
      p += 4;
      continue;
    }
    const wide = type === DSR_USER || (sub & 0x80) !== 0;
    const size = (wide ? head & 0xffff : head & 0xff) * 4;
    const qual = wide ? 0 : (head >>> 8) & 0xff;
    if (size === 0) break;
    const next = p + size;
    if (next > end) {
      batch.length--;
      return broken(
        p,
        `a section of at most ${end - p} bytes`,
        `one of ${size} bytes (type 0x${type.toString(16)})`,
      );
    }
    const n = size >> 2;
    switch (type) {
      case DSR_TRANSPORT:
        flags |= FLAG_TRANSPORT;
        if (n >= 3) {
          words[w + SRCID] = view.getInt32(p + 4);
          words[w + SEQ] = view.getInt32(p + 8);
        } else if (n === 2) {
          words[w + (sub & 1 ? SRCID : SEQ)] = view.getInt32(p + 4);
        }
        if (qual & 0x20) flags |= qual & 1 ? FLAG_SRCID_TEXT : FLAG_SRCID_INT;
        break;
      case DSR_FLOW:
        flags |= decodeFlow(view, bytes, p, n, sub, qual, batch, row);
        break;
      case DSR_TIME: {
        flags |= FLAG_TIME;
        const nano = qual === 0x19;
        if (nano) flags |= FLAG_NANO;
        // Without side bits the values are source start and source end.
        const sides = sub & 0x78 || (n >= 5 ? 0x18 : 0x08);
        let count = 0;
        for (let bit = 0x08; bit <= 0x40; bit <<= 1) if (sides & bit) count++;
        const absolute = n - 1 >= 2 * count;
        let q = p + 4, base = 0, first = true;
        for (let side = 0; side < 4; side++) {
          if ((sides & (0x08 << side)) === 0 || q + 4 > next) continue;
          let us: number;
          if (first || absolute) {
            if (q + 8 > next) break;
            let fraction = view.getInt32(q + 4);
            if (nano) {
              const rest = fraction % 1000;
              words[w + (side < 2 ? S_NANO : D_NANO)]! |= (rest < 0 ? 0 : rest) << (side & 1 ? 10 : 0);
              fraction = Math.trunc(fraction / 1000);
            }
            us = view.getUint32(q) * 1e6 + fraction;
            q += 8;
            if (first) base = us;
            first = false;
          } else {
            us = base + view.getInt32(q);
            q += 4;
          }
          doubles[d + S_START + side] = us;
        }
        // A range with one value: several packets at the same instant.
        if (n === 3 && (sub & 0x7f) === 2) doubles[d + S_END] = base;
        break;
      }
      case DSR_METRIC:
        flags |= FLAG_METRIC;
        if (sub & 4) flags |= FLAG_APPBYTES;
        decodeMetric(view, p + 4, next, qual & 15, (sub & 4) !== 0, doubles, d);
        break;
      case DSR_NETWORK:
        decodeNetwork(view, bytes, p, n, sub, batch, row);
        if (sub === NET_FRAG && qual & 2) flags |= FLAG_FRAG_OVERLAP;
        break;
      case DSR_IPATTR: {
        let q = p + 4;
        if (qual & 1 && q < next) {
          flags |= FLAG_S_IP;
          const a = view.getInt32(q);
          words[w + S_IP] = (a & 0xffff0000) | A.swap16(a);
          q += 4;
        }
        if (qual & 4 && q < next) {
          flags |= FLAG_S_IPOPT;
          words[w + S_IPOPT] = view.getInt32(q);
          q += 4;
        }
        if (qual & 2 && q < next) {
          flags |= FLAG_D_IP;
          const a = view.getInt32(q);
          words[w + D_IP] = (a & 0xffff0000) | A.swap16(a);
          q += 4;
        }
        if (qual & 8 && q < next) {
          flags |= FLAG_D_IPOPT;
          words[w + D_IPOPT] = view.getInt32(q);
        }
        if (qual & 0x30) flags |= FLAG_FRAGS;
        break;
      }
      case DSR_ENCAPS:
        if (n >= 3) {
          flags |= FLAG_ENCAPS;
          words[w + S_ENCAPS] = view.getInt32(p + 4);
          words[w + D_ENCAPS] = view.getInt32(p + 8);
        }
        break;
      case DSR_MAC:
        if (n >= 5) {
          flags |= FLAG_MAC;
          words[w + MAC] = view.getInt32(p + 4);
          words[w + MAC + 1] = view.getInt32(p + 8);
          words[w + MAC + 2] = view.getInt32(p + 12);
          words[w + MAC_TYPE] = (view.getUint16(p + 16, true) << 16) | (qual & 3);
        }
        break;
      case DSR_VLAN:
        if (n >= 2) {
          flags |= (qual & 1 ? FLAG_S_VLAN : 0) | (qual & 2 ? FLAG_D_VLAN : 0);
          words[w + VLAN] = view.getInt32(p + 4);
        }
        break;
      case DSR_MPLS:
        if (n < 2) break;
        if (sub & 1) {
          flags |= FLAG_S_MPLS;
          words[w + S_MPLS] = view.getInt32(p + 4);
        }
        if (sub & 2) {
          flags |= FLAG_D_MPLS;
          words[w + D_MPLS] = view.getInt32(n >= 3 ? p + 8 : p + 4);
        }
        break;
      case DSR_ICMP:
        if (n >= 7) {
          flags |= FLAG_ICMP_MAP;
          const first = view.getInt32(p + 4);
          words[w + ICMP_MAP] = ((qual & 7) << 16) | (first >>> 16);
          words[w + ICMP_MAP_BODY] = first & 0xffff;
          for (let i = 1; i < 6; i++) words[w + ICMP_MAP_BODY + i] = view.getInt32(p + 4 + 4 * i);
        }
        break;
      case DSR_PSIZE:
        flags |= FLAG_PSIZE;
        decodeSizes(view, p, next, sub, qual, batch, row);
        break;
      case DSR_JITTER:
        flags |= FLAG_JITTER;
        decodeJitter(view, p, next, sub, qual, batch, row);
        break;
      case DSR_USER: {
        const side = sub & 0x20 ? 1 : 0;
        const count = n >= 2 ? Math.min(view.getUint16(p + 6), size - 8) : 0;
        (batch.user ??= [])[2 * row + side] = bytes.slice(p + 8, p + 8 + count);
        break;
      }
      case DSR_AGR:
        if (n >= 11) {
          flags |= FLAG_AGR;
          decodeAggregation(view, p, sub, batch, row);
        }
        break;
      default:
        decodeRare(view, bytes, p, size, type, batch, row);
    }
    p = next;
  }
  if ((flags & FLAG_TIME) === 0) {
    dropRow(batch, row);
    return SKIPPED;
  }
  words[w + FLAGS]! |= flags;
  return DECODED;
}

/** Takes the last row back, with what its sections put into the banks. */
export function dropRow(batch: RecordBatch, row: number): void {
  batch.more?.delete(row);
  if (batch.user) batch.user[2 * row] = batch.user[2 * row + 1] = undefined;
  batch.jitter?.fill(0, row * JITTER_DOUBLES, (row + 1) * JITTER_DOUBLES);
  batch.agr?.fill(0, row * AGR_DOUBLES, (row + 1) * AGR_DOUBLES);
  batch.length = row;
}

/** Metric section (argus-format section 6): the qualifier tells sides and width. */
function decodeMetric(
  view: DataView,
  from: number,
  end: number,
  qual: number,
  app: boolean,
  doubles: Float64Array,
  d: number,
): void {
  if (qual === 0 || qual > 12) return;
  const shift = (qual - 1) & 3;
  const size = 1 << shift;
  const sides = qual <= 4 ? 2 : 1;
  const values = app ? 3 : 2;
  if (from + sides * values * size > end) return;
  let q = from;
  for (let side = qual > 8 ? 1 : 0, left = sides; left > 0; side++, left--) {
    for (let i = 0; i < values; i++, q += size) {
      const value = shift === 0
        ? view.getUint8(q)
        : shift === 1
        ? view.getUint16(q)
        : shift === 2
        ? view.getUint32(q)
        : view.getUint32(q) * 0x100000000 + view.getUint32(q + 4);
      doubles[d + S_PKTS + 2 * i + side] = value;
    }
  }
}
