import { assertEquals } from "@std/assert";
import { compileTime, Sink, UTC, zoneOf } from "../../lib/record/mod.ts";
import { installed, testWhere } from "./shared.ts";

function print(us: number, style: Partial<Parameters<typeof compileTime>[0]> = {}, nano = 0): string {
  const sink = new Sink();
  compileTime({ format: "%T.%f", unix: false, digits: 6, zone: UTC, ...style })(sink, us, nano);
  return sink.text();
}

const T = 1_000_000_000_123_456;

Deno.test("fractions are cut, the period goes with the last digit", () => {
  assertEquals(print(T), "01:46:40.123456");
  assertEquals(print(T, { digits: 3 }), "01:46:40.123");
  assertEquals(print(T + 543, { digits: 3 }), "01:46:40.123");
  assertEquals(print(T, { digits: 0 }), "01:46:40");
  assertEquals(print(T, { unix: true }), "1000000000.123456");
  assertEquals(print(T, { unix: true, digits: 0 }), "1000000000");
});

Deno.test("nanoseconds show only where the record has them", () => {
  assertEquals(print(T, { digits: 9 }), "01:46:40.123456");
  assertEquals(print(T, { digits: 9 }, 789), "01:46:40.123456789");
  assertEquals(print(T, { digits: 8, unix: true }, 789), "1000000000.12345678");
});

Deno.test("times before 1970 count down", () => {
  assertEquals(print(-1, { unix: true }), "-1.999999");
  assertEquals(print(-1), "23:59:59.999999");
});

Deno.test("zones: POSIX rules count westwards, names are looked up, nonsense is UTC", () => {
  const summer = 1_000_000_000, winter = 1_005_000_000;
  assertEquals(zoneOf("UTC-2").offset(summer), 7200);
  assertEquals(zoneOf("<+0330>-3:30").offset(summer), 12600);
  assertEquals(zoneOf("<+0330>-3:30").name(summer), "+0330");
  const eastern = zoneOf("EST5EDT,M4.1.0,M10.5.0");
  assertEquals([eastern.offset(summer), eastern.name(summer)], [-14400, "EDT"]);
  assertEquals([eastern.offset(winter), eastern.name(winter)], [-18000, "EST"]);
  assertEquals(zoneOf("Europe/Prague").offset(summer), 7200);
  assertEquals(zoneOf("Europe/Prague").offset(winter), 3600);
  assertEquals(zoneOf("Australia/Sydney").offset(winter), 39600);
  assertEquals(zoneOf("No/Such").offset(summer), 0);
  assertEquals(zoneOf("UTC").offset(summer), 0);
});

const FORMAT =
  "%Y %y %C %m %d %e %H %I %k %l %M %S %p %a %A %b %B %j %U %W %u %w %V %G %g %D %F %T %R %r %c %x %X %s %z %%";
const ZONES = ["UTC", "UTC-2", "Europe/Prague", "EST5EDT,M3.2.0,M11.1.0", "<-0330>3:30", "America/St_Johns"];

testWhere(installed("date"), "no date program", "every strftime letter is what date(1) prints", async () => {
  for (const TZ of ZONES) {
    for (
      const seconds of [
        0,
        951_782_400,
        1_000_000_000,
        1_104_537_599,
        1_230_768_000,
        1_741_503_599,
        1_762_063_200,
      ]
    ) {
      const { stdout } = await new Deno.Command("date", {
        args: ["-d", `@${seconds}`, `+${FORMAT}`],
        env: { TZ, LC_ALL: "C" },
      }).output();
      const mine = print(seconds * 1e6, { format: FORMAT, zone: zoneOf(TZ) });
      assertEquals(mine, new TextDecoder().decode(stdout).trimEnd(), `TZ=${TZ} @${seconds}`);
    }
  }
});
