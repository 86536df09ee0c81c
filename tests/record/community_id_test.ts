import { assertEquals } from "@std/assert";
import * as R from "../../lib/record/mod.ts";

function id(
  key: number,
  proto: number,
  source: number[],
  sport: number,
  destination: number[],
  dport: number,
): string {
  const batch = new R.RecordBatch(1), row = batch.addBlank();
  batch.words[R.KEY_TYPE] = key;
  batch.words[R.PROTO] = proto;
  batch.words.set(source, R.SADDR);
  batch.words.set(destination, R.DADDR);
  batch.words[R.SPORT] = sport;
  batch.words[R.DPORT] = dport;
  return R.communityId(batch, row);
}

const v4 = (text: string) => [text.split(".").reduce((word, part) => word << 8 | Number(part), 0)];

Deno.test("the baseline vectors of the specification, in both directions", () => {
  const a = v4("128.232.110.120"), b = v4("66.35.250.204");
  assertEquals(id(R.KEY_IPV4, 6, a, 34855, b, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  assertEquals(id(R.KEY_IPV4, 6, b, 80, a, 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  const c = v4("192.168.1.52"), d = v4("8.8.8.8");
  assertEquals(id(R.KEY_IPV4, 17, c, 54585, d, 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
});

Deno.test("ICMP has type and counter-type for ports", () => {
  const a = v4("192.168.0.89"), b = v4("192.168.0.1");
  assertEquals(id(R.KEY_IPV4, 1, a, 8, b, 77), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  assertEquals(id(R.KEY_IPV4, 1, b, 0, a, 77), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  const c = [0xfe800000 | 0, 0, 0x020086ff, 0xfe0580da | 0],
    d = [0xfe800000 | 0, 0, 0x026097ff, 0xfe0769ea | 0];
  assertEquals(id(R.KEY_IPV6, 58, c, 135, d, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
});

Deno.test("flows without IP have none", () => {
  assertEquals(id(R.KEY_ARP, 0x806, [1], 0, [2], 0), "");
});
