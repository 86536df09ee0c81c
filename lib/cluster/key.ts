import { Problem } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import * as K from "./key_kinds.ts";
import { flag, KEY_ORDER, type Op, PARTS, type Special, word } from "./key_parts.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DADDR, DPORT, FLAGS, FLAG_ICMP_MAP, FLAG_MASKS, FLAG_MATRIX, ICMP_MAP_BODY, KEY_EXTRA, KEY_IPV4,
  KEY_IPV6, KEY_TYPE, PROTO, SADDR, SPORT, WORDS,
} = R;
// deno-fmt-ignore
const {
  KINDS,
} = K;

/** One field of an aggregation key, an address perhaps only up to `mask` leading bits. */
export interface KeyField {
  /** Field name as ra prints it. */
  readonly name: string;
  /** Number of leading bits that count, of addresses. */
  readonly mask?: number;
}

/** The key racluster uses without `-m` (cluster.md section 1). */
export const DEFAULT_KEY: readonly string[] = ["srcid", "proto", "saddr", "sport", "daddr", "dport"];
/** The default key where every record is seen from both ends (`-M rmon`): one end and its port. */
export const DEFAULT_RMON_KEY: readonly string[] = ["srcid", "proto", "saddr", "sport"];

/** Names a key may hold, in the order of the manual. */
export const KEY_NAMES: readonly string[] = [...PARTS.keys()];
const SPECIAL_NAMES = ["none", "matrix", "macmatrix", "addr", "mac", "port"];

/**
 * A compiled aggregation key: reads the key words of a row without allocating.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Key } from "./key.ts";
 *
 * const key = Key.parse(["saddr/24", "proto"]);
 * assertEquals(key.fields, [{ name: "saddr", mask: 24 }, { name: "proto" }]);
 * ```
 */
export class Key {
  /** The fields in their given order. */
  readonly fields: readonly KeyField[];
  /** Every record is also counted reversed, keyed by one end (`addr`, `mac`, `port`, `-M rmon`). */
  readonly rmon: boolean;
  /** No aggregation at all. */
  readonly none: boolean;
  /** Records are turned so that the lower address (or hardware address) comes first. */
  readonly ordered: "addresses" | "macs" | undefined;
  /** Words in a key. */
  readonly size: number;
  readonly #forward: readonly Int32Array[];
  readonly #backward: readonly Int32Array[];
  readonly #special: readonly Special[];
  readonly #specialBack: readonly Special[];
  readonly #masks: readonly [number | undefined, number | undefined];

  readonly #exact: boolean;
  /** Flags of sections that hold fields of the key. */
  readonly #sections: readonly number[];
  /** Those of them behind which nothing stands in the key. */
  readonly #last: readonly number[];

  private constructor(named: readonly KeyField[], kind: string, rmon: boolean, exact: boolean) {
    this.fields = named;
    const fields = exact ? named : named.flatMap(asRacluster);
    this.#exact = exact;
    this.none = kind === "none";
    this.rmon = rmon || kind === "addr" || kind === "mac" || kind === "port";
    // Seen from both ends, each order has its own record; hardware addresses have no order in the real program (observed).
    this.ordered = rmon
      ? undefined
      : kind === "matrix"
      ? "addresses"
      : kind === "macmatrix" && exact
      ? "macs"
      : undefined;
    this.#masks = [
      named.find((f) => f.name === "saddr")?.mask || undefined,
      named.find((f) => f.name === "daddr")?.mask || undefined,
    ];
    const reversed = fields.map((f) => {
      const name = PARTS.get(f.name)!.other ?? f.name;
      return f.mask === undefined ? { name } : { name, mask: f.mask };
    });
    this.#forward = KINDS.map((k) => program(fields, k));
    this.#backward = KINDS.map((k) => program(reversed, k));
    this.#special = fields.flatMap((f) => PARTS.get(f.name)!.special ?? []);
    this.#specialBack = reversed.flatMap((f) => PARTS.get(f.name)!.special ?? []);
    this.#sections = [...new Set(fields.flatMap((f) => PARTS.get(f.name)!.section ?? []))];
    this.#last = this.#sections.filter((section) => isLast(fields, section));
    this.size = Math.max(...this.#forward.map((p) => p.length / 3)) + this.#special.length +
      this.#sections.length;
  }

