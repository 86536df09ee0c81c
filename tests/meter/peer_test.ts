import { assert, assertEquals } from "@std/assert";
import { endText, refOf } from "../../lib/compare/mod.ts";
import * as R from "../../lib/record/mod.ts";
import {
  argus,
  argusFallow,
  cicflowmeter,
  cicflowmeterWtmc,
  nfpcapd,
  nfstream,
  type Settings,
  softflowd,
  softflowdLive,
  yaf,
  zeek,
} from "../../lib/settings/mod.ts";
import { meterAll } from "./metering.ts";
import { capture, datagram, message, P, segment, START, type Timed } from "./peer_packets.ts";

/** Records as `source > destination, packets, first-last second, end reason`, in order of their beginning. */
async function told(settings: Settings, frames: readonly Timed[]): Promise<string[]> {
  const [only] = await meterAll(capture(frames), [settings]);
  const refs = Array.from({ length: only!.batch.length }, (_, row) => refOf(only!.batch, row, row));
  return refs.sort((a, b) => a.stime - b.stime || a.ltime - b.ltime || b.spkts - a.spkts).map((r) =>
    `${endText(r.saddr, r.sport)} > ${endText(r.daddr, r.dport)} ${r.spkts}/${r.dpkts} ` +
    `${(r.stime - START) / 1e6}-${(r.ltime - START) / 1e6} ${r.endReason}`
  );
}

const C = "10.0.0.1:40000", S = "10.0.0.2:80";

Deno.test("nfstream: TCP flags end nothing; the packet after an active cut names the source anew", async () => {
  assertEquals(await told(nfstream(), P), [`${C} > ${S} 8/4 0-4 end-of-capture`]);
  const long = Array.from({ length: 31 }, (_, i) => segment(60 * i, i < 30 ? "C" : "S", "PA", 9));
  assertEquals(await told(nfstream(), long), [
    `${C} > ${S} 30/0 0-1740 status`,
    `${S} > ${C} 1/0 1800-1800 end-of-capture`,
  ]);
});

Deno.test("nfstream: a silence of exactly the idle timeout ends a record, whatever else is in the capture", async () => {
  const flow = [segment(0, "C", "PA", 9), segment(119.999, "C", "PA", 9), segment(239.999, "C", "PA", 9)];
  const records = [`${C} > ${S} 2/0 0-119.999 idle`, `${C} > ${S} 1/0 239.999-239.999 end-of-capture`];
  assertEquals(await told(nfstream(), flow), records);
  const bystander = Array.from({ length: 200 }, (_, t) => datagram(t + 0.5, "10.9.9.9", 1, "10.9.9.8", 2));
  const all = [...flow, ...bystander].sort((a, b) => a[0] - b[0]);
  assertEquals((await told(nfstream(), all)).filter((r) => r.includes(C)), records);
});

Deno.test("cicflowmeter: the first FIN of the destination ends the record, and the last ACK swallows what follows", async () => {
  assertEquals(await told(cicflowmeter(), P), [
    `${C} > ${S} 4/3 0-2.1 closed`,
    `${C} > ${S} 4/1 2.2-4 reset`,
  ]);
});

Deno.test("cicflowmeter: the stray last ACK alone is dropped, and the line of unrecorded packets says so", async () => {
  const [only] = await meterAll(capture(P.slice(0, 8)), [cicflowmeter()]);
  assertEquals(only!.batch.length, 1);
  assertEquals(only!.meter.unrecorded!.lines.filter((l) => l.reason === "few-packets"), [
    { reason: "few-packets", packets: 1, bytes: 0 },
  ]);
});

Deno.test("cicflowmeter: more than 120 s of life, not silence, cuts, and the source stays", async () => {
  const flow = [
    segment(0, "C", "S"),
    segment(0.1, "S", "SA"),
    segment(120, "S", "PA", 5),
    segment(120.1, "S", "PA", 5),
    segment(130, "C", "A"),
  ];
  assertEquals(await told(cicflowmeter(), flow), [
    `${C} > ${S} 1/2 0-120 status`,
    `${C} > ${S} 1/1 120.1-130 end-of-capture`,
  ]);
});

