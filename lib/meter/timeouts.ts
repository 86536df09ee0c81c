import * as P from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import * as T from "./entry_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { P_ARP, P_ESP, P_FRAGMENT, P_ICMP, P_ICMP6, P_IGMP, P_IP, P_KIND_MASK, P_RARP, P_TCP, P_UDP } = P;
const { QUEUE_ROWS } = T;

/** Constant timeout that Argus 3.0.8.2 uses where it ignores the configured one (TIM-5). */
const CONSTANT = 30e6;

/** The timeout queues of a meter: one for each distinct timeout; queue numbers are rows of the flow table, from 1. */
export class TimeoutQueues {
  /** Highest queue number. */
  count = 0;
  /** Queue of a UDP entry whose record holds more than two packets (TIM-5). */
  readonly busyUdp: number;
  /** Queue of TCP entries that have aged out but are kept; 0 without a fallow timeout. */
  readonly fallow: number;
  readonly #limits = new Float64Array(QUEUE_ROWS);
  readonly #byKind = new Int32Array(256);

  constructor(settings: Settings, quirks: boolean) {
    const t = settings.timeouts;
    const ip = this.#queue(t.ip);
    const other = this.#queue(quirks ? CONSTANT : t.other);
    this.#byKind.fill(other);
    this.#byKind[P_TCP] = this.#queue(t.tcp);
    this.#byKind[P_UDP] = ip;
    this.#byKind[P_ICMP] = this.#byKind[P_ICMP6] = this.#queue(t.icmp);
    this.#byKind[P_ESP] = quirks ? this.#queue(CONSTANT) : ip;
    this.#byKind[P_IGMP] = quirks ? ip : this.#queue(t.igmp);
    this.#byKind[P_IP] = ip;
    this.#byKind[P_FRAGMENT] = quirks ? ip : this.#queue(t.frag);
    this.#byKind[P_ARP] = this.#byKind[P_RARP] = this.#queue(t.arp);
    this.busyUdp = quirks ? this.#queue(CONSTANT) : ip;
    this.fallow = settings.fallow > 0 ? this.#queue(settings.fallow) : 0;
  }

  #queue(limit: number): number {
    for (let q = 1; q <= this.count; q++) if (this.#limits[q] === limit) return q;
    this.#limits[++this.count] = limit;
    return this.count;
  }

  /** Which kinds of entries are parked together: equal for settings whose queues differ in their limits only. */
  get shape(): string {
    return `${this.#byKind.join()} ${this.busyUdp} ${this.fallow} ${this.count}`;
  }

  /** Queue that an entry begun by a packet of this kind is parked on. */
  initial(kind: number): number {
    return this.#byKind[kind & P_KIND_MASK]!;
  }

  /** Timeout of a queue in microseconds. */
  limitOf(queue: number): number {
    return this.#limits[queue]!;
  }
}
