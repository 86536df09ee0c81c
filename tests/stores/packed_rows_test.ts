import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { SqlValue } from "../../lib/stores/mod.ts";
import { packRows, RowPacker, unpackRows } from "../../lib/stores/packed_rows.ts";

const value: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.uint8Array({ maxLength: 3000 }),
  fc.constant(null),
);

Deno.test("rows that were packed come out as they went in, however many", () => {
  const rows = fc.integer({ min: 1, max: 30 }).chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 60 })
  );
  fc.assert(fc.property(rows, (rows) => {
    assertEquals([...unpackRows(packRows(rows, rows[0]?.length ?? 1))], rows);
  }));
});

Deno.test("a packer is used again: what was taken stays as it was", () => {
  const packer = new RowPacker(2);
  packer.add(["first", Uint8Array.of(1, 2, 3)]);
  const first = packer.take();
  packer.add(["then", Uint8Array.of(9, 9, 9)]);
  packer.add([2, null]);
  const second = packer.take();
  assertEquals([...unpackRows(first)], [["first", Uint8Array.of(1, 2, 3)]]);
  assertEquals([...unpackRows(second)], [["then", Uint8Array.of(9, 9, 9)], [2, null]]);
  assertEquals(packer.length, 0);
});