Deno.test("cicflowmeter-wtmc: a closed connection takes packets until the next SYN", async () => {
  assertEquals(await told(cicflowmeterWtmc(), P), [
    `${C} > ${S} 5/3 0-2.2 closed`,
    `${C} > ${S} 3/1 3-4 end-of-capture`,
  ]);
  assertEquals(await told(cicflowmeterWtmc(), P.slice(1, 3)), [`${C} > ${S} 1/1 0.1-0.2 end-of-capture`]);
});

Deno.test("zeek: a SYN with another sequence number takes the ports at once, a RST lingers", async () => {
  assertEquals(await told(zeek(), P), [
    `${C} > ${S} 5/3 0-2.2 port-reuse`,
    `${C} > ${S} 3/1 3-4 end-of-capture`,
  ]);
});

Deno.test("zeek: an unanswered SYN is given up after 5 s, and its repetition is a record of its own", async () => {
  const flow = [segment(0, "C", "S"), segment(3, "C", "S"), segment(9, "C", "S"), segment(9.1, "S", "SA")];
  assertEquals(await told(zeek(), flow), [
    `${C} > ${S} 2/0 0-3 idle`,
    `${C} > ${S} 1/1 9-9.1 end-of-capture`,
  ]);
});

Deno.test("zeek: pings pair with their answers, and a server port outweighs who spoke first", async () => {
  const pings = [
    message(0, "10.0.0.1", "10.0.0.2", 8),
    message(0.1, "10.0.0.2", "10.0.0.1", 0),
    message(9, "10.0.0.1", "10.0.0.2", 8),
  ];
  assertEquals((await told(zeek(), pings)).map((r) => r.split(" ").slice(3).join(" ")), [
    "2/1 0-9 end-of-capture",
  ]);
  const dns = [
    datagram(0, "10.0.0.2", 53, "10.0.0.1", 5000),
    datagram(0.1, "10.0.0.1", 5000, "10.0.0.2", 53),
  ];
  assertEquals(await told(zeek(), dns), ["10.0.0.1:5000 > 10.0.0.2:53 1/1 0-0.1 end-of-capture"]);
});

Deno.test("yaf: acknowledged FINs and RST end at once; late packets are dropped", async () => {
  assertEquals(await told(yaf(), P), [`${C} > ${S} 5/3 0-2.2 closed`, `${C} > ${S} 3/1 3-4 reset`]);
  const late = [
    datagram(10, "10.0.0.1", 1, "10.0.0.2", 2),
    datagram(12, "10.0.0.1", 1, "10.0.0.2", 2),
    datagram(11, "10.0.0.1", 1, "10.0.0.2", 2),
  ];
  assertEquals(await told(yaf(), late), ["10.0.0.1:1 > 10.0.0.2:2 2/0 10-12 end-of-capture"]);
});

Deno.test("nfpcapd: one-way, nothing ends with FIN; the rule of 2026 ends the sender's flow", async () => {
  assertEquals(await told(nfpcapd(), P), [
    `${C} > ${S} 8/0 0-4 end-of-capture`,
    `${S} > ${C} 4/0 0.1-3.1 end-of-capture`,
  ]);
  assertEquals(await told(nfpcapd({ tcpEnd: "sender" }), P), [
    `${C} > ${S} 4/0 0-2 closed`,
    `${S} > ${C} 3/0 0.1-2.1 closed`,
    `${C} > ${S} 4/0 2.2-4 reset`,
    `${S} > ${C} 1/0 3.1-3.1 end-of-capture`,
  ]);
});

Deno.test("softflowd: a record for each direction, both with the times of the pair", async () => {
  assertEquals((await told(softflowd(), P)).sort(), [
    `${C} > ${S} 8/0 0-4 end-of-capture`,
    `${S} > ${C} 4/0 0-4 end-of-capture`,
  ]);
});

