import { assert, assertEquals } from "@std/assert";
import { inquire, remeter, SharedRemeter } from "../../lib/chain/investigate.ts";
import { readPcap } from "../../lib/chain/mod.ts";
import { compareSettings } from "../../lib/chain/comparison.ts";
import { isUnknown, type RecordRef } from "../../lib/compare/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";

// Several megabytes: a metering can end before its capture only between two batches of frames.
const CAPTURE = randomTraffic({
  seed: 5,
  packets: 70_000,
  hosts: 300,
  ports: 8,
  span: 20_000,
  silence: 60,
});
const SETTINGS = [argus({ status: 5, tcp: 3 }), argus({ status: 60 })];

/** Frames in a batch: it ends while some entries of these connections still wait for their timers. */
const BATCH = 16_384;

/** The last connections of the first batch, and the last frame of any record between the same ends. */
async function connections(): Promise<Map<string, number>> {
  const table = await compareSettings(readPcap(CAPTURE).from, {
    settings: SETTINGS,
    rows: Infinity,
    explained: 0,
    remedies: false,
  });
  const endsOf = (r: RecordRef) => [r.proto, ...[r.saddr, r.daddr].sort()].join();
  const last = new Map<string, number>();
  const all = table.tables.flatMap((t) => t.refs);
  for (const r of all) last.set(endsOf(r), Math.max(last.get(endsOf(r)) ?? 0, r.lastFrame));
  const early = all.filter((r) => r.proto === "tcp").map((r) => [r.connection, last.get(endsOf(r))!] as const)
    .filter(([, frame]) => frame < BATCH).sort((a, b) => b[1] - a[1]);
  return new Map(early.slice(0, 40));
}

Deno.test("a second look that ends early tells what a whole one tells", async () => {
  const { from: plan } = readPcap(CAPTURE), lastFrames = await connections();
  const ids = new Set(lastFrames.keys()), lastFrame = Math.max(...lastFrames.values());
  assert(ids.size > 10);
  let seen = 0;
  const tap = (columns: { firstFrame: number; length: number }) => {
    seen = columns.firstFrame + columns.length;
  };
  const whole = await remeter(plan, SETTINGS, ids, { tap }), all = seen;
  const early = await remeter(plan, SETTINGS, ids, { tap, lastFrame });
  assert(seen < all / 2, `read ${seen} of ${all} frames`);
  whole.forEach((m, i) => {
    assertEquals(early[i]!.records, m.records);
    assertEquals([...early[i]!.events], [...m.events]);
  });
  const [a, b] = [await inquire(plan, SETTINGS, ids), await inquire(plan, SETTINGS, ids, lastFrame)];
  for (const id of ids) {
    assertEquals(b.times.get(id)!.own, a.times.get(id)!.own);
    assertEquals(b.diaries[0]!.cuts(id), a.diaries[0]!.cuts(id));
  }
});

Deno.test("those who ask together are answered by one pass, with the directions of a whole one", async () => {
  const { from: plan } = readPcap(CAPTURE), lastFrames = await connections();
  const shared = new SharedRemeter(plan, lastFrames);
  const ids = [...lastFrames.keys()].slice(0, 10);
  const questions = ids.map((id, n) => [id, [argus({ status: 5 + n, tcp: 3 }), SETTINGS[1]!]] as const);
  const answers = await Promise.all(questions.map(([id, settings]) => shared.ask(settings, id)));
  const directions = (records: readonly RecordRef[], id: string) =>
    records.filter((r) => r.connection === id).map((r) => [isUnknown(r), r.saddr, r.sport, r.stime]);
  for (const [n, [id, settings]] of questions.entries()) {
    const alone = await remeter(plan, settings, new Set([id]));
    assertEquals(
      answers[n]!.map((m) => directions(m.records, id)),
      alone.map((m) => directions(m.records, id)),
    );
  }
});
