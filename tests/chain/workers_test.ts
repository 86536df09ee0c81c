import { assertEquals, assertRejects } from "@std/assert";
import { type FlowRecord, type Flows, Problem, readPcap } from "../../mod.ts";

const CAPTURE = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;
const SETTINGS = { status: "60s", clock: "exact" } as const;

async function all(flows: Flows): Promise<ReturnType<FlowRecord["toJSON"]>[]> {
  const records = [];
  for await (const record of flows) records.push(record.toJSON());
  return records;
}

Deno.test("readPcap with workers: the chain gives the records that one meter gives", async () => {
  const one = await all(readPcap(CAPTURE).meter(SETTINGS));
  const two = await all(readPcap(CAPTURE, { workers: 2 }).meter(SETTINGS));
  assertEquals(two, one);
});

Deno.test("readPcap with workers: who asks for one record leaves no thread behind", async () => {
  const first = await all(readPcap(CAPTURE, { workers: 2 }).meter(SETTINGS).limit(1));
  assertEquals(first.length, 1);
});

Deno.test("readPcap with workers: what cannot be sharded is refused", async () => {
  await assertRejects(
    () => all(readPcap(CAPTURE, { workers: 2 }).packets("tcp").meter(SETTINGS)),
    Problem,
    "Expected capture files as they are with workers",
  );
  await assertRejects(
    () => all(readPcap(CAPTURE, { workers: 2 }).meter({ status: "60s" })),
    Problem,
    "exact",
  );
});
