import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Meter } from "./meter.ts";
import { RTP_HEADER } from "./other_protocols.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_DOUBLES, PACKET_WORDS, PW_ENCAPS, PW_ETHERTYPE, PW_KIND, PW_MAC, PW_PROTO, PW_SIZE } = P;

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { BEHEADED, IN_PROTO, UNDECIDED, UNREAD } = V;

/** Doubles of one side: last packet time, then (n, smallest, largest, sum, sum of squares) active, then idle. */
const SIDE = 11;
const ROW = 2 * SIDE;
const ACTIVE = 1, IDLE = 6;

const ETHERNET = 14, GRE = 47, ARP_BODY = 28, IP_HEADER = 20;

/** Bytes of a GRE header by its first byte (LINK-6). */
function greHeader(flags: number): number {
  return 4 + (flags & 0xc0 ? 4 : 0) + (flags & 0x20 ? 4 : 0) + (flags & 0x10 ? 4 : 0);
}

/** First byte of a packet's user data and the byte behind its last: one place for all packets instead of an object for each. */
const span = new Int32Array(2);

function spans(from: number, end: number): void {
  span[0] = from;
  span[1] = end;
}

/** Puts into the span what the real program takes for the payload of a packet (observed). */
function argusUserData(c: PacketColumns, i: number): void {
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!, low = kind & P.P_KIND_MASK, { bytes } = c;
  const from = c.payload[i]!, end = c.payloadEnd[i]!, captured = c.offset[i]! + c.captured[i]!;
  const l3 = c.l3[i]!, l4 = c.l4[i]!;
  switch (low) {
    case P.P_ICMP: {
      // Errors give what the quoted datagram carries, all other messages their header, too.
      const inner = kind & P.P_INNER ? c.inner[i]! : -1;
      return spans(inner < 0 ? l4 : inner + (bytes[inner]! & 15) * 4, end);
    }
    case P.P_ICMP6:
    case P.P_ESP:
      return spans(l4, end);
    case P.P_FRAGMENT:
      if (kind & P.P_IP6 || l3 < 0) return spans(from, end);
      // Behind a link header from the IP header on; the length of what it carries counts from there, too.
      return spans(kind & P.P_RAW_PATH ? from : l3, Math.min(l3 + c.fragLength[i]!, captured));
    case P.P_ARP:
    case P.P_RARP:
      return spans(l3 < 0 ? -1 : l3 + ARP_BODY, captured);
    case P.P_LLC: {
      if (from < 0 || from + 3 > end) return spans(from, end);
      const snap = bytes[from] === 0xaa && bytes[from + 1] === 0xaa;
      return spans(from + (snap ? 8 : (bytes[from + 2]! & 3) === 3 ? 3 : 4), end);
    }
    default:
      // Of GRE that holds nothing known both headers are taken off the length once more.
      if (low !== P.P_IP || c.words[i * PACKET_WORDS + PW_PROTO] !== GRE || from < 0) return spans(from, end);
      return spans(from, end - IP_HEADER - greHeader(bytes[from]!));
  }
}

function reverseWords(bytes: Uint8Array, at: number, n: number): void {
  for (let i = 0; i + 4 <= n; i += 4) bytes.subarray(at + i, at + i + 4).reverse();
}

/**
 * What only some settings ask for: jitter (-J, REC-7), packet sizes (-Z, REC-6), MACs (-m, REC-8) and user data (-U, REC-1). Kept
 * beside the table so that a meter without them pays nothing.
 */
export class Extras {
  readonly #jitter: boolean;
  readonly #sizes: boolean;
  readonly #mac: boolean;
  readonly #user: number;
  readonly #maxInterval: number;
  readonly #quirks: boolean;
  // What was decided for the packet before (see UNDECIDED).
  #decided = IN_PROTO;
  #times: Float64Array = new Float64Array(0);
  // User data by 2 * row + side; `used` bytes of each buffer belong to the interval.
  #data: (Uint8Array | undefined)[] = [];
  #used: number[] = [];

