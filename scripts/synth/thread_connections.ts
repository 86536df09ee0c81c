/**
 * The two connections of the case, fitted to the published rows.
 *
 * @module
 */
import { assert } from "@std/assert";
import { ACK, FIN, hex, PSH, RST, SYN } from "./packets.ts";
import {
  A_BYTES,
  A_PACKETS,
  A_START,
  B_BYTES,
  B_DURATION,
  B_PACKETS,
  B_START,
  COMMAND_ACK,
  COMMAND_SEQ,
  cuts,
  div,
  EXCERPT_ACK,
  EXCERPT_COMMAND,
  EXCERPT_COMMAND2,
  EXCERPT_PACK,
  micros,
} from "./thread_published.ts";

// What the thread leaves open.
/** Between keep-alives of a burst: gaps of 15.0 s are visible between rows. */
const PING = 15_004_000;
/** Typical silence between bursts. */
const LONG = 1_428_500_000;
const RTT_PING = 317, RTT_ACK = 106, MSS = 1460;
export const SYN_OPTIONS = hex("020405b40103030801010402"), SYNACK_OPTIONS = hex("020405b4");

const NOTHING: Uint8Array = new Uint8Array(0);

export const TO_PEER = 0, TO_HOST = 1;
type Direction = typeof TO_PEER | typeof TO_HOST;

interface Event {
  readonly time: number;
  readonly direction: Direction;
  readonly flags: number;
  readonly length: number;
  readonly options: Uint8Array;
}

/** Collects what is sent in one TCP connection. */
export class Connection {
  readonly events: Event[] = [];
  bytes = 0;

  get packets(): number {
    return this.events.length;
  }

  add(time: number, direction: Direction, flags: number, length = 0, options: Uint8Array = NOTHING): void {
    this.events.push({ time, direction, flags, length, options });
    this.bytes += 54 + length + options.length;
  }

  /** Keep-alive of the peer, answer of the host, bare ACK at `end`. */
  ping(time: number, end = time + RTT_PING + RTT_ACK): void {
    this.add(time, TO_HOST, PSH | ACK, 2);
    this.add(end - RTT_ACK, TO_PEER, PSH | ACK, 2);
    this.add(end, TO_HOST, ACK);
  }

  /** So many bytes of payload in exactly `packets` packets, the rest of them bare ACKs of the other side. */
  bulk(from: number, to: number, sender: Direction, packets: number, payload: number): void {
    const data = Math.max(Math.ceil(payload / MSS), div(packets + 1, 2)), acks = packets - data;
    assert(0 <= acks && acks <= data && data <= payload);
    const base = div(payload, data), extra = payload % data, step = div(to - from, packets);
    let time = from, done = 0;
    for (let i = 0; i < data; i++) {
      this.add(time, sender, PSH | ACK, base + (i < extra ? 1 : 0));
      time += step;
      for (; done < div((i + 1) * acks, data); done++) {
        this.add(time, sender === TO_PEER ? TO_HOST : TO_PEER, ACK);
        time += step;
      }
    }
  }

  /**
   * `n` keep-alives, the first at `first`, the last one's ACK at `last`, in bursts with long silences between.
   *
   * The first is answered in a later full second: argus 3.0.8.2 writes the smaller of both sides' start times but compares
   * whole seconds only, and the rows of the thread show the very first packet also where that is the destination's.
   */
  spread(first: number, last: number, n: number): void {
    const total = last - RTT_PING - RTT_ACK - first, steps = n - 1;
    const silences = Math.max(0, Math.round((total - steps * PING) / (LONG - PING)));
    const times = [first];
    if (silences === 0) {
      for (let i = 1; i < n; i++) times.push(first + div(total * i, steps));
    } else {
      const quiet = total - (steps - silences) * PING;
      assert(div(quiet, silences) > 600e6);
      let time = first, used = 0;
      for (let i = 1; i < n; i++) {
        if (div(i * (silences + 1), n) > used) {
          used++;
          time += div(quiet * used, silences) - div(quiet * (used - 1), silences);
        } else time += PING;
        times.push(time);
      }
      assert(used === silences && time === first + total);
    }
    this.ping(first, (div(first, 1e6) + 1) * 1e6 + RTT_PING + RTT_ACK);
    for (const time of times.slice(1, -1)) this.ping(time);
    this.ping(times.at(-1)!, last);
  }
}

