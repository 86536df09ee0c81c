import { assert, assertEquals } from "@std/assert";
import {
  argus,
  isPeer,
  nfpcapd,
  nfstream,
  PRESETS,
  softflowd,
  withSettings,
} from "../../lib/settings/mod.ts";

Deno.test("every preset is a frozen, complete setting that knows its name", () => {
  for (const [name, make] of Object.entries(PRESETS)) {
    const setting = make();
    assertEquals(setting.preset, name);
    assert(Object.isFrozen(setting) && Object.isFrozen(setting.rules), name);
    assertEquals(Object.keys(setting).sort(), Object.keys(argus()).sort(), name);
    assertEquals(isPeer(setting), !name.startsWith("argus"), name);
    if (name !== "argus") assertEquals(setting.name, name);
  }
});

Deno.test("a changed preset says what was changed", () => {
  assertEquals(nfstream({ status: "60s", tcp: 30 }).name, "nfstream S=1m tcp=30s");
  assertEquals(nfpcapd({ tcpEnd: "sender" }).name, "nfpcapd tcpEnd=sender");
  assertEquals(softflowd({ name: "mine" }).name, "mine");
});

Deno.test("changes keep the rest of a preset", () => {
  const setting = withSettings(nfpcapd(), { status: "100s" });
  assertEquals([setting.status, setting.timeouts.tcp, setting.clock, setting.preset], [
    100e6,
    60e6,
    "sweep",
    "nfpcapd",
  ]);
  assertEquals(setting.rules, nfpcapd().rules);
});
