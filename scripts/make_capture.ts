/**
 * Makes a capture for measuring: as many packets and flows as asked for, the same bytes for the same options.
 *
 * About `--flows` flows are open at any moment; their lengths have a long tail. Ethernet, IPv4 and IPv6, three quarters of the
 * packets TCP, a fifth UDP, the rest ICMP, ARP, IGMP and ESP.
 *
 * ```sh
 * deno run -A scripts/make_capture.ts out.pcap [--packets 5000000] [--flows 10000] [--seed 1] [--duration 3600]
 *   [--snaplen 0] [--nano] [--ipv6 0.3] [--vlan 0] [--alpha 1.15] [--start 1700000000]
 * ```
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import fs from "node:fs";
import { type Flow, FlowMaker, STRIDE } from "./synth/bench_flows.ts";
import { Random } from "./synth/random.ts";

/** What to make; every field has a default. */
export interface CaptureOptions {
  readonly packets?: number;
  readonly flows?: number;
  readonly seed?: number;
  /** Seconds from the first packet to the last, nearly. */
  readonly duration?: number;
  /** Captured bytes of a packet at most; 0 for all. */
  readonly snaplen?: number;
  /** Nanosecond time stamps, no two the same. */
  readonly nano?: boolean;
  readonly ipv6?: number;
  readonly vlan?: number;
  readonly alpha?: number;
  /** Seconds since 1970. */
  readonly start?: number;
}

/** Shares of packets: TCP, UDP, others. */
const SHARE = [0.75, 0.2, 0.05] as const;
const PIECE = 4 << 20;

/** What came out. */
export interface Made {
  readonly packets: number;
  readonly bytes: number;
  /** Flows begun: TCP, UDP, others. */
  readonly flows: readonly number[];
  /** Seconds. */
  readonly span: number;
}

/** Makes a pcap file and hands it on in pieces, which are valid only during the call. */
export function makeCapture(options: CaptureOptions, sink: (bytes: Uint8Array) => void): Made {
  const { packets = 5_000_000, duration = 3600, snaplen = 0, nano = false, start = 1_700_000_000 } = options;
  const slots = Math.max(1, options.flows ?? 10_000);
  const random = new Random(options.seed ?? 1);
  const mix = {
    packets,
    flows: slots,
    duration,
    ipv6: options.ipv6 ?? 0.3,
    vlan: options.vlan ?? 0,
    alpha: options.alpha ?? 1.15,
  };
  const maker = new FlowMaker(random, mix), begun = [0, 0, 0], sent = [0, 0, 0];
  const flow: Flow[] = [],
    head = new Int32Array(slots),
    length = new Int32Array(slots),
    kind = new Uint8Array(slots),
    due = new Float64Array(slots);

  const begin = (slot: number, now: number, first: boolean): void => {
    // The kind furthest behind its share, or by chance any, so that none is shut out.
    const total = sent[0]! + sent[1]! + sent[2]! + 1, x = random.unit();
    const lag = (k: number) => SHARE[k]! - sent[k]! / total;
    const k = random.chance(0.3)
      ? x < SHARE[0] ? 0 : x < SHARE[0] + SHARE[1] ? 1 : 2
      : lag(0) >= lag(1) && lag(0) >= lag(2)
      ? 0
      : lag(1) >= lag(2)
      ? 1
      : 2;
    begun[k]!++;
    kind[slot] = k;
    const made = k === 0 ? maker.tcp(slot) : k === 1 ? maker.udp(slot) : maker.other(slot);
    flow[slot] = made;
    maker.at = slot * STRIDE;
    const wait = made.next().value as number;
    head[slot] = maker.head;
    length[slot] = maker.length;
    due[slot] = now + wait +
      (first
        ? random.unit() * Math.min(duration / 20, maker.base * 4)
        : random.exponential(maker.base * maker.scale));
  };
  for (let slot = 0; slot < slots; slot++) begin(slot, 0, true);
  const queue = new Queue(due);

  const out = new Uint8Array(PIECE + 65_536 + 16), view = new DataView(out.buffer);
  view.setUint32(0, nano ? 0xa1b23c4d : 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snaplen || 65_535, true);
  view.setUint32(20, 1, true);
  let at = 24, bytes = 0, last = -1, now = 0, markTime = 0, markPackets = 0;
  const unit = nano ? 1e9 : 1e6;
  for (let i = 0; i < packets; i++) {
    const slot = queue.first, wire = length[slot]!;
    now = due[slot]!;
    last = Math.max(Math.floor(now * unit), nano ? last + 1 : last);
    const captured = snaplen > 0 && wire > snaplen ? snaplen : wire, seconds = Math.floor(last / unit);
    view.setUint32(at, start + seconds, true);
    view.setUint32(at + 4, last - seconds * unit, true);
    view.setUint32(at + 8, captured, true);
    view.setUint32(at + 12, wire, true);
    const from = slot * STRIDE, body = at + 16;
    // Short ranges: a loop beats making a view for `set`.
    for (let k = 0, n = Math.min(head[slot]!, captured); k < n; k++) out[body + k] = maker.bytes[from + k]!;
    if (captured > head[slot]!) out.fill(0, body + head[slot]!, body + captured);
    at += 16 + captured;
    if (at >= PIECE) {
      sink(out.subarray(0, at));
      bytes += at;
      at = 0;
    }
    sent[kind[slot]!]!++;
    maker.at = from;
    const next = flow[slot]!.next();
    if (next.done) begin(slot, now, false);
    else {
      head[slot] = maker.head;
      length[slot] = maker.length;
      due[slot] = now + next.value;
    }
    queue.settle();
    // Stretches or shortens pauses so that the packets take the time asked for.
    if ((i & 1023) === 0 && i - markPackets >= 4096 && now > markTime) {
      const need = (packets - i) / Math.max(1e-3, duration - now), got = (i - markPackets) / (now - markTime);
      const step = Math.max(0.5, Math.min(2, got / need)) ** 0.3;
      maker.scale = Math.max(1e-4, Math.min(1e4, maker.scale * step));
      markTime = now;
      markPackets = i;
    }
  }
  sink(out.subarray(0, at));
  return { packets, bytes: bytes + at, flows: begun, span: now };
}

