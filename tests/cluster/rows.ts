import { RecordBatch } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";

/** A record in a few words; times in seconds. */
export interface Made {
  readonly from?: string;
  readonly to?: string;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly start?: number;
  readonly end?: number;
  readonly spkts?: number;
  readonly dpkts?: number;
  readonly bytes?: number;
  readonly status?: number;
  /** Flags seen, base and next sequence number of each side. */
  readonly s?: readonly [flags: number, base: number, next: number];
  readonly d?: readonly [flags: number, base: number, next: number];
  readonly net?: number;
  readonly srcid?: number;
  readonly label?: string;
}

/** IPv4 text as a word. */
export function ip(text: string): number {
  return text.split(".").reduce((a, n) => a << 8 | Number(n), 0);
}

/** A batch of records as read. */
export function batchOf(...all: readonly Made[]): RecordBatch {
  const batch = new RecordBatch(Math.max(1, all.length));
  for (const m of all) {
    const row = batch.addBlank(), w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words;
    words[w + R.KEY_TYPE] = R.KEY_IPV4;
    words[w + R.FLAGS] = R.FLAG_METRIC | R.FLAG_TIME | R.FLAG_TRANSPORT;
    words[w + R.SADDR] = ip(m.from ?? "10.0.0.1");
    words[w + R.DADDR] = ip(m.to ?? "10.0.0.2");
    words[w + R.PROTO] = m.proto ?? 6;
    words[w + R.SPORT] = m.sport ?? 40000;
    words[w + R.DPORT] = m.dport ?? 80;
    words[w + R.SRCID] = m.srcid ?? 1;
    words[w + R.CAUSE] = R.CAUSE_STATUS;
    const spkts = m.spkts ?? 1, dpkts = m.dpkts ?? 1;
    const start = (m.start ?? 0) * 1e6, end = (m.end ?? m.start ?? 0) * 1e6;
    batch.doubles.set([start, end, start, end, spkts, dpkts], d);
    if (spkts === 0) batch.doubles.fill(NaN, d + R.S_START, d + R.S_END + 1);
    if (dpkts === 0) batch.doubles.fill(NaN, d + R.D_START, d + R.D_END + 1);
    batch.doubles[d + R.S_BYTES] = m.bytes ?? 60 * spkts;
    batch.doubles[d + R.D_BYTES] = 60 * dpkts;
    if ((m.proto ?? 6) === 6) {
      words[w + R.NET] = m.net ?? R.NET_TCP_PERF;
      words[w + R.TCP_STATUS] = m.status ?? R.TCP_EST;
      for (const [side, at] of [[m.s, R.SIDE], [m.d, R.DSIDE]] as const) {
        const [flags, base, next] = side ?? [0x10, 0, 0];
        words[w + at + R.T_FLAGS] = flags;
        words[w + at + R.T_SEQBASE] = base;
        words[w + at + R.T_SEQ] = next;
      }
      batch.doubles[d + R.S_LAST] = batch.doubles[d + R.D_LAST] = end;
    }
    if (m.label !== undefined) batch.moreOf(row).label = m.label;
  }
  return batch;
}

/** What a record says, in one line: ends, direction, packets, times, merged records. */
export function tell(batch: RecordBatch): string[] {
  return Array.from({ length: batch.length }, (_, row) => {
    const w = row * R.WORDS, d = row * R.DOUBLES;
    const from = `${R.addressText(batch, row, R.SADDR)}:${batch.words[w + R.SPORT]}`;
    const to = `${R.addressText(batch, row, R.DADDR)}:${batch.words[w + R.DPORT]}`;
    const flags = batch.words[w + R.FLAGS]!;
    const records = flags & R.FLAG_AGR && batch.agr ? batch.agr[row * R.AGR_DOUBLES + R.AGR_COUNT] : 1;
    return `${from} ${R.direction(batch, row).trim()} ${to} ${batch.doubles[d + R.S_PKTS]}+${
      batch.doubles[d + R.D_PKTS]
    } ${R.startTime(batch, row) / 1e6}..${R.lastTime(batch, row) / 1e6} x${records}`;
  });
}

/** A stream of batches. */
export async function* stream(...batches: readonly RecordBatch[]): AsyncGenerator<RecordBatch> {
  yield* batches;
}

/** All records of a stream in one batch. */
export async function gather(batches: AsyncIterable<RecordBatch>): Promise<RecordBatch> {
  const out = new RecordBatch();
  for await (const batch of batches) for (let row = 0; row < batch.length; row++) out.append(batch, row);
  return out;
}