  /**
   * Compiles key fields: names of {@linkcode KEY_NAMES}, `name/bits` or `name/mask` for addresses, or one of `none`, `matrix`,
   * `macmatrix`, `addr`, `mac`, `port`. No names give the default key. An `exact` key takes the whole of fields of which racluster
   * takes a part (SPIs, IS-IS, 802.11).
   *
   * @throws {Problem} `unknown-name` or `bad-value`.
   */
  static parse(names: readonly string[] = [], rmon = false, exact = false): Key {
    const fields: KeyField[] = [];
    const add = (name: string, mask?: number) => {
      if (!fields.some((f) => f.name === name)) fields.push(mask === undefined ? { name } : { name, mask });
    };
    let kind = "";
    const list = names.length ? names : rmon ? DEFAULT_RMON_KEY : DEFAULT_KEY;
    for (const text of list) {
      const slash = text.indexOf("/");
      const name = slash < 0 ? text : text.slice(0, slash);
      if (SPECIAL_NAMES.includes(name)) {
        kind = name;
        if (name === "matrix") {
          const mask = slash < 0 ? undefined : parseMask("saddr", text.slice(slash + 1));
          add("saddr", mask), add("daddr", mask);
        }
        if (name === "macmatrix") add("smac"), add("dmac");
        if (name === "addr") add("saddr");
        if (name === "mac") add("smac");
        if (name === "port") add("proto"), add("sport");
        continue;
      }
      if (!PARTS.has(name)) throw unknownKey(name);
      add(name, slash < 0 ? undefined : parseMask(name, text.slice(slash + 1)));
      if (name === "sport" || name === "dport") add("proto");
    }
    return new Key(fields, kind, rmon, exact);
  }

  /** Reads the key of a row into `out` from `at` on and gives its hash. */
  read(batch: RecordBatch, row: number, out: Int32Array, at = 0): number {
    return this.#read(batch, row, out, at, this.#forward, this.#special);
  }