/** Slots by the time they are due: a binary heap over times that change only for the first. */
class Queue {
  readonly #heap: Int32Array;

  constructor(readonly due: Float64Array) {
    this.#heap = Int32Array.from(due, (_, slot) => slot).sort((a, b) => due[a]! - due[b]! || a - b);
  }

  get first(): number {
    return this.#heap[0]!;
  }

  /** Puts the first slot where its new time belongs. */
  settle(): void {
    const heap = this.#heap, { due } = this, n = heap.length, slot = heap[0]!, time = due[slot]!;
    let p = 0;
    for (let child = 1; child < n; child = 2 * p + 1) {
      const right = child + 1;
      if (right < n) {
        const a = due[heap[child]!]!, b = due[heap[right]!]!;
        if (b < a || (b === a && heap[right]! < heap[child]!)) child = right;
      }
      const other = heap[child]!;
      if (time < due[other]! || (time === due[other]! && slot < other)) break;
      heap[p] = other;
      p = child;
    }
    heap[p] = slot;
  }
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { boolean: ["nano"] });
  const path = args._[0];
  if (path === undefined) {
    console.error("make_capture.ts: Expected the file to write (- for standard output) but found nothing");
    Deno.exit(1);
  }
  const number = (name: string): Record<string, number> => {
    const value = args[name];
    if (value === undefined) return {};
    if (typeof value === "number" && value >= 0) return { [name]: value };
    console.error(`make_capture.ts: Expected a number for --${name} but found "${value}"`);
    Deno.exit(1);
  };
  const names = ["packets", "flows", "seed", "duration", "snaplen", "ipv6", "vlan", "alpha", "start"];
  const options: CaptureOptions = Object.assign({ nano: args.nano }, ...names.map(number));
  const began = performance.now();
  const file = path === "-" ? 1 : fs.openSync(String(path), "w");
  const made = makeCapture(options, (bytes) => {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at);
  });
  const [tcp, udp, other] = made.flows;
  console.error(
    `packets ${made.packets}  flows begun tcp ${tcp} udp ${udp} other ${other}  span ${
      made.span.toFixed(1)
    } s  ` +
      `file ${made.bytes} bytes  made in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
}
