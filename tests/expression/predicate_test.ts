import { assertEquals } from "@std/assert";
import { compileRecordFilter } from "../../lib/expression/mod.ts";
import { asRead, FLAG_MAR, FLAGS, RecordBatch, SEQ, WORDS } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { readArgus } from "../../lib/formats/mod.ts";
import { shared } from "./shared.ts";

const blank = (fill: (set: (offset: number, value: number) => void, batch: RecordBatch) => void) => {
  const batch = new RecordBatch(1), row = batch.addBlank();
  fill((offset, value) => batch.words[row * WORDS + offset] = value, batch);
  return (filter: string, dialect: "panoptes" | "ra" = "panoptes") =>
    compileRecordFilter(filter, { dialect })(batch, row);
};

const udp = blank((set, batch) => {
  set(R.KEY_TYPE, R.KEY_IPV4);
  set(R.PROTO, 17);
  set(R.SPORT, 10);
  set(R.DPORT, 300);
  set(R.FLAGS, R.FLAG_METRIC | R.FLAG_TRANSPORT | R.FLAG_S_IP);
  set(R.S_IP, 64 << 24);
  batch.doubles.set([1e15, 1e15 + 520000, NaN, NaN, 2, 0, 5_000_000_000, 0, 10, 0]);
});

Deno.test("each side is compared on its own, never the sum", () => {
  assertEquals([udp("pkts gt 1"), udp("pkts eq 0"), udp("src and dst pkts gt 1"), udp("dst pkts 0")], [
    true,
    true,
    false,
    true,
  ]);
});

Deno.test("an absent section counts as -1, and has every bit", () => {
  assertEquals([udp("vid 5"), udp("mid gt 5"), udp("base lt 5"), udp("base gte 0")], [
    false,
    true,
    true,
    false,
  ]);
  assertEquals([udp("mss"), udp("tcpopt"), udp("multipath"), udp("icmpmap"), udp("cocode")], [
    true,
    true,
    true,
    true,
    true,
  ]);
  assertEquals([udp("tcp and mss"), udp("syn")], [false, false]);
});

Deno.test("the absent side of a present attribute section holds 0", () => {
  assertEquals([udp("dst ttl lt 62"), udp("dst ttl 0"), udp("src ttl 64")], [true, true, true]);
});

Deno.test("a port range is met by both ends over all sides", () => {
  assertEquals([udp("port 100-200"), udp("src port 100-200"), udp("dst port 100-300")], [true, false, true]);
});

Deno.test("fractions are rounded to the precision", () => {
  assertEquals([udp("dur 0.52"), udp("dur gte 0.5200004"), udp("dur gte 0.520001"), udp("dur gt 0.519999")], [
    true,
    true,
    false,
    true,
  ]);
  assertEquals([udp("dur gte 0.0"), udp("pcr 1"), udp("ploss 0"), udp("ploss gte 0")], [
    true,
    true,
    true,
    false,
  ]);
  const batch = new RecordBatch(1);
  batch.addBlank();
  batch.doubles.set([0, 520000]);
  assertEquals(compileRecordFilter("dur 0.5", { precision: 1 })(batch, 0), true);
});

Deno.test("large numbers wrap in the ra dialect only", () => {
  assertEquals([udp("bytes gt 4999999999"), udp("bytes gt 5000000000"), udp("bytes gt 5000000000", "ra")], [
    true,
    false,
    true,
  ]);
});

Deno.test("a failed load silences the next comparison of fractions in the ra dialect only", () => {
  assertEquals([
    udp("vlan or dur gt 0.5"),
    udp("vlan or dur gt 0.5", "ra"),
    udp("vlan or udp and dur gt 0.5", "ra"),
  ], [true, false, true]);
});

Deno.test("fields of the registry compare too", () => {
  assertEquals([
    udp('dir eq "->"'),
    udp("proto 17 and spkts >= 2"),
    udp("evidence eq unknown"),
    udp("sttl gt 64"),
  ], [true, true, true, false]);
});

Deno.test("host names are asked of the resolver", () => {
  const batch = new RecordBatch(1);
  batch.addBlank();
  batch.words[R.KEY_TYPE] = R.KEY_IPV4;
  batch.words[R.SADDR] = 0x0a000001;
  const resolve = (name: string) => name === "gateway7" ? ["10.0.0.9", "10.0.0.1"] : [];
  assertEquals(compileRecordFilter("src host gateway7", { resolve })(batch, 0), true);
});

const cases = shared("spec/client-cases");

Deno.test({
  name: cases
    ? "the filter cases select the real program's records"
    : "SKIPPED: ../shared is absent: filter cases",
  ignore: !cases,
  fn: async () => {
    let compared = 0;
    for (const entry of Deno.readDirSync(cases!)) {
      if (!entry.name.startsWith("filter-") || entry.name === "filter-errors") continue;
      const wanted = Deno.readTextFileSync(new URL(`${entry.name}/expected.txt`, cases!)).split("\n");
      const rows: [RecordBatch, number][] = [];
      for await (const batch of readArgus(new URL(`${entry.name}/in.argus`, cases!).pathname)) {
        for (let row = 0; row < batch.length; row++) {
          asRead(batch, row);
          if (!(batch.words[row * WORDS + FLAGS]! & FLAG_MAR)) rows.push([batch, row]);
        }
      }
      for (const line of wanted) {
        const m = /^\[(.*)\] (.*)$/.exec(line);
        if (!m) continue;
        const accepts = compileRecordFilter(m[1]!, { dialect: "ra" });
        const got = rows.filter(([b, r]) => accepts(b, r)).map(([b, r]) => b.words[r * WORDS + SEQ]!);
        assertEquals([m[1], ...got], [m[1], ...m[2]!.trim().split(" ").filter(Boolean).map(Number)]);
        compared++;
      }
    }
    assertEquals(compared > 100, true);
  },
});
