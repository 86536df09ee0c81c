import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { CACHE_FIELDS, cacheFlows, openEngine, openStore, parseStoreUrl } from "../../lib/stores/mod.ts";
import type { FlowStore, SqlValue } from "../../lib/stores/mod.ts";
import { CAPTURE, count, linesAt, linesInMemory, meter, stream } from "./records.ts";

/** Gives the address of a table that nobody has used yet. */
export type FreshTable = () => string;

const CAPTURE_MARK = { digest: "sha256-of-a-capture", name: "a capture", settings: "5s" };

function rowOf(
  store: FlowStore,
  key: Uint8Array,
  part: number,
  texts: Record<string, SqlValue> = {},
): SqlValue[] {
  const own: Record<string, SqlValue> = {
    shard: 0,
    flowkey: key,
    part,
    parts: part === 1 ? 1 : null,
    ...texts,
  };
  return store.shape.columns.map((c) =>
    own[c.name] ?? (c.name in own ? null : c.kind === "text" ? "" : c.kind === "blob" ? null : 0)
  );
}

/** What every store has to do; the same tests for each engine. */
export function contract(name: string, fresh: FreshTable): void {
  Deno.test(`${name}: rows and position become visible together or not at all`, async () => {
    const store = await openStore(fresh());
    const key = Uint8Array.of(1, 0, 255, 39);
    await store.begin(0);
    await store.upsert([rowOf(store, key, 1, { chain: Uint8Array.of(7) })]);
    await store.setPosition(0, CAPTURE_MARK, 5, false);
    await store.rollback();
    assertEquals([await store.lookup(0, [key]), await store.position(0, CAPTURE_MARK)], [[], undefined]);
    await store.begin(0);
    await store.upsert([rowOf(store, key, 1, { chain: Uint8Array.of(7) })]);
    await store.setPosition(0, CAPTURE_MARK, 5, false);
    await store.commit();
    assertEquals((await store.lookup(0, [key])).length, 1);
    assertEquals(await store.position(0, CAPTURE_MARK), { records: 5, complete: false, settings: "5s" });
    await store.close();
  });

  Deno.test(`${name}: lookup gives what upsert put last, and leaves out what is not there`, async () => {
    const store = await openStore(fresh());
    const keys = Array.from({ length: 700 }, (_, i) => Uint8Array.of(i >> 8, i & 255));
    await store.begin(0);
    await store.upsert(
      keys.slice(0, 600).map((key) => rowOf(store, key, 1, { chain: Uint8Array.of(1), parts: 1 })),
    );
    await store.upsert(
      keys.slice(100, 300).flatMap((key) => [
        rowOf(store, key, 1, { chain: Uint8Array.of(2), parts: 2 }),
        rowOf(store, key, 2),
      ]),
    );
    await store.commit();
    const kept = await store.lookup(0, keys);
    assertEquals(kept.length, 600);
    assertEquals(kept.filter((k) => k.state[0] === 2 && k.parts === 2).length, 200);
    await store.begin(0);
    await store.removeParts(keys.slice(100, 200).map((key) => ({ key, part: 2 })));
    await store.commit();
    const table = store.engine.dialect === "mysql" ? `\`${store.url.table}\`` : `"${store.url.table}"`;
    assertEquals(Number((await store.engine.all(`SELECT COUNT(*) FROM ${table}`))[0]![0]), 700);
    await store.close();
  });

  Deno.test(`${name}: values come back as they went in`, async () => {
    const store = await openStore(fresh());
    const key = Uint8Array.from({ length: 53 }, (_, i) => (i * 37) & 255);
    const given = {
      saddr: "'; DROP TABLE x; --\"`",
      stime: 1700000000.123457,
      sbytes: 2 ** 53 - 1,
      srcid: null,
      dur: 0.1,
    };
    await store.begin(0);
    await store.upsert([rowOf(store, key, 1, { chain: key, ...given })]);
    await store.commit();
    const names = Object.keys(given);
    const [row] = await store.engine.lookup(store.shape, ["flowkey"], [[key]], [...names, "chain"]);
    assertEquals(row!.slice(0, -1), Object.values(given));
    assertEquals([...row!.at(-1) as Uint8Array], [...key]);
    await store.close();
  });

  Deno.test(`${name}: the table holds the connections that clustering in memory gives, however it was filled`, async () => {
    const batches = await meter();
    const expected = linesInMemory(batches, CACHE_FIELDS);
    for (const window of [100_000, 97, 1000]) {
      const url = fresh();
      const { records } = await cacheFlows(stream(batches), url, { window });
      assertEquals(records, count(batches));
      assertEquals(await linesAt(url), expected);
    }
  });

  Deno.test(`${name}: idle and status begin new rows as they do in memory`, async () => {
    const batches = await meter();
    for (const options of [{ idle: "60s" }, { status: "10m" }]) {
      const url = fresh();
      await cacheFlows(stream(batches), url, { ...options, window: 150 });
      assertEquals(await linesAt(url), linesInMemory(batches, CACHE_FIELDS, options));
    }
  });

  Deno.test(`${name}: a capture that was taken in adds nothing`, async () => {
    const batches = await meter(), url = fresh();
    await cacheFlows(stream(batches), url, { capture: CAPTURE_MARK });
    const once = await linesAt(url);
    const again = await cacheFlows(stream(batches), url, { capture: CAPTURE_MARK });
    assertEquals([again.commits, again.skipped], [0, count(batches)]);
    assertEquals(await linesAt(url), once);
    const problem = await assertRejects(
      () => cacheFlows(stream(batches), url, { capture: { ...CAPTURE_MARK, settings: "60s" } }),
      Problem,
    );
    assert(problem.message.includes("Expected the settings"));
  });

  Deno.test(`${name}: a run that broke off goes on where it stopped`, async () => {
    const batches = await meter(CAPTURE, "5s", 50), url = fresh();
    const expected = linesInMemory(batches, CACHE_FIELDS);
    let runs = 0;
    for (let left = 1;; left += 3) {
      const broken = async function* () {
        for (const [i, batch] of batches.entries()) {
          if (i === left) throw new Error("power cut");
          yield await Promise.resolve(batch);
        }
      };
      runs++;
      if (left >= batches.length) {
        await cacheFlows(stream(batches), url, { capture: CAPTURE_MARK, window: 70 });
        break;
      }
      await assertRejects(
        () => cacheFlows(broken(), url, { capture: CAPTURE_MARK, window: 70 }),
        Error,
        "power cut",
      );
    }
    assert(runs > 3);
    assertEquals(await linesAt(url), expected);
  });

  Deno.test(`${name}: two captures together give what their records give in any order`, async () => {
    const batches = await meter();
    const half = batches.length >> 1;
    const first = batches.slice(0, half), second = batches.slice(half);
    const expected = linesInMemory(batches, CACHE_FIELDS);
    for (const order of [[first, second], [second, first]]) {
      const url = fresh();
      for (const [i, part] of order.entries()) {
        await cacheFlows(stream(part), url, { capture: { digest: `part ${i}` }, window: 300 });
      }
      assertEquals(await linesAt(url), expected);
    }
  });

  Deno.test(`${name}: a table of another kind is refused`, async () => {
    const url = fresh(), parsed = parseStoreUrl(url);
    const engine = await openEngine(parsed);
    await engine.create({ name: parsed.table, columns: [{ name: "saddr", kind: "text" }], key: [] });
    await engine.close();
    const problem = await assertRejects(() => openStore(url), Problem);
    assert(problem.message.includes("Expected a cache of connections"), problem.message);
  });
}
