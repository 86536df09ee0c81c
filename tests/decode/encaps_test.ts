import { assertEquals } from "@std/assert";
import * as decodeBits from "../../lib/decode/encaps.ts";
import * as layout from "../../lib/record/layout.ts";

Deno.test("decode writes encapsulation and TCP option bits as a record carries them", () => {
  const record = layout as Record<string, unknown>;
  for (const [name, value] of Object.entries(decodeBits)) {
    if (name.startsWith("ENCAPS_") || name in record) assertEquals([name, value], [name, record[name]]);
  }
});
