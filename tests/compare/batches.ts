import * as R from "../../lib/record/mod.ts";
import { RecordBatch } from "../../lib/record/mod.ts";

/** What a hand-built TCP or UDP record says. Times are seconds. */
export interface Row {
  readonly from?: string;
  readonly to?: string;
  readonly proto?: number;
  readonly start: number;
  readonly end: number;
  readonly pkts?: readonly [number, number];
  readonly bytes?: readonly [number, number];
  /** TCP: SYN seen (default), SYN-ACK only, or neither. */
  readonly know?: "syn" | "synack" | "none";
  readonly connection?: number;
  readonly seq?: number;
  readonly frames?: readonly [number, number];
  readonly extra?: number;
  readonly status?: number;
}

/** `a` to `z` as addresses 10.0.0.1 to 10.0.0.26 with port 1000 + n. */
function end(name: string): [number, number] {
  const n = name.charCodeAt(0) - 96;
  return [0x0a000000 + n, 1000 + n];
}

/** A batch of records as read. */
export function batchOf(rows: readonly Row[]): RecordBatch {
  const batch = new RecordBatch(Math.max(1, rows.length));
  for (const r of rows) {
    const row = batch.addBlank(), w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words;
    const proto = r.proto ?? 6;
    words[w + R.KEY_TYPE] = R.KEY_IPV4;
    words[w + R.PROTO] = proto;
    [words[w + R.SADDR], words[w + R.SPORT]] = end(r.from ?? "a") as [number, number];
    [words[w + R.DADDR], words[w + R.DPORT]] = end(r.to ?? "b") as [number, number];
    words[w + R.FLAGS] = R.FLAG_METRIC | R.FLAG_TIME | R.FLAG_TRANSPORT;
    words[w + R.KEY_EXTRA] = r.extra ?? 0;
    if (proto === 6) {
      words[w + R.NET] = R.NET_TCP_PERF;
      words[w + R.TCP_STATUS] = R.TCP_EST | (r.status ?? 0) |
        (r.know === "none" ? 0 : r.know === "synack" ? R.TCP_SYNACK : R.TCP_SYN | R.TCP_SYNACK);
    }
    words[w + R.CONN + 1] = r.connection ?? 0;
    words[w + R.CONN_SEQ] = r.seq ?? 0;
    words[w + R.FIRST_FRAME] = r.frames?.[0] ?? 0;
    words[w + R.LAST_FRAME] = r.frames?.[1] ?? 0;
    const [sp, dp] = r.pkts ?? [1, 1], [sb, db] = r.bytes ?? [sp * 60, dp * 60];
    batch.doubles.set([r.start * 1e6, r.end * 1e6, NaN, NaN, sp, dp, sb, db], d);
    if (dp > 0) {
      batch.doubles[d + R.D_START] = r.start * 1e6;
      batch.doubles[d + R.D_END] = r.end * 1e6;
    }
  }
  return batch;
}
