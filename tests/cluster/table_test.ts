import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RecordBatch } from "../../lib/record/mod.ts";
import { RowStore } from "../../lib/cluster/store.ts";
import { KeyTable } from "../../lib/cluster/table.ts";

Deno.test("key table finds what was stored, through any mixture of inserting, removing and moving", () => {
  const step = fc.record({
    key: fc.nat({ max: 400 }),
    act: fc.constantFrom("insert", "remove", "replace"),
    hash: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const table = new KeyTable(2), model = new Map<number, number>();
      let next = 0;
      // A poor hash makes long probes and long runs behind a removed key.
      const keyOf = (n: number) => Int32Array.of(n, -n);
      const hashOf = (n: number) => n % 7 << 3;
      for (const { key, act } of steps) {
        const entry = model.get(key);
        if (act === "insert" && entry === undefined) {
          table.insert(next, keyOf(key), hashOf(key));
          model.set(key, next++);
        } else if (act === "remove" && entry !== undefined) {
          table.remove(entry);
          model.delete(key);
        } else if (act === "replace" && entry !== undefined) {
          table.replace(entry, next);
          model.set(key, next++);
        }
      }
      assertEquals(table.length, model.size);
      for (let key = 0; key <= 400; key++) {
        assertEquals(table.find(keyOf(key), hashOf(key)), model.get(key) ?? -1);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("row store keeps rows by number, in order of use, over many chunks", () => {
  const store = new RowStore(), source = new RecordBatch(1);
  source.addBlank();
  const numbers: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    source.words[5] = i;
    numbers.push(store.add(source, 0));
  }
  for (const i of [0, 63, 64, 127, 128, 4095, 4096, 19_999]) {
    assertEquals(store.chunk(numbers[i]!).words[store.row(numbers[i]!) * 80 + 5], i);
  }
  for (const i of [3, 64, 1]) store.touch(numbers[i]!);
  store.remove(numbers[0]!);
  assertEquals([...store.order().slice(0, 2)], [2, 4]);
  assertEquals([...store.order().slice(-3)], [3, 64, 1]);
  assertEquals(store.add(source, 0), numbers[0], "a freed number is used again");
  assertEquals(store.length, 20_000);
});

Deno.test("row store orders rows when use stamps are far apart", () => {
  const store = new RowStore(), source = new RecordBatch(1);
  source.addBlank();
  const [a, b, c] = [store.add(source, 0), store.add(source, 0), store.add(source, 0)];
  for (let i = 0; i < 70_000; i++) store.touch(b!);
  store.touch(a!);
  assertEquals([...store.order()], [c, b, a]);
});
