import { parseIpv4, parseIpv6 } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { quote, type SqlEngine, type SqlValue } from "./engine.ts";
import type { StoreUrl } from "./url.ts";

/** Key fields that an engine groups by exactly as the chain does. */
const KEYS: readonly string[] = ["saddr", "daddr", "proto"];
/** Fields of a group that its sums and extremes give; the chain has to compute any other. */
const GIVEN: ReadonlySet<string> = new Set(
  "stime ltime dur trans pkts spkts dpkts bytes sbytes dbytes appbytes sappbytes dappbytes sstime sltime dstime dltime"
    .split(" "),
);
/** Columns that are read, with their merge rule from the registry. */
const COLUMNS: readonly string[] =
  "trans spkts dpkts sbytes dbytes sappbytes dappbytes sstime sltime dstime dltime".split(" ");
/** UDP prints under these names too. */
const UDP_NAMES: readonly string[] = ["rtp", "rtcp", "udt"];

/** What is grouped: the condition of the steps before, and the key. */
export interface Grouping {
  readonly by: readonly string[];
  readonly where: string;
  readonly params: readonly SqlValue[];
}

/** Whether a cluster step and the fields that are wanted from it can be a GROUP BY; the data has to be asked, too. */
export function canGroup(
  options: { readonly by?: readonly string[] | undefined; readonly correct?: string | undefined },
  fields: readonly string[] | undefined,
  columns: ReadonlySet<string>,
): boolean {
  const { by, correct, ...rest } = options;
  return correct === "none" && Object.values(rest).every((v) => v === undefined) &&
    by !== undefined && by.length > 0 && by.every((k) => KEYS.includes(k)) &&
    fields !== undefined && fields.every((f) => GIVEN.has(f) || by.includes(f)) &&
    [...COLUMNS, ...KEYS].every((c) => columns.has(c));
}

/** Whether all rows are of kinds that their columns tell apart: IP flows of protocols with names of their own. */
export async function isPlainIp(
  engine: SqlEngine,
  url: StoreUrl,
  { where, params }: Grouping,
): Promise<boolean> {
  const q = (name: string) => quote(url.dialect, name);
  const rows = await engine.all(
    `SELECT DISTINCT ${q("proto")} FROM ${q(url.table)}${where === "" ? "" : ` WHERE ${where}`}`,
    params,
  );
  return rows.every(([proto]) => {
    const name = String(proto), number = R.protocolNumber(name);
    return number !== undefined && !UDP_NAMES.includes(name) && namesakes(name) === 1;
  });
}

function namesakes(name: string): number {
  let count = 0;
  for (let number = 0; number < 256; number++) if (R.protocolName(number) === name) count++;
  return count;
}

/** The query of a grouping: sums, smallest and largest as the registry says. */
export function groupSql(url: StoreUrl, { by, where }: Grouping): string {
  const q = (name: string) => quote(url.dialect, name);
  const values = COLUMNS.map((name) => {
    switch (R.fieldOf(name).merge) {
      case "sum":
        // Only a record that was never merged has no number of its own.
        return `SUM(COALESCE(${q(name)}, ${name === "trans" ? 1 : 0}))`;
      case "min":
        // 0 stands for a side without packets.
        return `MIN(NULLIF(${q(name)}, 0))`;
      default:
        return `MAX(NULLIF(${q(name)}, 0))`;
    }
  });
  const keys = by.map(q).join(", ");
  return `SELECT ${keys}, ${values.join(", ")} FROM ${q(url.table)}${
    where === "" ? "" : ` WHERE ${where}`
  } GROUP BY ${keys}`;
}

/** Runs a grouping and gives a record for each group, as clustering gives it; only the given fields are filled. */
export async function runGroup(engine: SqlEngine, url: StoreUrl, grouping: Grouping): Promise<RecordBatch> {
  const out = new RecordBatch();
  for (const row of await engine.all(groupSql(url, grouping), grouping.params)) {
    const n = out.addBlank(), w = n * R.WORDS, d = n * R.DOUBLES;
    const words = out.words, doubles = out.doubles;
    words[w + R.KEY_TYPE] = R.KEY_IPV4;
    words[w + R.FLAGS] = R.FLAG_METRIC | R.FLAG_APPBYTES | R.FLAG_TIME | R.FLAG_AGR | R.FLAG_MERGED;
    grouping.by.forEach((name, i) => {
      const text = String(row[i]);
      if (name === "proto") words[w + R.PROTO] = R.protocolNumber(text)!;
      else putAddress(words, w, name === "saddr" ? R.SADDR : R.DADDR, text);
    });
    const value = (i: number) => Number(row[grouping.by.length + i] ?? NaN);
    doubles.set([1, 2, 3, 4, 5, 6].map(value), d + R.S_PKTS);
    for (let i = 0; i < 4; i++) doubles[d + R.S_START + i] = Math.round(value(7 + i) * 1e6);
    const a = n * R.AGR_DOUBLES, agr = out.agrBank();
    agr.fill(0, a, a + R.AGR_DOUBLES);
    agr[a + R.AGR_COUNT] = value(0);
  }
  return out;
}

function putAddress(words: Int32Array, w: number, at: number, text: string): void {
  if (text.includes(":")) {
    words[w + R.KEY_TYPE] = R.KEY_IPV6;
    words.set(parseIpv6(text) ?? [0, 0, 0, 0], w + at);
  } else words[w + at] = parseIpv4(text) ?? 0;
}
