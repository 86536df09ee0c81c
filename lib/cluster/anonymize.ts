import { Buffer } from "node:buffer";
import { createCipheriv, createHash } from "node:crypto";
import { Problem } from "../base/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";

const BLOCK = 16, KEY = 32;
/** Addresses remembered per kind; the oldest half is forgotten when there are more. */
const REMEMBERED = 1 << 16;

/**
 * Replaces addresses by others so that two addresses which share their first n bits still share exactly n (Crypto-PAn: Xu, Fan,
 * Ammar, Moon, "Prefix-preserving IP address anonymization", ICNP 2002; AES-128). The same key always gives the same addresses.
 *
 * IPv4 and IPv6 addresses are replaced wherever a record holds them (flow, ARP, ICMP errors, source id), hardware addresses and
 * connection ids by keyed ones without such structure. Captured user data and correction trails, which quote addresses, are removed.
 * Ports, times, counters and sequence numbers stay.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Anonymizer } from "./anonymize.ts";
 *
 * const a = new Anonymizer("a secret");
 * const [one, other] = [a.ipv4(0x0a000001), a.ipv4(0x0a000002)];
 * assertEquals(Math.clz32(one ^ other), Math.clz32(0x0a000001 ^ 0x0a000002));
 * ```
 */
export class Anonymizer {
  readonly #key: Buffer;
  readonly #pad: Buffer;
  readonly #v4 = new Map<number, number>();
  readonly #v6 = new Map<string, Int32Array>();
  readonly #macs = new Map<string, Int32Array>();

  /**
   * Makes an anonymizer.
   *
   * @param key 32 bytes, or a text of which the key is made (SHA-256)
   * @throws {Problem} `bad-value` when there is no key or it has the wrong length.
   */
  constructor(key: string | Uint8Array) {
    const bytes = typeof key === "string" ? createHash("sha256").update(key).digest() : Buffer.from(key);
    if (bytes.length !== KEY || key === "") {
      throw new Problem(
        "bad-value",
        `Expected a key of ${KEY} bytes or a text but found ${key.length} bytes`,
        {
          expected: `${KEY} bytes or a text`,
          found: `${key.length} bytes`,
        },
      );
    }
    this.#key = bytes.subarray(0, BLOCK);
    this.#pad = this.#encrypt(bytes.subarray(BLOCK));
  }

