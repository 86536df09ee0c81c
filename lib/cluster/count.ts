import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { ADDRESS_CLASSES, classesOfIpv4, classesOfIpv6 } from "./address_class.ts";

/** Sums over records. */
export interface Totals {
  /** Records. */
  records: number;
  /** Packets of both sides. */
  packets: number;
  /** Packets of the source. */
  sourcePackets: number;
  /** Packets of the destination. */
  destinationPackets: number;
  /** Bytes of both sides. */
  bytes: number;
  /** Bytes of the source. */
  sourceBytes: number;
  /** Bytes of the destination. */
  destinationBytes: number;
}

/** Sums of one protocol. */
export interface ProtocolTotals extends Totals {
  /** Name as ra prints it. */
  readonly protocol: string;
}

/** How many different addresses of a kind were seen on each side. */
export interface AddressTotals {
  /** Kind of address. */
  readonly kind: string;
  /** Different source addresses. */
  readonly source: number;
  /** Different destination addresses. */
  readonly destination: number;
}

/** What to count beside the totals. */
export interface CountOptions {
  /** Sums by protocol. */
  readonly protocols?: boolean | undefined;
  /** Different addresses by kind; remembers every address. */
  readonly addresses?: boolean | undefined;
  /**
   * As the real racount, with its defects: Ethernet types from 4096 on have no line, IS-IS is `unkwn`, and every occurrence of an
   * IPv6 address counts.
   */
  readonly argus?: boolean | undefined;
}

function none(): Totals {
  return {
    records: 0,
    packets: 0,
    sourcePackets: 0,
    destinationPackets: 0,
    bytes: 0,
    sourceBytes: 0,
    destinationBytes: 0,
  };
}

function add(t: Totals, doubles: Float64Array, d: number): void {
  const s = doubles[d + R.S_PKTS]!, p = doubles[d + R.D_PKTS]!;
  const b = doubles[d + R.S_BYTES]!, c = doubles[d + R.D_BYTES]!;
  t.records++;
  t.sourcePackets += s;
  t.destinationPackets += p;
  t.packets += s + p;
  t.sourceBytes += b;
  t.destinationBytes += c;
  t.bytes += b + c;
}

/**
 * Counts records, packets and bytes (racount): in all, by protocol, and addresses by kind. Management records are ignored.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { Counter } from "./count.ts";
 *
 * const batch = new R.RecordBatch(1);
 * const row = batch.addBlank();
 * batch.doubles[row * R.DOUBLES + R.S_PKTS] = 2;
 * const counter = new Counter();
 * counter.add(batch, row);
 * assertEquals([counter.totals.records, counter.totals.packets], [1, 2]);
 * ```
 */
export class Counter {
  /** Sums over all records. */
  readonly totals: Totals = none();
  readonly #options: CountOptions;
  readonly #protocols = new Map<number, ProtocolTotals & { protocol: string }>();
  readonly #seen = [new Set<string>(), new Set<string>()] as const;
  readonly #kinds = ADDRESS_CLASSES.map(() => [0, 0] as [number, number]);

  /** Begins to count. */
  constructor(options: CountOptions = {}) {
    this.#options = options;
  }

  /** Counts a record. */
  add(batch: RecordBatch, row: number): void {
    const words = batch.words, w = row * R.WORDS, d = row * R.DOUBLES;
    if (words[w + R.FLAGS]! & R.FLAG_MAR) return;
    add(this.totals, batch.doubles, d);
    const type = words[w + R.KEY_TYPE]!, argus = this.#options.argus === true;
    if (this.#options.protocols && !(argus && type === R.KEY_ETHER && words[w + R.PROTO]! >= 4096)) {
      const key = protocolKey(type, words[w + R.PROTO]!);
      let t = this.#protocols.get(key);
      if (!t) this.#protocols.set(key, t = { ...none(), protocol: "" });
      // UDP may print as udp, rtp or rtcp: the last record names the line.
      t.protocol = argus && type === R.KEY_ISIS ? "unkwn" : R.protoText(batch, row);
      add(t, batch.doubles, d);
    }
    if (this.#options.addresses) {
      this.#address(batch, row, 0, R.SADDR);
      this.#address(batch, row, 1, R.DADDR);
    }
  }

  /** Sums by protocol: IP protocols by number, then what is not IP. */
  protocols(): ProtocolTotals[] {
    return [...this.#protocols].sort(([a], [b]) => a - b).map(([, t]) => t);
  }

  /** Kinds of addresses seen, in racount's order. */
  addresses(): AddressTotals[] {
    return ADDRESS_CLASSES.map((kind, i) => ({
      kind,
      source: this.#kinds[i]![0],
      destination: this.#kinds[i]![1],
    })).filter((t) => t.source + t.destination > 0);
  }

  #address(batch: RecordBatch, row: number, side: 0 | 1, offset: number): void {
    const words = batch.words, a = row * R.WORDS + offset;
    const type = words[row * R.WORDS + R.KEY_TYPE];
    if (type !== R.KEY_IPV4 && type !== R.KEY_IPV6) return;
    const v4 = type === R.KEY_IPV4;
    const text = v4 ? String(words[a]) : `${words[a]} ${words[a + 1]} ${words[a + 2]} ${words[a + 3]}`;
    const seen = this.#seen[side];
    if (v4 || !this.#options.argus) {
      if (seen.has(text)) return;
      seen.add(text);
    }
    const kinds = v4
      ? classesOfIpv4(words[a]!)
      : classesOfIpv6(words[a]!, words[a + 1]!, words[a + 2]!, words[a + 3]!);
    for (const kind of kinds) this.#kinds[kind]![side]++;
  }
}

/** Order of protocol lines: IP protocols by number, hardware types by number, ARP and RARP, the rest. */
function protocolKey(type: number, proto: number): number {
  const group = type === R.KEY_IPV4 || type === R.KEY_IPV6
    ? 0
    : [R.KEY_ETHER, R.KEY_ARP, R.KEY_RARP].indexOf(type) + 1 || 4;
  return group * 0x10000 + (group === 4 ? type : proto);
}

/** Counts a whole stream of records. */
export async function countRecords(
  batches: AsyncIterable<RecordBatch>,
  options: CountOptions = {},
): Promise<Counter> {
  const counter = new Counter(options);
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) counter.add(batch, row);
  }
  return counter;
}
