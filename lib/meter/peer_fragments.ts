import type { PeerPacket } from "./peer_packet.ts";
import { K_A, K_B } from "./key_words.ts";

type Head = Pick<PeerPacket, "key" | "swap" | "ports" | "flags" | "isTcp" | "isIcmp">;

/** A datagram whose fragments have not all come. */
interface Datagram {
  /** When its first fragment came, microseconds. */
  readonly begun: number;
  /** Key, order and ports of the fragment with offset 0. */
  head: Head | undefined;
  readonly ranges: [start: number, end: number][];
  /** Payload bytes in all; -1 until the last fragment came. */
  total: number;
  header: number;
  frames: number;
  /** Accounted bytes of its frames. */
  size: number;
}

/** What a datagram was made of, once it is whole or given up. */
export interface Joined {
  readonly begun: number;
  readonly frames: number;
  readonly size: number;
}

/** Puts IP datagrams together for meters that count them as one packet. Fragments are rare, so each datagram is an object. */
export class PeerFragments {
  readonly #timeout: number;
  readonly #waiting = new Map<string, Datagram>();

  /** Datagrams are given up after `timeout` microseconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Takes a fragment of `size` accounted bytes. When it makes its datagram whole, the packet becomes the datagram. */
  add(p: PeerPacket, time: number, size: number): Joined | undefined {
    const k = p.key, name = `${p.ident},${k[0]},${k.subarray(K_A, K_B + 4).join()},${p.swap}`;
    let d = this.#waiting.get(name);
    if (d === undefined) {
      d = { begun: time, head: undefined, ranges: [], total: -1, header: p.header, frames: 0, size: 0 };
      this.#waiting.set(name, d);
    }
    d.frames++;
    d.size += size;
    d.ranges.push([p.fragmentAt, p.fragmentAt + p.fragmentLength]);
    if (p.isFirstFragment) {
      d.header = p.header;
      d.head = {
        key: k.slice(),
        swap: p.swap,
        ports: p.ports,
        flags: p.flags,
        isTcp: p.isTcp,
        isIcmp: p.isIcmp,
      };
    }
    if (p.isLastFragment) d.total = p.fragmentAt + p.fragmentLength;
    if (!d.head || d.total < 0 || !covers(d.ranges, d.total)) return undefined;
    this.#waiting.delete(name);
    const { key, ...rest } = d.head;
    p.key.set(key);
    Object.assign(p, rest);
    p.bytes = d.header + d.total;
    p.isFirstFragment = p.isLaterFragment = false;
    return d;
  }

  /** Gives up datagrams that began too long before `now`: all of them when it is `Infinity`. */
  *giveUp(now: number): Generator<Joined> {
    for (const [name, d] of this.#waiting) {
      if (now - d.begun <= this.#timeout && now !== Infinity) continue;
      this.#waiting.delete(name);
      yield d;
    }
  }
}

function covers(ranges: readonly (readonly [number, number])[], total: number): boolean {
  let reached = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (start > reached) return false;
    if (end > reached) reached = end;
  }
  return reached >= total;
}
