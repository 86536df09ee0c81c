import * as R from "../record/mod.ts";
import { type RecordBatch, settleRow } from "../record/mod.ts";
import * as E from "./evidence.ts";
import { trailLines, type Turned } from "./trail.ts";

/** Brings a connection's row into the shape that readers see: final statistics, the evidence of its direction, its trail. */
export function finishRow(out: RecordBatch, row: number, rank: number, corrections: readonly Turned[]): void {
  const w = row * R.WORDS;
  settleRow(out, row);
  const tcp = out.words[w + R.PROTO] === 6 && isTcp(out.words[w + R.NET]!);
  if (tcp) out.words[w + R.WHY] = out.words[w + R.WHY]! & ~0xff00 | E.RULE_EVIDENCE[rank]! << 8;
  if (corrections.length === 0) return;
  const source = E.sourceIsHigher(out.words, w) ? 1 : 0;
  const turned = corrections.filter((t) => t.source !== source);
  if (turned.length === 0) return;
  if (tcp && out.words[w + R.NET] === R.NET_TCP_INIT) out.words[w + R.NET] = R.NET_TCP_PERF;
  if (turned.some((t) => t.rule === undefined)) out.words[w + R.FLAGS]! |= R.FLAG_CORRECTED;
  out.moreOf(row).trail = trailLines(turned, E.RULES[rank]!);
}

/** Whether a network section is one of the TCP forms. */
export function isTcp(net: number): boolean {
  return net >= R.NET_TCP_INIT && net <= R.NET_TCP_PERF;
}