  /** The address that stands for an IPv4 address. */
  ipv4(address: number): number {
    const known = this.#v4.get(address);
    if (known !== undefined) return known;
    const word = Buffer.alloc(4);
    word.writeInt32BE(address | 0);
    const other = (address ^ this.#mask(word).readInt32BE()) | 0;
    remember(this.#v4, address, other);
    return other;
  }

  /** Replaces the four words of an IPv6 address at `at`. */
  ipv6(words: Int32Array, at: number): void {
    const bytes = Buffer.alloc(BLOCK);
    for (let i = 0; i < 4; i++) bytes.writeInt32BE(words[at + i]!, 4 * i);
    const text = bytes.toString("latin1");
    let other = this.#v6.get(text);
    if (!other) {
      const mask = this.#mask(bytes);
      other = Int32Array.from([0, 1, 2, 3], (i) => words[at + i]! ^ mask.readInt32BE(4 * i));
      remember(this.#v6, text, other);
    }
    words.set(other, at);
  }

  /** Replaces all addresses of a row in place. */
  row(batch: RecordBatch, row: number): void {
    const words = batch.words, w = row * R.WORDS, flags = words[w + R.FLAGS]!;
    if (flags & R.FLAG_MAR) return;
    this.#ends(words, w);
    if (flags & R.FLAG_TRANSPORT && (flags & (R.FLAG_SRCID_INT | R.FLAG_SRCID_TEXT)) === 0) {
      words[w + R.SRCID] = this.ipv4(words[w + R.SRCID]!);
    }
    if (flags & R.FLAG_MAC) this.#macSection(words, w);
    if (flags & R.FLAG_ICMP_MAP) { for (let i = 1; i < 6; i++) this.#maybe(words, w + R.ICMP_MAP_BODY + i); }
    const net = words[w + R.NET];
    if (net === R.NET_ICMP) { for (let i = 1; i < 6; i++) this.#maybe(words, w + R.ICMP_BODY + i); }
    if (net === R.NET_ARP) this.#mac(words, w + R.ARP_RESP);
    this.#connection(words, w);
    if (batch.user) batch.user[2 * row] = batch.user[2 * row + 1] = undefined;
    const more = batch.more?.get(row);
    if (more) {
      delete more.trail;
      delete more.network;
      delete more.key;
    }
  }

  #ends(words: Int32Array, w: number): void {
    const type = words[w + R.KEY_TYPE];
    for (const side of [R.SADDR, R.DADDR]) {
      const at = w + side;
      if (type === R.KEY_IPV4) words[at] = this.ipv4(words[at]!);
      else if (type === R.KEY_IPV6) this.ipv6(words, at);
      else if (type === R.KEY_ARP) {
        words[at] = this.ipv4(words[at]!);
        if (side === R.SADDR) this.#mac(words, at + 1);
      } else this.#mac(words, at);
    }
    if ((words[w + R.FLAGS]! & R.FLAG_MASKS) === 0 || (type !== R.KEY_IPV4 && type !== R.KEY_IPV6)) return;
    // A prefix stays a prefix: the bits beyond it are no address.
    const masks = words[w + R.KEY_EXTRA]!;
    cut(words, w + R.SADDR, type === R.KEY_IPV4 ? 1 : 4, masks >>> 8 & 0xff);
    cut(words, w + R.DADDR, type === R.KEY_IPV4 ? 1 : 4, masks & 0xff);
  }

  /** An address word that is 0 when there is none. */
  #maybe(words: Int32Array, at: number): void {
    if (words[at] !== 0) words[at] = this.ipv4(words[at]!);
  }

  /** Two words of a hardware address, the last two bytes in the upper half; group and broadcast addresses stay. */
  #mac(words: Int32Array, at: number): void {
    const a = words[at]!, b = words[at + 1]!;
    if (a >>> 24 & 1 || (a === 0 && b >>> 16 === 0)) return;
    const text = `${a} ${b >>> 16}`;
    let other = this.#macs.get(text);
    if (!other) {
      const block = this.#encrypt(Buffer.from(`mac ${text}`.padEnd(BLOCK).slice(0, BLOCK), "latin1"));
      // Locally administered, not a group: no maker's address can be meant.
      other = Int32Array.of(
        (block.readInt32BE() & 0xfcffffff) | 0x02000000,
        block.readInt32BE(4) & 0xffff0000,
      );
      remember(this.#macs, text, other);
    }
    words[at] = other[0]!;
    words[at + 1] = other[1]! | b & 0xffff;
  }

  #macSection(words: Int32Array, w: number): void {
    const m = w + R.MAC, pair = new Int32Array(4);
    pair[0] = words[m]!;
    pair[1] = words[m + 1]! & 0xffff0000;
    pair[2] = words[m + 1]! << 16 | words[m + 2]! >>> 16;
    pair[3] = words[m + 2]! << 16;
    this.#mac(pair, 0);
    this.#mac(pair, 2);
    words[m] = pair[0]!;
    words[m + 1] = pair[1]! & 0xffff0000 | pair[2]! >>> 16;
    words[m + 2] = pair[2]! << 16 | pair[3]! >>> 16;
  }

  /** Connection ids are made of addresses, so they are replaced too. */
  #connection(words: Int32Array, w: number): void {
    if (words[w + R.CONN] === 0 && words[w + R.CONN + 1] === 0) return;
    const block = Buffer.alloc(BLOCK);
    block.writeInt32BE(words[w + R.CONN]!, 0);
    block.writeInt32BE(words[w + R.CONN + 1]!, 4);
    const other = this.#encrypt(block);
    words[w + R.CONN] = other.readInt32BE(0);
    words[w + R.CONN + 1] = other.readInt32BE(4);
  }

  /** The bits to flip of an address: bit i depends on the bits before it only. */
  #mask(address: Buffer): Buffer {
    const bits = address.length * 8, blocks = Buffer.alloc(bits * BLOCK);
    for (let i = 0; i < bits; i++) {
      const block = blocks.subarray(i * BLOCK, (i + 1) * BLOCK);
      this.#pad.copy(block);
      const whole = i >> 3, part = i & 7;
      address.copy(block, 0, 0, whole);
      if (part > 0) {
        const keep = 0xff << (8 - part) & 0xff;
        block[whole] = address[whole]! & keep | this.#pad[whole]! & ~keep;
      }
    }
    const encrypted = this.#encrypt(blocks), mask = Buffer.alloc(address.length);
    for (let i = 0; i < bits; i++) if (encrypted[i * BLOCK]! & 0x80) mask[i >> 3]! |= 0x80 >> (i & 7);
    return mask;
  }

  #encrypt(blocks: Uint8Array): Buffer {
    const cipher = createCipheriv("aes-128-ecb", this.#key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(blocks), cipher.final()]);
  }
}

/** Keeps a map from growing without end. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (map.size >= REMEMBERED) {
    let left = REMEMBERED / 2;
    for (const old of map.keys()) {
      if (left-- === 0) break;
      map.delete(old);
    }
  }
  map.set(key, value);
}

function cut(words: Int32Array, at: number, size: number, mask: number): void {
  for (let i = 0; i < size; i++) {
    const left = mask - 32 * i;
    if (left <= 0) words[at + i] = 0;
    else if (left < 32) words[at + i]! &= -1 << (32 - left);
  }
}

/**
 * Anonymizes a stream of records (ranonymize's purpose), see {@linkcode Anonymizer}; the batches that come in are not changed.
 *
 * @throws {Problem} `bad-value` when the key is wrong.
 */
export async function* anonymize(
  batches: AsyncIterable<RecordBatch>,
  key: string | Uint8Array,
): AsyncGenerator<RecordBatch, void, void> {
  const anonymizer = new Anonymizer(key);
  for await (const batch of batches) {
    const out = new RecordBatch(batch.length);
    for (let row = 0; row < batch.length; row++) anonymizer.row(out, out.append(batch, row));
    yield out;
  }
}
