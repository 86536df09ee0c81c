import * as P from "../decode/mod.ts";
import { type PacketColumns, type Shard, shardOfPair } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { PacketShare } from "./packet_share.ts";

export type { Shard } from "../decode/mod.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_DOUBLES, PACKET_WORDS, PW_ENDS, PW_KIND, P_ARP, P_DROPPED, P_FRAGMENT, P_INNER, P_KIND_MASK,
  P_NONE,
} = P;

const ICMP = 1, ICMP6 = 58;
/** Source and destination address in an IPv4 header. */
const IP_SOURCE = 12, IP_DESTINATION = 16;

/**
 * The packets of one shard: all packets between two addresses are in the same one, whichever way they go, so that fragments and
 * answers stay with their flow. An ICMP error is also in the shard of the flow it quotes, which notes it (REC-11); use
 * {@linkcode inShard} on the records.
 *
 * Under clock `exact` the records of all shards together are those of one meter (law 5); under clock `argus` they are not, because
 * there any packet moves the timers of all flows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as P from "../decode/mod.ts";
 * import { packetsOfShard } from "./shards.ts";
 *
 * const columns = new P.PacketColumns(2);
 * for (const [i, ends] of [[1, 0, 0, 0, 2, 0, 0, 0], [2, 0, 0, 0, 1, 0, 0, 0]].entries()) {
 *   columns.words[i * P.PACKET_WORDS + P.PW_KIND] = P.P_UDP;
 *   columns.words.set(ends, i * P.PACKET_WORDS + P.PW_ENDS);
 * }
 * const tests = [0, 1, 2].map((index) => packetsOfShard({ index, count: 3 }));
 * assertEquals(tests.filter((t) => t(columns, 0)).length, 1);
 * assertEquals(tests.map((t) => t(columns, 0)), tests.map((t) => t(columns, 1)));
 * ```
 */
export function packetsOfShard({ index, count }: Shard): (columns: PacketColumns, i: number) => boolean {
  return (columns, i) => {
    const kind = columns.words[i * PACKET_WORDS + PW_KIND]!, low = kind & P.P_KIND_MASK;
    if (low === P.P_DROPPED) return false;
    if (!isByAddress(low)) return index === 0;
    const e = i * PACKET_WORDS + PW_ENDS, ends = columns.words;
    if (shardOfPair(ends, e, e + 4, count) === index) return true;
    return (kind & P.P_INNER) !== 0 && quotesIpv4(columns, i) && quotedShard(columns, i, count) === index;
  };
}

/**
 * Shares the packets of a batch out: the same shards as {@linkcode packetsOfShard} finds one by one. Gives the latest time up to the end
 * of the batch.
 *
 * @param clock latest time before the batch, microseconds.
 */
export function shareOut(c: PacketColumns, shares: readonly PacketShare[], clock: number): number {
  const count = shares.length, lists = shares.map((share) => share.packets), counts = new Int32Array(count);
  const words = c.words, times = c.times, clocks = shares[0]!.clock;
  for (let i = 0, n = c.length; i < n; i++) {
    const x = i * PACKET_WORDS, kind = words[x + PW_KIND]!, low = kind & P_KIND_MASK;
    if (low !== P_DROPPED) {
      const time = times[i * PACKET_DOUBLES]!;
      if (time > clock) clock = time;
      const own = isByAddress(low) ? shardOfPair(words, x + PW_ENDS, x + PW_ENDS + 4, count) : 0;
      lists[own]![counts[own]!++] = i;
      if (kind & P_INNER && isByAddress(low) && quotesIpv4(c, i)) {
        const other = quotedShard(c, i, count);
        if (other !== own) lists[other]![counts[other]!++] = ~i;
      }
    }
    clocks[i] = clock;
  }
  shares.forEach((share, shard) => share.length = counts[shard]!);
  return clock;
}

/** What is keyed or connected by more than its addresses, and what forms no flow, is in the first shard. */
function isByAddress(low: number): boolean {
  return low !== P_NONE && (low < P_ARP || low === P_FRAGMENT);
}

/** Whether a record belongs to a shard: an ICMP flow that is only there for an error it quotes does not. */
export function inShard(batch: RecordBatch, row: number, { index, count }: Shard): boolean {
  const words = batch.words, w = row * R.WORDS;
  const type = words[w + R.KEY_TYPE], proto = words[w + R.PROTO];
  if (!(type === R.KEY_IPV4 && proto === ICMP) && !(type === R.KEY_IPV6 && proto === ICMP6)) return true;
  return shardOfPair(words, w + R.SADDR, w + R.DADDR, count) === index;
}

const quoted = new Int32Array(8);

/** Errors are noted on the flows of IPv4 datagrams only. */
function quotesIpv4(columns: PacketColumns, i: number): boolean {
  const at = columns.inner[i]!;
  return at >= 0 && at + IP_DESTINATION + 4 <= columns.offset[i]! + columns.captured[i]! &&
    columns.bytes[at]! >>> 4 === 4;
}

function quotedShard(columns: PacketColumns, i: number, count: number): number {
  const bytes = columns.bytes, at = columns.inner[i]!;
  quoted[0] = word(bytes, at + IP_SOURCE);
  quoted[4] = word(bytes, at + IP_DESTINATION);
  return shardOfPair(quoted, 0, 4, count);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
}