Deno.test("softflowd-live: RST leaves 120 s, FINs of both sides 300 s", async () => {
  const next = (seconds: number) => segment(seconds, "C", "S", 0, 7);
  const records = async (frames: readonly Timed[]) => (await told(softflowdLive(), frames)).length;
  assertEquals(await records([...P.slice(0, 8), next(302)]), 2);
  assertEquals(await records([...P.slice(0, 8), next(304)]), 3);
  assertEquals(await records([...P, next(123)]), 2);
  assertEquals(await records([...P, next(126)]), 3);
});

Deno.test("the table of softflowd is brought to size after a batch, the entry due first goes first", async () => {
  const flows = Array.from({ length: 6 }, (_, i) => datagram(i, "10.0.0.1", 1000 + i, "10.0.0.2", 7));
  const small = softflowd({ rules: { ...softflowd().rules, batch: 2, maxFlows: 3 } });
  assertEquals((await told(small, flows)).map((r) => r.split(" ").at(-1)), [
    "evicted",
    "evicted",
    "evicted",
    "end-of-capture",
    "end-of-capture",
    "end-of-capture",
  ]);
});

Deno.test("argus with idle timers from the last packet: the silence decides, not the status cut", async () => {
  const flow = [
    segment(0, "C", "S"),
    segment(0.1, "S", "SA"),
    segment(4.9, "C", "A"),
    segment(64, "S", "PA", 5),
  ];
  const settings = argus({ idleFrom: "packet", clock: "exact", status: "never" });
  assertEquals(
    await told(settings, flow),
    [`${C} > ${S} 2/1 0-4.9 end-of-capture`].map((t) => t.replace("2/1 0-4.9", "2/2 0-64")),
  );
  assertEquals(await told(settings, [...flow, segment(124, "S", "PA", 5)]), [
    `${C} > ${S} 2/2 0-64 idle`,
    `${S} > ${C} 1/0 124-124 end-of-capture`,
  ]);
});

Deno.test("records of peers say why they ended and what their direction rests on", async () => {
  for (
    const settings of [nfstream(), cicflowmeter(), cicflowmeterWtmc(), zeek(), yaf(), nfpcapd(), softflowd()]
  ) {
    const [only] = await meterAll(capture(P), [settings]);
    for (let row = 0; row < only!.batch.length; row++) {
      const why = only!.batch.words[row * R.WORDS + R.WHY]!;
      assert((why & 0xff) !== R.END_UNKNOWN && (why >>> 8 & 0xff) !== R.EVIDENCE_UNKNOWN, settings.name);
    }
  }
});

Deno.test("argus-fallow: an aged entry still knows who began, unless it was reset", async () => {
  const bystander = Array.from({ length: 220 }, (_, t) => datagram(t + 0.5, "10.9.9.9", 1, "10.9.9.8", 2));
  const silent = (end: readonly Timed[]) =>
    [
      segment(0, "C", "S"),
      segment(0.1, "S", "SA"),
      segment(0.2, "C", "A"),
      ...end,
      segment(200, "S", "PA", 5),
      segment(201, "C", "A"),
      ...bystander,
    ]
      .sort((a, b) => a[0] - b[0]);
  const last = async (settings: Settings, frames: readonly Timed[]) => {
    const [only] = await meterAll(capture(frames), [settings]);
    const refs = Array.from({ length: only!.batch.length }, (_, row) => refOf(only!.batch, row, row));
    const ref = refs.filter((r) => r.proto === "tcp").at(-1)!;
    return `${endText(ref.saddr, ref.sport)} ${ref.dir} ${endText(ref.daddr, ref.dport)}`;
  };
  for (const clock of ["argus", "exact"] as const) {
    assertEquals(await last(argus({ clock }), silent([])), `${S} <?> ${C}`);
    assertEquals(await last(argusFallow({ clock }), silent([])), `${C} -> ${S}`);
    assertEquals(await last(argusFallow({ clock, fallow: "100s" }), silent([])), `${S} <?> ${C}`);
    assertEquals(
      await last(argusFallow({ clock }), silent([segment(1, "S", "RA", 0, 1000)])),
      `${S} <?> ${C}`,
    );
  }
});