/** Connection A: a week of keep-alives with long silences, reset in the end. */
export function connectionA(): Connection {
  const c = new Connection(), all = cuts(), start = A_START;
  // Up to the excerpt: no silence of a minute or more.
  c.add(start, TO_PEER, SYN, 0, SYN_OPTIONS);
  c.add(start + 31207, TO_HOST, SYN | ACK, 0, SYNACK_OPTIONS);
  c.add(start + 31344, TO_PEER, ACK);
  const early = 41, login = 212;
  c.add(start + 52000, TO_PEER, PSH | ACK, login);
  c.add(start + 52000 + RTT_ACK, TO_HOST, ACK);
  c.bulk(start + 1_200_000, start + 1_900_000, TO_HOST, 12, COMMAND_SEQ - 1 - 2 * early);
  c.bulk(start + 2_500_000, start + 3_900_000, TO_PEER, 14, COMMAND_ACK - 1 - 2 * early - login);
  for (let i = early - 1; i > 0; i--) c.ping(EXCERPT_PACK - RTT_PING - RTT_ACK - i * PING);
  c.ping(EXCERPT_PACK - RTT_PING - RTT_ACK, EXCERPT_PACK);
  // The excerpt, then an upload, then keep-alives to the first cut.
  c.add(EXCERPT_COMMAND, TO_HOST, PSH | ACK, 20);
  c.add(EXCERPT_COMMAND2, TO_HOST, PSH | ACK, 18);
  c.add(EXCERPT_ACK, TO_PEER, ACK);
  const first = all[0]!, pings = 320;
  const packets = first.packets - c.packets - 3 * pings, bytes = first.bytes - c.bytes - 166 * pings;
  c.bulk(EXCERPT_ACK + 40000, EXCERPT_ACK + 9_000_000, TO_PEER, packets, bytes - 54 * packets);
  c.spread(EXCERPT_ACK + 13_000_000, div(first.low + first.high, 2), pings);
  assert(c.packets === first.packets && c.bytes === first.bytes);
  for (const [i, cut] of all.slice(1).entries()) {
    const before = all[i]!, begin = before.next!, end = div(cut.low + cut.high, 2);
    const packets = cut.packets - before.packets, bytes = cut.bytes - before.bytes;
    if (cut.next !== undefined) {
      // Between cuts there are whole keep-alives only.
      assert(packets % 3 === 0 && bytes === packets / 3 * 166);
      c.spread(begin, end, packets / 3);
    } else lastStretch(c, begin, end, packets, bytes);
  }
  assert(c.packets === A_PACKETS && c.bytes === A_BYTES);
  return c;
}

/** Keep-alives, then commands and answers, then the reset. */
function lastStretch(c: Connection, begin: number, end: number, packets: number, bytes: number): void {
  const pings = 247, more = end - 400e6;
  c.spread(begin, more, pings);
  const groups = (packets - 3 * pings - 2) / 3, answers = bytes - 54 * packets - 4 * pings - 20 * groups;
  const base = div(answers, groups), extra = answers % groups;
  for (let i = 0; i < groups; i++) {
    const time = more + (i + 1) * 14e6;
    c.add(time, TO_HOST, PSH | ACK, 20);
    c.add(time + 40217, TO_PEER, PSH | ACK, base + (i < extra ? 1 : 0));
    c.add(time + 40217 + RTT_ACK, TO_HOST, ACK);
  }
  c.add(end - 7e6, TO_HOST, ACK);
  c.add(end, TO_PEER, RST | ACK);
}

/** Connection B: the same ports, 18 minutes, closed by both. */
export function connectionB(): Connection {
  const c = new Connection(), start = B_START, end = start + micros(B_DURATION), rounds = 70;
  c.add(start, TO_PEER, SYN, 0, SYN_OPTIONS);
  c.add(start + 30911, TO_HOST, SYN | ACK, 0, SYNACK_OPTIONS);
  c.add(start + 31040, TO_PEER, ACK);
  c.add(start + 52000, TO_PEER, PSH | ACK, 212);
  c.add(start + 52106, TO_HOST, ACK);
  const packets = B_PACKETS - 5 - 4 - 3 * rounds;
  const bytes = B_BYTES - 5 * 54 - 16 - 212 - 4 * 54 - 166 * rounds - 54 * packets;
  for (let i = 0; i < rounds; i++) {
    const time = start + 1_500_000 + i * PING;
    c.ping(time);
    c.bulk(
      time + 1e6,
      time + 9e6,
      i % 3 ? TO_PEER : TO_HOST,
      div(packets, rounds) + (i < packets % rounds ? 1 : 0),
      div(bytes, rounds) + (i < bytes % rounds ? 1 : 0),
    );
  }
  c.add(end - 60391, TO_PEER, FIN | ACK);
  c.add(end - 60285, TO_HOST, ACK);
  c.add(end - 163, TO_HOST, FIN | ACK);
  c.add(end, TO_PEER, ACK);
  assert(c.packets === B_PACKETS && c.bytes === B_BYTES);
  return c;
}
