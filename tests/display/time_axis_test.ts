import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { moment, spoken, timeAxis } from "../../lib/display/time_axis.ts";

Deno.test("durations are said in at most two units", () => {
  const said: [number, string][] = [
    [0, "0 s"],
    [1, "0.001 ms"],
    [200_000, "200 ms"],
    [1_500_000, "1.5 s"],
    [59_999_999, "60 s"],
    [119_999_999, "120 s"],
    [3_599_900_000, "60 min"],
    [3_600_000_000, "1 h"],
    [576_654_823_661, "6 d 16 h"],
    [Infinity, "never"],
  ];
  for (const [us, text] of said) assertEquals(spoken(us), text);
});

Deno.test("moments are UTC to the millisecond", () => {
  assertEquals(moment(846_762_164), "1970-01-01 00:14:06.762 UTC");
});

Deno.test("an axis never goes backwards, folds or not", () => {
  const time = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(fc.property(time, time, fc.boolean(), (a, b, fold) => {
    const axis = timeAxis(0, 1_000_000, 10, 990, fold ? [{ start: 300_000, end: 800_000 }] : []);
    const [low, high] = a < b ? [a, b] : [b, a];
    assert(axis.x(low) <= axis.x(high) + 1e-9);
    assert(axis.x(low) >= 10 && axis.x(high) <= 990.000001);
  }));
});

Deno.test("a fold gives its room to the rest", () => {
  const axis = timeAxis(0, 1000, 0, 1000, [{ start: 200, end: 900 }]);
  assertEquals(Math.round(axis.x(900) - axis.x(200)), 40);
  assertEquals(Math.round(axis.x(200)), 640);
});
