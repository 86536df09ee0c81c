import * as R from "../../lib/record/mod.ts";
import { formatIpv4, formatIpv6 } from "../../lib/base/mod.ts";

/** One record as far as meters can be compared by it. Times are microseconds. */
export interface PeerRow {
  /** Protocol, ends in the order of the record, ICMP type and code where known. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly packets: string;
  readonly bytes: string;
}

function end(words: Int32Array, type: number, at: number): string {
  return type === R.KEY_IPV4
    ? formatIpv4(words[at]!)
    : formatIpv6(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
}

/** The records of a batch for comparison; times are truncated to `unit` microseconds. */
export function peerRows(batch: R.RecordBatch, unit = 1000): PeerRow[] {
  const { words, doubles } = batch;
  return Array.from({ length: batch.length }, (_, row) => {
    const w = row * R.WORDS, d = row * R.DOUBLES, type = words[w + R.KEY_TYPE]!;
    const times = [0, 1, 2, 3].map((j) => doubles[d + j]!).filter((t) => !Number.isNaN(t));
    const cut = (t: number) => Math.floor(t / unit) * unit;
    return {
      key: `${words[w + R.PROTO]} ${end(words, type, w + R.SADDR)}:${words[w + R.SPORT]! & 0xffff} ` +
        `${end(words, type, w + R.DADDR)}:${words[w + R.DPORT]! & 0xffff}`,
      start: cut(
        doubles[d + R.S_START]! <= doubles[d + R.D_START]! || Number.isNaN(doubles[d + R.D_START]!)
          ? doubles[d + R.S_START]!
          : Math.min(...times),
      ),
      end: cut(Number.isNaN(doubles[d + R.D_END]!) ? doubles[d + R.S_END]! : Math.max(...times)),
      packets: `${doubles[d + R.S_PKTS]}/${doubles[d + R.D_PKTS]}`,
      bytes: `${doubles[d + R.S_BYTES]}/${doubles[d + R.D_BYTES]}`,
    };
  });
}

/** Text of a row; equal records have equal texts. */
export function peerRowText(row: PeerRow): string {
  return `${row.key} ${row.start / 1e3}-${row.end / 1e3}ms ${row.packets} packets ${row.bytes} bytes`;
}

/** Records of either side that have no equal on the other, by text. */
export function unmatched(
  ours: readonly PeerRow[],
  theirs: readonly PeerRow[],
): { ours: string[]; theirs: string[]; matched: number } {
  const waiting = new Map<string, number>();
  for (const row of theirs) {
    const text = peerRowText(row);
    waiting.set(text, (waiting.get(text) ?? 0) + 1);
  }
  const alone: string[] = [];
  let matched = 0;
  for (const row of ours) {
    const text = peerRowText(row), n = waiting.get(text) ?? 0;
    if (n === 0) alone.push(text);
    else {
      matched++;
      waiting.set(text, n - 1);
    }
  }
  return { ours: alone, theirs: [...waiting].flatMap(([text, n]) => Array<string>(n).fill(text)), matched };
}
