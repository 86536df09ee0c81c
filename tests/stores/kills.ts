import { assertEquals } from "@std/assert";
import { readFlows, writeFlows } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { CACHE_FIELDS, openEngine, parseStoreUrl } from "../../lib/stores/mod.ts";
import { linesInMemory, linesOf } from "./records.ts";

/** Kills of each store: a few in the ordinary run, 50 and more with `PANOPTES_KILLS=50`. */
const KILLS = Number(Deno.env.get("PANOPTES_KILLS") ?? 6);
const WINDOW = "60";
const COLUMNS = CACHE_FIELDS;

const CHILD = new URL("kill_child.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** Starts a run and, after `delay` milliseconds of its work, kills it; true when it had come to its end before. */
async function runAndKill(
  url: string,
  file: string,
  delay: number,
): Promise<{ ended: boolean; took: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", CONFIG, CHILD, url, file, WINDOW],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.stdout.getReader();
  await output.read();
  const begun = performance.now();
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It had just come to its end.
    }
  };
  const timer = delay === Infinity ? undefined : setTimeout(kill, delay);
  while (!(await output.read()).done);
  clearTimeout(timer);
  const { success, signal } = await child.status;
  if (!success && signal !== "SIGKILL") throw new Error(`the run failed by itself on ${url}`);
  return { ended: success, took: performance.now() - begun };
}

/**
 * Kills runs at random points and starts them again until they end, many times over: each table equals that of an undisturbed run.
 */
export async function killTest(name: string, fresh: () => string): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/records.argus`;
  await writeFlows(file, records());
  const batches: R.RecordBatch[] = [];
  for await (const batch of readFlows(file)) {
    for (let row = 0; row < batch.length; row++) R.asRead(batch, row);
    batches.push(batch);
  }
  const expected = linesInMemory(batches, COLUMNS);
  const lines = async (url: string) => {
    const engine = await openEngine(parseStoreUrl(url));
    const all = await linesOf(engine, parseStoreUrl(url).table, COLUMNS);
    await engine.close();
    return all;
  };
  const undisturbed = fresh();
  let { took } = await runAndKill(undisturbed, file, Infinity);
  assertEquals(await lines(undisturbed), expected);
  let kills = 0, tables = 0;
  while (kills < KILLS) {
    const url = fresh();
    for (let first = true;; first = false) {
      // What is left gets shorter with each run, so do the delays that still hit it.
      const run = await runAndKill(url, file, kills >= KILLS ? Infinity : Math.random() * took * 0.6);
      // A whole run that was faster than the first, on a busy machine, shows when there is something to kill.
      if (run.ended && first) took = Math.min(took, run.took);
      if (run.ended) break;
      kills++;
    }
    tables++;
    assertEquals(await lines(url), expected, `${name}: table ${tables} after ${kills} kills`);
  }
  await Deno.remove(folder, { recursive: true });
  console.log(
    `${name}: ${kills} kills, ${tables} tables, all equal to the undisturbed run of ${Math.round(took)} ms`,
  );
}

/** Records of 300 conversations that speak again and again, some first heard from the wrong side, some on a port used before. */
function* records(): Generator<R.RecordBatch> {
  const batch = new R.RecordBatch(4096);
  for (let round = 0; round < 12; round++) {
    for (let c = 0; c < 300; c++) {
      const row = batch.addBlank(), w = row * R.WORDS, d = row * R.DOUBLES, x = batch.words;
      const swapped = c % 3 === 0 && round === 0, reused = c % 5 === 0 && round >= 6;
      x.set([R.KEY_IPV4, 0x0a000001 + c, 0, 0, 0, 0x0a010001, 0, 0, 0], w);
      x[w + R.PROTO] = c % 4 === 3 ? 17 : 6;
      x[w + R.SPORT] = 20000 + c;
      x[w + R.DPORT] = 443;
      if (swapped) {
        [x[w + R.SADDR], x[w + R.DADDR]] = [x[w + R.DADDR]!, x[w + R.SADDR]!];
        [x[w + R.SPORT], x[w + R.DPORT]] = [443, 20000 + c];
      }
      x[w + R.FLAGS] = R.FLAG_METRIC | R.FLAG_TIME | R.FLAG_TRANSPORT;
      x[w + R.CAUSE] = R.CAUSE_STATUS;
      x[w + R.SEQ] = round * 300 + c + 1;
      if (x[w + R.PROTO] === 6) {
        const base = (reused ? 900_000 : 1000) + round * 100,
          first = round === (c % 3 === 0 ? 1 : 0) || reused && round === 6;
        x[w + R.NET] = R.NET_TCP_PERF;
        x[w + R.TCP_STATUS] = R.TCP_EST | (first ? R.TCP_SYN | R.TCP_SYNACK : 0);
        for (const side of [R.SIDE, R.DSIDE]) {
          x[w + side + R.T_SEQBASE] = base;
          x[w + side + R.T_SEQ] = base + 100;
          x[w + side + R.T_FLAGS] = 0x10 | (first ? 2 : 0);
        }
      }
      const start = 1.7e15 + round * 6e7 + c * 1000;
      batch.doubles.set([start, start + 5e6, start + 100, start + 4e6, 3, 2, 300, 200, 0, 0], d);
      if (batch.length === 4096) {
        yield batch;
        batch.clear();
      }
    }
  }
  yield batch;
}