  constructor(settings: Settings) {
    this.#jitter = settings.jitter;
    this.#sizes = settings.packetSize;
    this.#mac = settings.mac;
    this.#user = settings.userData;
    this.#maxInterval = 2 * settings.status;
    this.#quirks = settings.quirks === "argus-3.0.8.2";
  }

  /** Whether a setting asks for any of it. */
  static neededBy(s: Settings): boolean {
    return s.jitter || s.packetSize || s.mac || s.userData > 0;
  }

  /** A new entry. */
  open(row: number): void {
    if (this.#jitter) {
      if ((row + 1) * ROW > this.#times.length) {
        const next = new Float64Array(Math.max(4096, (row + 1) * ROW * 2));
        next.set(this.#times);
        this.#times = next;
      }
      this.#times.fill(0, row * ROW, (row + 1) * ROW);
      this.#times[row * ROW] = this.#times[row * ROW + SIDE] = NaN;
    }
    if (this.#user > 0) this.#used[2 * row] = this.#used[2 * row + 1] = 0;
  }

  /** A dropped entry. */
  close(row: number): void {
    if (this.#user > 0) this.#data[2 * row] = this.#data[2 * row + 1] = undefined;
  }

  /** A new interval (REC-9): counts go, the last packet times stay. */
  zero(row: number): void {
    if (this.#jitter) {
      const t = this.#times, r = row * ROW;
      t.fill(0, r + 1, r + SIDE);
      t.fill(0, r + SIDE + 1, r + ROW);
    }
    if (this.#user > 0) this.#used[2 * row] = this.#used[2 * row + 1] = 0;
  }

  /** Before the packet is counted: MACs of the first packet. */
  before(meter: Meter, row: number, c: PacketColumns, i: number, side: number): void {
    if (this.#mac && c.words[i * PACKET_WORDS + PW_KIND]! & P.P_MAC) {
      this.#macs(meter.table.words, row * R.WORDS, c, i, side);
    }
  }

  #macs(words: Int32Array, w: number, c: PacketColumns, i: number, side: number): void {
    const m = i * PACKET_WORDS + PW_MAC;
    let a = c.words[m]!, b = c.words[m + 1]!, e = c.words[m + 2]!;
    if (side === 1) {
      // The section holds destination then source as seen from S.
      const d0 = a, d1 = b >>> 16, s0 = (b << 16) | (e >>> 16), s1 = e & 0xffff;
      a = s0;
      b = (s1 << 16) | (d0 >>> 16);
      e = (d0 << 16) | d1;
    }
    if (words[w + R.FLAGS]! & R.FLAG_MAC) {
      // The real program compares the type behind the addresses with them.
      const other = this.#quirks &&
        words[w + R.MAC_TYPE]! >>> 16 !== c.words[i * PACKET_WORDS + PW_ETHERTYPE]!;
      if (other || words[w + R.MAC] !== a || words[w + R.MAC + 1] !== b || words[w + R.MAC + 2] !== e) {
        words[w + R.MAC_TYPE]! |= 1 << side;
      }
      return;
    }
    words[w + R.FLAGS]! |= R.FLAG_MAC;
    words[w + R.MAC] = a;
    words[w + R.MAC + 1] = b;
    words[w + R.MAC + 2] = e;
    words[w + R.MAC_TYPE] = c.words[i * PACKET_WORDS + PW_ETHERTYPE]! << 16;
  }

  /** After the packet was counted. */
  after(meter: Meter, row: number, c: PacketColumns, i: number, side: number, inProto: number): void {
    const words = meter.table.words, w = row * R.WORDS;
    if (this.#sizes) {
      const at = w + R.S_PSIZE + side,
        size = Math.min(c.words[i * PACKET_WORDS + PW_SIZE]!, 0xffff),
        old = words[at]!;
      const min = old === 0 ? size : Math.min(old >>> 16, size);
      words[at] = (min << 16) | Math.max(old & 0xffff, size);
      words[w + R.FLAGS]! |= R.FLAG_PSIZE;
    }
    if (this.#jitter) {
      const t = this.#times, r = row * ROW + side * SIDE, now = c.times[i * PACKET_DOUBLES]!, last = t[r]!;
      const interval = now - last;
      const decided =
        this.#quirks && inProto & UNDECIDED && c.words[i * PACKET_WORDS + PW_KIND]! & P.P_RAW_PATH
          ? this.#decided
          : inProto;
      this.#decided = decided;
      // TIM-12: a last time in second 0 is not set.
      if (interval > 0 && interval < this.#maxInterval && (last >= 1e6 || last < 0 || !this.#quirks)) {
        const b = r + (decided & IN_PROTO ? ACTIVE : IDLE);
        const n = t[b]!;
        t[b] = n + 1;
        if (n === 0 || interval < t[b + 1]!) t[b + 1] = interval;
        if (interval > t[b + 2]!) t[b + 2] = interval;
        // The real program adds up in single precision.
        t[b + 3] = this.#quirks ? Math.fround(t[b + 3]! + Math.fround(interval)) : t[b + 3]! + interval;
        t[b + 4]! += interval * interval;
      }
      // A packet from before does not take the time back.
      if (!(interval < 0)) t[r] = now;
    }
    if (this.#user > 0) this.#keepData(row, c, i, side, inProto);
  }

  #keepData(row: number, c: PacketColumns, i: number, side: number, inProto: number): void {
    const k = 2 * row + side, used = this.#used[k]!;
    let from = c.payload[i]!, end = c.payloadEnd[i]!;
    if (this.#quirks) {
      argusUserData(c, i);
      from = span[0]!;
      end = span[1]!;
      // Cooked headers are taken off the length once more.
      if (c.words[i * PACKET_WORDS + PW_ENCAPS]! & R.ENCAPS_SLL) end -= ETHERNET;
      if (inProto & UNREAD) from = c.l4[i]!;
      else if (inProto & BEHEADED) from += RTP_HEADER;
    }
    const n = Math.min(this.#user - used, end - from);
    if (from < 0 || n <= 0) return;
    const buffer = this.#data[k] ??= new Uint8Array(this.#user);
    buffer.set(c.bytes.subarray(from, from + n), used);
    // The real program turns the words of an ESP header round where they lie.
    if (this.#quirks && (c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK) === P.P_ESP) {
      reverseWords(buffer, used, Math.min(n, 8));
    }
    this.#used[k] = used + n;
  }

  /** Puts the interval's extras into the record. */
  write(row: number, out: RecordBatch, at: number): void {
    if (this.#jitter) this.#writeJitter(row, out, at);
    if (this.#user > 0) {
      const user = out.user ??= [];
      for (let side = 0; side < 2; side++) {
        const n = this.#used[2 * row + side]!;
        user[2 * at + side] = n > 0 ? this.#data[2 * row + side]!.slice(0, n) : undefined;
      }
    }
  }

  /**
   * Population standard deviation. The real program divides the sum of squares as a 64-bit whole number: the variance can fall below
   * zero, and a sum that does not fit (silences of an hour) leaves no number.
   */
  #deviation(squares: number, n: number, mean: number): number {
    if (this.#quirks) return squares < 2 ** 63 ? Math.sqrt(Math.floor(squares / n) - mean * mean) : NaN;
    return Math.sqrt(Math.max(0, squares / n - mean * mean));
  }

  #writeJitter(row: number, out: RecordBatch, at: number): void {
    const bank = out.jitterBank(), t = this.#times;
    let any = false;
    for (let block = 0; block < 4; block++) {
      const from = row * ROW + (block >> 1) * SIDE + (block & 1 ? IDLE : ACTIVE);
      const to = at * R.JITTER_DOUBLES + block * 5;
      const n = t[from]!;
      bank[to] = n;
      // Held in single precision, as the file holds it.
      const mean = n > 0 ? Math.fround(t[from + 3]! / n) : 0;
      bank[to + R.J_MIN] = t[from + 1]!;
      bank[to + R.J_MEAN] = mean;
      bank[to + R.J_STDEV] = n > 0 ? this.#deviation(t[from + 4]!, n, mean) : 0;
      bank[to + R.J_MAX] = t[from + 2]!;
      if (n > 0) any = true;
    }
    if (any) out.words[at * R.WORDS + R.FLAGS]! |= R.FLAG_JITTER;
  }
}
