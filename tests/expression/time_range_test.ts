import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { parseTimeRange, readTimeRange } from "../../lib/expression/mod.ts";
import { FLAG_MAR, FLAGS, RecordBatch, S_END, S_START, UTC, zoneOf } from "../../lib/record/mod.ts";

const NOW = Date.UTC(2026, 10, 23, 3, 50, 27) / 1000;
const at = (text: string) => Date.parse(`${text}Z`) * 1000;
const iso = (us: number) => new Date(us / 1000).toISOString().slice(0, 19);

// What `ra -t` selected of a file with a record in every second, at that time of day (both ends belong to the range).
const RANGES = `
14                              2026-11-23T14:00:00 2026-11-23T15:00:00
0                               2026-11-23T00:00:00 2026-11-23T01:00:00
14:10                           2026-11-23T14:10:00 2026-11-23T14:11:00
14:10:15                        2026-11-23T14:10:15 2026-11-23T14:10:16
15-23                           2026-11-23T15:00:00 2026-11-23T23:00:00
15:10-16                        2026-11-23T15:10:00 2026-11-23T16:00:00
10.14                           2026-11-10T14:00:00 2026-11-10T15:00:00
08/10                           2026-08-10T00:00:00 2026-08-11T00:00:00
08/10.14                        2026-08-10T14:00:00 2026-08-10T15:00:00
2011                            2011-01-01T00:00:00 2012-01-01T00:00:00
2011/08                         2011-08-01T00:00:00 2011-09-01T00:00:00
2011/08/10                      2011-08-10T00:00:00 2011-08-11T00:00:00
2011/08/10.14                   2011-08-10T14:00:00 2011-08-10T15:00:00
2011/08/10.14:10                2011-08-10T14:10:00 2011-08-10T14:11:00
2011/08/10.14:10:15             2011-08-10T14:10:15 2011-08-10T14:10:16
2011/08-2011/10                 2011-08-01T00:00:00 2011-10-01T00:00:00
2011/08/10-12                   2011-08-10T00:00:00 2011-08-10T12:00:00
2011/08/10.14:10-14:12:30       2011-08-10T14:10:00 2011-08-10T14:12:30
2011/08/10.14:10-11.10          2011-08-10T14:10:00 2011-08-11T10:00:00
2011/08/10.14:10:15+5s          2011-08-10T14:10:15 2011-08-10T14:10:20
2011/08/10.14:10:15-5s          2011-08-10T14:10:10 2011-08-10T14:10:15
2011/08/10+2h30m                2011-08-10T00:00:00 2011-08-10T02:30:00
2011-2012/01                    2011-01-01T00:00:00 2012-01-01T00:00:00
1312984800+1h                   2011-08-10T14:00:00 2011-08-10T15:00:00
1312984800-1312985000           2011-08-10T14:00:00 2011-08-10T14:03:20
1312984800                      2011-08-10T14:00:00 2012-08-10T14:00:00
2011y                           2011-01-01T00:00:00 2012-01-01T00:00:00
2011y8M10d14h10m15s             2011-08-10T14:10:15 2011-08-10T14:10:16
10d                             2026-11-10T00:00:00 2026-11-11T00:00:00
10d+2d                          2026-11-10T00:00:00 2026-11-12T00:00:00
14h                             2026-11-23T14:00:00 2026-11-23T15:00:00
5m10s                           2026-11-23T03:05:10 2026-11-23T03:05:11
-10m                            2026-11-23T03:41:00 2026-11-23T03:51:00
-1h                             2026-11-23T03:00:00 2026-11-23T04:00:00
-1d                             2026-11-23T00:00:00 2026-11-24T00:00:00
-2M                             2026-10-01T00:00:00 2026-12-01T00:00:00
-1M+1d                          2026-11-01T00:00:00 2026-11-02T00:00:00
-1d+2h                          2026-11-23T00:00:00 2026-11-23T02:00:00
-10m-5m                         2026-11-23T03:36:00 2026-11-23T03:41:00
-2h5m                           2026-11-23T02:05:00 2026-11-23T04:10:00
-2h5m+5m                        2026-11-23T02:05:00 2026-11-23T02:10:00
-3d5h10m                        2026-11-21T05:10:00 2026-11-24T10:20:00
`.trim().split("\n").map((line) => line.split(/\s+/));

