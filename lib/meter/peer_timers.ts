import type { PeerRules, Settings } from "../settings/mod.ts";
import { D_FIN, D_RST, D_SEEN, IS_CLOSED, S_FIN, S_RST, S_SYN } from "./peer_tcp.ts";

/** Timer classes, which are queue rows of the flow table. Within one, entries stand in the order in which they are due. */
export const TCP_CLASS = 1, UDP_CLASS = 2, ICMP_CLASS = 3, OTHER_CLASS = 4;
/** TCP with FINs of both sides, after a RST, established to certain ports. */
const FIN_CLASS = 5, RST_CLASS = 6, PORT_CLASS = 7;
/** An unanswered SYN, and a connection that is over: their timers do not move with the packets. */
const ATTEMPT_CLASS = 8, LINGER_CLASS = 9;
/** Highest class. */
export const CLASSES = 9;

/** Idle timers of a peer: which class an entry stands in, and when its time is up. Times are microseconds. */
export class PeerTimers {
  readonly #rules: PeerRules;
  readonly #limits: Float64Array = new Float64Array(CLASSES + 1);
  readonly #lingers: boolean;
  readonly #unit: number;
  readonly #life: number;

  constructor(settings: Settings) {
    const t = settings.timeouts, rules = this.#rules = settings.rules;
    this.#limits[TCP_CLASS] = t.tcp;
    this.#limits[UDP_CLASS] = t.ip;
    this.#limits[ICMP_CLASS] = t.icmp;
    this.#limits[OTHER_CLASS] = rules.key === "argus" ? t.ip : t.other;
    this.#limits[FIN_CLASS] = rules.finTimeout;
    this.#limits[RST_CLASS] = rules.rstTimeout;
    this.#limits[PORT_CLASS] = rules.portTimeout.us;
    this.#limits[ATTEMPT_CLASS] = rules.attempt;
    this.#limits[LINGER_CLASS] = rules.linger;
    this.#lingers = settings.tcpEnd === "linger";
    this.#unit = rules.timerUnit;
    this.#life = settings.status;
  }

  /** Class of an entry of protocol `proto` with these TCP bits and destination port. */
  classOf(proto: number, icmp: boolean, bits: number, dport: number): number {
    if (proto === 6) return this.#tcpClass(bits, dport);
    return proto === 17 ? UDP_CLASS : icmp ? ICMP_CLASS : OTHER_CLASS;
  }

  #tcpClass(bits: number, dport: number): number {
    const rules = this.#rules;
    if (this.#lingers) {
      if (bits & IS_CLOSED) return LINGER_CLASS;
      if (bits & S_SYN && !(bits & D_SEEN)) return ATTEMPT_CLASS;
      if (bits & S_SYN && rules.portTimeout.ports.includes(dport)) return PORT_CLASS;
    }
    if (rules.rstTimeout > 0 && bits & (S_RST | D_RST)) return RST_CLASS;
    if (rules.finTimeout > 0 && (bits & S_FIN) !== 0 && (bits & D_FIN) !== 0) return FIN_CLASS;
    return TCP_CLASS;
  }

  /** Whether packets move the timer of a class on. */
  moves(timer: number): boolean {
    return timer < ATTEMPT_CLASS;
  }

  /** Timeout of a class. */
  limitOf(timer: number): number {
    return this.#limits[timer]!;
  }

  /** Whether an entry of a class that was last heard of at `last` is over at `now`. */
  isIdle(timer: number, now: number, last: number): boolean {
    const age = this.#span(now, last), limit = this.#limits[timer]!;
    return this.#rules.idleTest === ">" && timer < ATTEMPT_CLASS ? age > limit : age >= limit;
  }

  /** Whether a record that began at `first` is too long at `now`; `factor` stretches the limit. */
  isOld(now: number, first: number, factor: number): boolean {
    const life = this.#span(now, first), limit = this.#life * factor;
    return this.#rules.lifeTest === ">" ? life > limit : life >= limit;
  }

  #span(now: number, then: number): number {
    const unit = this.#unit;
    return unit === 1 ? now - then : (Math.floor(now / unit) - Math.floor(then / unit)) * unit;
  }
}
