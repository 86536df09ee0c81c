import { createHash } from "node:crypto";
import type { RecordBatch } from "./batch.ts";
import * as R from "./layout.ts";

/** ICMP types that are answered by another type (Community ID specification, as Zeek pairs them). */
const ICMP_PAIRS: Readonly<Record<number, number>> = {
  8: 0,
  0: 8,
  13: 14,
  14: 13,
  15: 16,
  16: 15,
  10: 9,
  9: 10,
  17: 18,
  18: 17,
};
const ICMP6_PAIRS: Readonly<Record<number, number>> = {
  128: 129,
  129: 128,
  133: 134,
  134: 133,
  135: 136,
  136: 135,
  130: 131,
  131: 130,
  144: 145,
  145: 144,
};
const WITH_PORTS = new Set([6, 17, 132]);

/**
 * The Community ID of a flow, version 1 with seed 0 (https://github.com/corelight/community-id-spec): `1:` and the base 64 SHA-1
 * of seed, addresses, protocol and ports, lower endpoint first. Empty for flows without IP.
 *
 * ICMP has type and counter-type for ports; types without a counterpart keep their own direction (one-way).
 */
export function communityId(batch: RecordBatch, row: number): string {
  const at = row * R.WORDS, w = batch.words, key = w[at + R.KEY_TYPE];
  if ((key !== R.KEY_IPV4 && key !== R.KEY_IPV6) || (w[at + R.FLAGS]! & R.FLAG_MAR) !== 0) return "";
  const n = key === R.KEY_IPV4 ? 1 : 4, proto = w[at + R.PROTO]! & 255;
  let source = R.SADDR, destination = R.DADDR;
  let sport = w[at + R.SPORT]! & 0xffff, dport = w[at + R.DPORT]! & 0xffff;
  let ports = WITH_PORTS.has(proto), oneWay = false;
  if ((key === R.KEY_IPV4 && proto === 1) || (key === R.KEY_IPV6 && proto === 58)) {
    const word = w[at + R.SPORT]!, type = word & 255;
    const code = key === R.KEY_IPV4 ? (word >>> 8) & 255 : w[at + R.DPORT]! & 255;
    const pair = (key === R.KEY_IPV4 ? ICMP_PAIRS : ICMP6_PAIRS)[type];
    ports = true;
    oneWay = pair === undefined;
    sport = type;
    dport = pair ?? code;
  }
  if (!oneWay) {
    let order = 0;
    for (let i = 0; i < n && order === 0; i++) {
      order = (w[at + source + i]! >>> 0) - (w[at + destination + i]! >>> 0);
    }
    if (order === 0) order = sport - dport;
    if (order > 0) {
      [source, destination] = [destination, source];
      [sport, dport] = [dport, sport];
    }
  }
  const bytes = new DataView(new ArrayBuffer(2 + n * 8 + 2 + (ports ? 4 : 0)));
  let p = 2;
  for (let i = 0; i < n; i++, p += 4) bytes.setInt32(p, w[at + source + i]!);
  for (let i = 0; i < n; i++, p += 4) bytes.setInt32(p, w[at + destination + i]!);
  bytes.setUint8(p, proto);
  p += 2;
  if (ports) {
    bytes.setUint16(p, sport);
    bytes.setUint16(p + 2, dport);
  }
  return `1:${createHash("sha1").update(new Uint8Array(bytes.buffer)).digest("base64")}`;
}
