import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FIELDS, flip, type RecordBatch, valueOf } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { anyRecord } from "./rows.ts";

/** Everything a row holds, as plain data. */
function whole(batch: RecordBatch, row: number): unknown {
  const slice = (
    bank: Float64Array | undefined,
    n: number,
  ) => [...(bank?.slice(row * n, (row + 1) * n) ?? [])];
  return {
    words: [...batch.words.slice(row * R.WORDS, (row + 1) * R.WORDS)],
    doubles: slice(batch.doubles, R.DOUBLES),
    jitter: slice(batch.jitter, R.JITTER_DOUBLES),
    agr: slice(batch.agr, R.AGR_DOUBLES),
    user: [batch.user?.[2 * row], batch.user?.[2 * row + 1]],
    more: batch.more?.get(row),
  };
}

const printed = (batch: RecordBatch, row: number) => FIELDS.map((f) => [f.name, valueOf(f, batch, row)]);

Deno.test("flip(flip(r)) = r, in memory and in every field", () => {
  fc.assert(
    fc.property(anyRecord(), ({ batch, row }) => {
      const before = whole(batch, row), fields = printed(batch, row);
      flip(batch, row);
      flip(batch, row);
      assertEquals(whole(batch, row), before);
      assertEquals(printed(batch, row), fields);
    }),
    { numRuns: 300 },
  );
});

/** Fields whose source and destination values must change places, by the name of the source's. */
const SIDED = [
  "saddr",
  "sbytes",
  "spkts",
  "sappbytes",
  "sstime",
  "sltime",
  "stos",
  "sttl",
  "sipid",
  "smac",
  "svlan",
  "smpls",
  "senc",
  "smaxsz",
  "sminsz",
  "sjitact",
  "sintpktidl",
  "suser",
  "sco",
  "sas",
  "snstroke",
  "smeansz",
  "sdur",
  "stcpb",
];

Deno.test("one flip exchanges the sides and leaves totals alone", () => {
  fc.assert(
    fc.property(anyRecord(), ({ batch, row }) => {
      const get = (name: string) => valueOf(R.fieldOf(name), batch, row);
      const tcp6 = batch.words[row * R.WORDS + R.KEY_TYPE] === R.KEY_IPV6;
      const of = (letter: string) => SIDED.map((n) => n === "stcpb" && tcp6 ? 0 : get(letter + n.slice(1)));
      const before = { s: of("s"), d: of("d"), pkts: get("pkts"), bytes: get("bytes"), dur: get("dur") };
      flip(batch, row);
      assertEquals(
        { s: of("d"), d: of("s"), pkts: get("pkts"), bytes: get("bytes"), dur: get("dur") },
        before,
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("ports belong to the ends, ICMP type and id and the SPI do not", () => {
  const batch = new R.RecordBatch(1), row = batch.addBlank(), w = batch.words;
  for (const [proto, swaps] of [[6, true], [17, true], [132, true], [1, false], [50, false]] as const) {
    w[R.KEY_TYPE] = R.KEY_IPV4;
    w[R.PROTO] = proto;
    w[R.SPORT] = 8;
    w[R.DPORT] = 77;
    flip(batch, row);
    assertEquals([w[R.SPORT], w[R.DPORT]], swaps ? [77, 8] : [8, 77], `protocol ${proto}`);
  }
});