Deno.test("ranges are those of the real program", () => {
  const got = RANGES.map(([text]) => {
    const { start, end } = readTimeRange(text!, NOW, UTC).fixed!;
    return [text, iso(start), iso(end)];
  });
  assertEquals(got, RANGES);
});

Deno.test("both ends belong to the range", () => {
  const range = readTimeRange("2001/09/09.01:46:41", NOW, UTC);
  const point = (text: string) => range.matches(at(text), at(text));
  assertEquals(
    ["2001-09-09T01:46:40.999", "2001-09-09T01:46:41", "2001-09-09T01:46:42", "2001-09-09T01:46:42.001"].map(
      point,
    ),
    [false, true, true, false],
  );
});

Deno.test("a record has an end within, covers or lies within", () => {
  const from = at("2001-09-09T01:00:00"), to = at("2001-09-09T02:00:00"), hour = 3600e6;
  const records = [[from - 2 * hour, from - hour], [from - hour, from], [from, to], [from - 1, to + 1], [
    from + 1,
    to - 1,
  ]] as const;
  const takes = (mode: string) =>
    records.map(([s, e]) => readTimeRange(`${mode}2001/09/09.01`, NOW, UTC).matches(s, e));
  // Neither the record that ends as the range begins nor the one around it (what ra 3.0.8.2 leaves out).
  assertEquals(takes(""), [false, false, true, false, true]);
  assertEquals(takes("i"), takes(""));
  assertEquals(takes("n"), [false, false, true, true, false]);
  assertEquals(takes("c"), [false, false, true, false, true]);
  assertEquals(takes("xc"), [true, true, false, true, false]);
});

Deno.test("a star takes the value of the record's start", () => {
  const takes = (range: string, ...times: string[]) =>
    times.map((t) => readTimeRange(range, NOW, UTC).matches(at(t), at(t)));
  assertEquals(takes("**.14", "2026-11-02T14:30:00", "2026-11-02T15:30:00", "2026-10-02T14:30:00"), [
    true,
    false,
    false,
  ]);
  assertEquals(takes("****/11/23", "1999-11-23T05:00:00", "1999-11-24T05:00:00"), [true, false]);
  assertEquals(takes("2011/**/10", "2011-03-10T05:00:00", "2011-03-11T05:00:00"), [true, false]);
  assertEquals(takes("2011/08/**", "2011-08-31T05:00:00", "2011-09-01T00:00:00"), [true, false]);
  assertEquals(takes("10d*h*m15s", "2026-11-10T05:44:15", "2026-11-10T05:44:17"), [true, false]);
});

Deno.test("times are local", () => {
  const { start } = readTimeRange("2001/07/09.01", NOW, zoneOf("America/New_York")).fixed!;
  assertEquals(iso(start), "2001-07-09T05:00:00");
});

Deno.test("management records go by their own times", () => {
  const batch = new RecordBatch(1);
  batch.addBlank();
  batch.words[FLAGS] = FLAG_MAR;
  batch.doubles[S_START] = batch.doubles[S_END] = 1e15;
  assertEquals(parseTimeRange("2001/09/09", NOW, UTC)(batch, 0), true);
  assertEquals(parseTimeRange("2002", NOW, UTC)(batch, 0), false);
});

Deno.test("what is no range is a problem", () => {
  for (
    const text of [
      "",
      "foo",
      "2011/13",
      "2011/8",
      "24",
      "-1w",
      "+10m",
      "t+5s",
      "15-15",
      "2011/08/10-2011/08/09",
      "14:61",
      "-10m+x",
      "1.2.3",
    ]
  ) {
    assertThrows(() => readTimeRange(text, NOW, UTC), Problem, "as time range");
  }
});
