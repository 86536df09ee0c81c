import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CELLS, LARGER, StudyCounts, UNKNOWN } from "../../lib/compare/study_counts.ts";
import { StudyDisputes } from "../../lib/compare/study_disputes.ts";
import { SharedSums } from "../../lib/compare/study_sums.ts";

const bits = fc.integer({ min: -0x80000000, max: 0x7fffffff }).filter((settings) => settings !== 0);

Deno.test("sums over groups of settings are the sums of each setting", () => {
  const record = fc.record({ bits, packets: fc.nat(99), bytes: fc.nat(9999), unknown: fc.boolean() });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 200 }), (records) => {
      const sums = new SharedSums();
      for (const r of records) sums.add(r.bits, r.packets, r.bytes, r.unknown, r.bytes / 2);
      for (const bit of [0, 1, 17, 31]) {
        const own = records.filter((r) => r.bits & 1 << bit);
        assertEquals(sums.of(bit), {
          records: own.length,
          packets: own.reduce((n, r) => n + r.packets, 0),
          bytes: own.reduce((n, r) => n + r.bytes, 0),
          unknown: own.filter((r) => r.unknown).length,
          longest: Math.max(0, ...own.map((r) => r.bytes / 2)),
        });
      }
    }),
  );
});

Deno.test("counts of connections come apart again by setting, also from another's", () => {
  const note = fc.record({ conn: fc.nat(2000), bits, kind: fc.nat(LARGER | UNKNOWN) });
  fc.assert(
    fc.property(fc.array(note, { maxLength: 100 }), (notes) => {
      // Settings 32 to 63 are in the first set, 0 to 31 in the second.
      const all = Array.from({ length: 32 }, (_, i) => i);
      const counts = new StudyCounts(), other = new StudyCounts();
      counts.set(all.map((i) => i + 32));
      const set = other.set(all), conns = notes.length ? Math.max(...notes.map((n) => n.conn)) + 1 : 0;
      for (const n of notes) {
        counts.add(n.conn, 0, n.bits, n.kind);
        other.add(n.conn, set, n.bits, n.kind, 2);
      }
      counts.absorb(other.part(), all, Int32Array.from({ length: conns }, (_, i) => i));
      for (const { conn } of notes) {
        const cells = new Int32Array(64 * CELLS), expected = new Int32Array(64 * CELLS);
        counts.read(conn, cells);
        for (const n of notes.filter((n) => n.conn === conn)) {
          for (const i of all.filter((i) => n.bits & 1 << i)) {
            for (const [s, times] of [[i, 2], [i + 32, 1]] as const) {
              expected[s * CELLS + (n.kind & LARGER)]! += times;
              if (n.kind & UNKNOWN) expected[s * CELLS + 2]! += times;
            }
          }
        }
        assertEquals(cells, expected);
        assertEquals(counts.agreed(conn, 64), false);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("the worst disputes are those at the front of all in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { maxLength: 3000 }),
      fc.integer({ min: -1, max: 50 }),
      (scores, limit) => {
        const disputes = new StudyDisputes(), earlier = (a: number, b: number) => b - a;
        scores.forEach((score, conn) => disputes.add(conn, score));
        const all = scores.map((_, conn) => conn).sort((a, b) => scores[b]! - scores[a]! || b - a);
        assertEquals(disputes.worst(limit, earlier), all.slice(0, Math.max(0, limit)));
        assertEquals(disputes.count, scores.length);
      },
    ),
  );
});