  /** Whether a record lacks a section that holds the last fields of the key: to the real program it is a shorter key. */
  lacks(batch: RecordBatch, row: number): boolean {
    const flags = batch.words[row * R.WORDS + R.FLAGS]!;
    for (const section of this.#last) if ((flags & section) === 0) return true;
    return false;
  }

  /** Reads the key that a record which {@linkcode lacks} sections would have if it had them, empty. */
  readWhole(batch: RecordBatch, row: number, out: Int32Array): number {
    return this.#read(batch, row, out, 0, this.#forward, this.#special, true);
  }

  /** Reads the key that the row would have with its ends exchanged. */
  readReversed(batch: RecordBatch, row: number, out: Int32Array): number {
    return this.#read(batch, row, out, 0, this.#backward, this.#specialBack);
  }

  #read(
    batch: RecordBatch,
    row: number,
    out: Int32Array,
    at: number,
    programs: readonly Int32Array[],
    special: readonly Special[],
    whole = false,
  ): number {
    const words = batch.words, w = row * WORDS;
    const ops = programs[K.kindOf(words, w, this.#exact)]!;
    const end = at + this.size;
    let hash = 0;
    for (let i = 0; i < ops.length; i += 3) {
      const value = (words[w + ops[i]!]! >> ops[i + 1]!) & ops[i + 2]!;
      out[at++] = value;
      hash = Math.imul(hash ^ value, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (let i = 0; i < special.length; i++) {
      const value = special[i]!(batch, row) | 0;
      out[at++] = value;
      hash = Math.imul(hash ^ value, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (let i = 0; i < this.#sections.length; i++) {
      const value = whole || (words[w + R.FLAGS]! & this.#sections[i]!) !== 0 ? 1 : 0;
      out[at++] = value;
      hash = Math.imul(hash ^ value, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    while (at < end) out[at++] = 0;
    hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
    return hash ^ hash >>> 13;
  }

  /** Cuts the addresses of a row to the masks of the key and notes the masks in the row. */
  mask(batch: RecordBatch, row: number): void {
    const [s, d] = this.#masks;
    if (s === undefined && d === undefined) return;
    const words = batch.words, w = row * WORDS;
    const type = words[w + KEY_TYPE]!;
    if (type !== KEY_IPV4 && type !== KEY_IPV6) return;
    const size = type === KEY_IPV4 ? 1 : 4;
    cut(words, w + SADDR, size, s);
    cut(words, w + DADDR, size, d);
    const full = 32 * size;
    const old = words[w + FLAGS]! & FLAG_MASKS ? words[w + KEY_EXTRA]! : full << 8 | full;
    words[w + FLAGS]! |= FLAG_MASKS;
    words[w + KEY_EXTRA] = Math.min(s ?? full, old >>> 8) << 8 | Math.min(d ?? full, old & 0xff);
  }

  /** Whether the key cuts addresses. */
  get masked(): boolean {
    return this.#masks[0] !== undefined || this.#masks[1] !== undefined;
  }

  /** Puts the masked addresses of a row back to the eight words they were before a merge. */
  keep(words: Int32Array, w: number, before: Int32Array): void {
    if (this.#masks[0] !== undefined) { for (let i = 0; i < 4; i++) words[w + SADDR + i] = before[i]!; }
    if (this.#masks[1] !== undefined) { for (let i = 0; i < 4; i++) words[w + DADDR + i] = before[4 + i]!; }
  }

  /** Empties what is not in the key (`-M nopreserve`): addresses, ports, protocol. */
  strip(batch: RecordBatch, row: number): void {
    const words = batch.words, w = row * WORDS;
    const has = (name: string) => this.fields.some((f) => f.name === name);
    if (!has("saddr")) words.fill(0, w + SADDR, w + SADDR + 4);
    if (!has("daddr")) words.fill(0, w + DADDR, w + DADDR + 4);
    if (!has("sport")) words[w + SPORT] = 0;
    if (!has("dport")) words[w + DPORT] = 0;
    const type = words[w + KEY_TYPE]!;
    stripMasks(words, w, has("saddr"), has("daddr"));
    if (!has("proto") && (type === KEY_IPV4 || type === KEY_IPV6)) words[w + PROTO] = 0;
  }
}

/** What racluster really reads for a field (observed): networks are four bytes of addresses, the service is nothing, a mask of 0 is none. */
function asRacluster(field: KeyField): readonly KeyField[] {
  switch (field.name) {
    case "snet":
      return [{ name: "saddr", mask: 32 }];
    case "dnet":
      return [{ name: "daddr", mask: 32 }];
    case "svc":
      return [];
    default:
      return field.mask === 0 ? [{ name: field.name }] : [field];
  }
}

/** What stands for the lengths of addresses that were emptied: the upper half of an SPI shows them. */
function stripMasks(words: Int32Array, w: number, source: boolean, destination: boolean): void {
  if (words[w + KEY_TYPE] !== KEY_IPV4 || source && destination) return;
  const old = words[w + FLAGS]! & FLAG_MASKS ? words[w + KEY_EXTRA]! : 0x2020;
  words[w + FLAGS]! |= FLAG_MASKS;
  words[w + KEY_EXTRA] = (source ? old & 0xff00 : 0) | (destination ? old & 0xff : 0);
}

/** Whether no field of another place follows those that a section holds. */
function isLast(fields: readonly KeyField[], section: number): boolean {
  const place = (f: KeyField) => KEY_ORDER.indexOf(f.name);
  const [mine, others] = [true, false].map((own) =>
    fields.filter((f) => (PARTS.get(f.name)!.section === section) === own).map(place)
  );
  return Math.max(-1, ...others!) < Math.min(...mine!);
}

function cut(words: Int32Array, at: number, size: number, mask: number | undefined): void {
  if (mask === undefined) return;
  for (let i = 0; i < size; i++) {
    const left = mask - 32 * i;
    if (left <= 0) words[at + i] = 0;
    else if (left < 32) words[at + i]! &= -1 << (32 - left);
  }
}

/** Reading steps of a key for one kind of flow: triples of word offset, shift, mask. */
function program(fields: readonly KeyField[], kind: number): Int32Array {
  const ops: Op[] = [];
  let addresses = false;
  for (const { name, mask } of fields) {
    if (name === "saddr" || name === "daddr") {
      addresses = true;
      ops.push(...K.addressOps(kind, name, mask));
    } else if (name === "inode") {
      ops.push(...K.maskedWords(ICMP_MAP_BODY + 1, 1, mask), flag(FLAG_ICMP_MAP));
    } else ops.push(...K.ownOps(kind, name) ?? PARTS.get(name)!.ops ?? []);
  }
  // Kinds of flows never merge once an address is in the key.
  if (addresses) ops.push(word(KEY_TYPE), flag(FLAG_MATRIX));
  return Int32Array.from(ops.flat());
}

function parseMask(name: string, text: string): number {
  if (name !== "saddr" && name !== "daddr" && name !== "inode") {
    throw new Problem(
      "bad-value",
      `Expected a mask only on saddr, daddr or inode but found "${name}/${text}"`,
      {
        expected: "saddr/N, daddr/N or inode/N",
        found: `${name}/${text}`,
      },
    );
  }
  if (/^\d+$/.test(text) && Number(text) <= 128) return Number(text);
  const quad = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number);
  if (quad && quad.every((n) => n < 256)) {
    const mask = quad.reduce((a, n) => (a << 8) | n, 0);
    const bits = Math.clz32(~mask);
    if (mask === (bits === 0 ? 0 : -1 << (32 - bits))) return bits;
  }
  throw new Problem(
    "bad-value",
    `Expected a prefix length (0 to 128) or a mask such as 255.255.0.0 but found "${text}" in "${name}/${text}"`,
    { expected: "prefix length or mask", found: text },
  );
}

function unknownKey(name: string): Problem {
  const all = [...KEY_NAMES, ...SPECIAL_NAMES];
  const near = all.filter((n) => n.startsWith(name) || name.startsWith(n) || n.slice(1) === name.slice(1));
  return new Problem(
    "unknown-name",
    `Expected an aggregation field but found "${name}"${
      near.length ? `; did you mean ${near.join(" or ")}?` : ""
    }`,
    { expected: all.join(" "), found: name },
  );
}
