import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatFixed, putFixed, putHuman, Sink } from "../../lib/record/mod.ts";

/** Exact value of a double as numerator / 2^shift. */
function exact(value: number): { numerator: bigint; shift: bigint } {
  let shift = 0n, v = value;
  while (!Number.isInteger(v)) v *= 2, shift++;
  return { numerator: BigInt(v), shift };
}

/** `%.*f` from first principles: whole-number arithmetic, ties to even. */
function reference(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const { numerator, shift } = exact(Math.abs(value));
  const scaled = numerator * 10n ** BigInt(digits), unit = 1n << shift;
  let q = scaled / unit;
  const twice = (scaled % unit) * 2n;
  if (twice > unit || (twice === unit && q % 2n === 1n)) q++;
  const text = q.toString().padStart(digits + 1, "0");
  return sign + (digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`);
}

function put(value: number, digits: number): string {
  const sink = new Sink();
  putFixed(sink, value, digits);
  return sink.text();
}

const digits = fc.integer({ min: 0, max: 12 });

Deno.test("32-bit floats print as C prints them", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), digits, (v, p) => {
      assertEquals(put(v, p), reference(v, p));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("doubles print as C prints them", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), digits, (v, p) => {
      assertEquals(put(v, p), reference(v, p));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("ties go to the even digit, where toFixed goes up", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 8 }), (k, p) => {
    const tie = (2 * k + 1) / 2 ** (p + 1);
    assertEquals(put(tie, p), reference(tie, p));
    assertEquals(formatFixed(-tie, p), reference(-tie, p));
  }));
  assertEquals(put(0.5, 0), "0");
  assertEquals(put(1 / 128, 6), "0.007812");
});

Deno.test("what printf says for the values of fields.md section 2", () => {
  assertEquals(put(Math.fround(200.1), 6), "200.100006");
  assertEquals(put(Math.fround(1 / Math.fround(0.002)), 6), "499.999969");
  assertEquals(put(-0, 6), "-0.000000");
  assertEquals(put(2 ** 60, 2), "1152921504606846976.00");
  assertEquals(put(NaN, 2), "nan");
});

Deno.test("whole numbers print exactly", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (v) => {
    const sink = new Sink(1);
    sink.integer(v);
    assertEquals(sink.text(), String(v));
  }));
});

Deno.test("-H divides by 1000 and cuts (fields.md section 2)", () => {
  const human = (v: number, p: number) => {
    const sink = new Sink();
    putHuman(sink, v, p);
    return sink.text();
  };
  assertEquals(human(12978, 6), "12.978K");
  assertEquals(human(9, 6), "9.000 ");
  assertEquals(human(12978, 1), "12.9K");
  assertEquals(human(115360.4, 0), "115.K");
  assertEquals(human(5e9, 6), "5.000G");
});
