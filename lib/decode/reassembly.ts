import * as P from "./columns.ts";
import type { PacketColumns } from "./columns.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_ENDS, PW_IP, PW_KIND, PW_PORTS, PW_PROTO } = P;

/** What the first fragment of a datagram said. */
export interface Datagram {
  /** Source port << 16 | destination port. */
  readonly ports: number;
  readonly proto: number;
}

interface Pieces {
  /** Pairs of start and end, in order of arrival. */
  readonly ranges: number[];
  total: number;
  first: Datagram | undefined;
}

/**
 * Waits for all fragments of IP datagrams, to know with which frame one is complete and whose it is. Only fragments cost an object.
 */
export class Reassembly {
  readonly #waiting = new Map<string, Pieces>();

  /** Takes fragment `i`; gives the datagram when this fragment was the last one missing. */
  add(c: PacketColumns, i: number): Datagram | undefined {
    const kind = c.words[i * PACKET_WORDS + PW_KIND]!, low = kind & P.P_KIND_MASK;
    const key = this.#key(c, i);
    const pieces = this.#waiting.get(key) ?? { ranges: [], total: -1, first: undefined };
    this.#waiting.set(key, pieces);
    const start = low === P.P_FRAGMENT ? c.fragOffset[i]! : 0;
    if (low !== P.P_FRAGMENT) {
      pieces.first = {
        ports: c.words[i * PACKET_WORDS + PW_PORTS]!,
        proto: c.words[i * PACKET_WORDS + PW_PROTO]!,
      };
    }
    const end = start + c.fragLength[i]!;
    pieces.ranges.push(start, end);
    if (kind & P.P_LAST_FRAGMENT) pieces.total = end;
    if (!pieces.first || pieces.total < 0 || !covers(pieces.ranges, pieces.total)) return undefined;
    this.#waiting.delete(key);
    return pieces.first;
  }

  #key(c: PacketColumns, i: number): string {
    const e = i * PACKET_WORDS + PW_ENDS;
    const id = c.words[i * PACKET_WORDS + PW_KIND]! & P.P_IP6
      ? fragmentId6(c, i)
      : c.words[i * PACKET_WORDS + PW_IP]! & 0xffff;
    return `${c.words[i * PACKET_WORDS + PW_PROTO]},${id},${c.words.subarray(e, e + P.END_WORDS).join()}`;
  }
}

/** Identification of an IPv6 fragment, from its fragment header. */
function fragmentId6(c: PacketColumns, i: number): number {
  const { bytes } = c, end = c.offset[i]! + c.captured[i]!;
  let next = bytes[c.l3[i]! + 6]!, at = c.l3[i]! + 40;
  while (next !== 44 && at + 2 <= end) {
    next = bytes[at]!;
    at += (bytes[at + 1]! + 1) * 8;
  }
  return at + 8 <= end
    ? (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!
    : 0;
}

function covers(ranges: readonly number[], total: number): boolean {
  const order = Array.from({ length: ranges.length / 2 }, (_, j) => j).sort((a, b) =>
    ranges[2 * a]! - ranges[2 * b]!
  );
  let reached = 0;
  for (const j of order) {
    if (ranges[2 * j]! > reached) return false;
    reached = Math.max(reached, ranges[2 * j + 1]!);
  }
  return reached >= total;
}
