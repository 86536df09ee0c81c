import { assert, assertEquals } from "@std/assert";
import { diff, readPcap } from "../../lib/chain/mod.ts";
import { argus, nfstream } from "../../lib/settings/mod.ts";
import { capture, segment } from "../meter/peer_packets.ts";

Deno.test("a record of another meter says which timer ended it", async () => {
  const frames = readPcap(capture([segment(0, "C", "S"), segment(0.1, "S", "SA"), segment(200, "C", "A")]));
  const whole = argus({ status: "never", clock: "exact", tcp: "1h" });
  const d = await diff(frames.meter(whole), frames.meter(nfstream()));
  assertEquals(d.differences.length, 1);
  const told = d.differences[0]!.why();
  const text = [told.sentence, ...told.also.map((r) => r.sentence)].join("\n");
  assert(text.includes("idle timer was due at"), text);
});
