import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import * as T from "./entry_words.ts";
import { zeroInterval } from "./interval.ts";
import * as E from "./ledger.ts";
import type { Meter } from "./meter.ts";
import { accountArp, accountEsp, accountFragment, accountRtp, beginRtp } from "./other_protocols.ts";
import { tcpFirst, tcpNext } from "./tcp.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_DOUBLES, PACKET_WORDS, PW_APP, PW_ENCAPS, PW_EXTRA, PW_FLAGS, PW_IP, PW_IPOPT, PW_KIND, PW_MPLS,
  PW_NANO, PW_SIZE, PW_VLAN, P_ARP, P_ESP, P_FRAGMENT, P_IP, P_KIND_MASK, P_MPLS, P_RTCP, P_RTP, P_TCP,
  P_TCP_HEADER, P_UDP, P_VLAN,
} = P;
// deno-fmt-ignore
const {
  CAUSE_STOP, CONN, DOUBLES, DSIDE, D_LAST, D_PKTS, END_PORT_REUSE, FIRST_FRAME, FLAGS, FLAG_D_IP,
  FLAG_REVERSE, FLAG_S_IP, FLAG_S_IPOPT, FLAG_S_MPLS, FLAG_S_VLAN, LAST_FRAME, NET, NET_RTP, SIDE,
  SIDE_WORDS, S_APP, S_BYTES, S_ENCAPS, S_IP, S_IPOPT, S_LAST, S_MPLS, S_NANO, S_PKTS, S_START, TCP_STATE, T_FLAGS,
  VLAN, WORDS,
} = R;
// deno-fmt-ignore
const {
  IS_REMEMBERED, IS_REPORTED, IS_STARTED, STATE_WORDS, S_BITS, S_CONN, S_ORIENT, S_QUEUE, S_TCP_COUNT,
} = T;
const { E_RESTARTED } = E;
const { BEHEADED, IN_PROTO, LISTEN, RESTART, UNDECIDED, UNREAD } = V;

/**
 * Adds to a counter as floats are added: once the compiler has seen a fraction here, and it looks only after some hundred calls, it
 * leaves out its tests for whole numbers (5 % of a metering thread).
 */
function add(doubles: Float64Array, at: number, n: number): void {
  doubles[at]! += n;
}
for (let k = 0, a = Float64Array.of(0.5); k < 1000; k++) add(a, 0, 1);

/** Counts a packet into its entry: time first, then state, then counters (TCP-10 depends on this order). */
export function account(
  meter: Meter,
  row: number,
  c: PacketColumns,
  i: number,
  kind: number,
  swap: number,
  fresh: boolean,
): void {
  const table = meter.table;
  const s = row * STATE_WORDS, w = row * WORDS, d = row * DOUBLES;
  const state = table.state, words = table.words, doubles = table.doubles;
  if (state[s + S_BITS]! & IS_REPORTED) {
    zeroInterval(table, row);
    meter.extras?.zero(row);
    identify(meter, row, c, i);
  }
  const packet = c.words, p = i * PACKET_WORDS, time = c.times[i * PACKET_DOUBLES]!;
  let side = swap ^ state[s + S_ORIENT]!;
  stamp(meter, d, w, side, time, packet[p + PW_NANO]!);
  meter.extras?.before(meter, row, c, i, side);
  let inProto = IN_PROTO | UNDECIDED;
  let low = kind & P_KIND_MASK;
  // Flows between addresses know no protocol, and so no state of any (observed).
  if (meter.matrix && (low <= P_IP || low === P_FRAGMENT)) low = P_IP;
  // Attributes come before the TCP state: a restart from D leaves the new packet's on the old side (quirk).
  if (low <= P_IP || low === P_FRAGMENT) {
    words[w + S_IP + side] = packet[p + PW_IP]!;
    if ((words[w + FLAGS]! & (FLAG_S_IP << side)) === 0) words[w + FLAGS]! |= FLAG_S_IP << side;
    const options = packet[p + PW_IPOPT]!;
    if (options !== 0) {
      words[w + S_IPOPT + side] = options;
      words[w + FLAGS]! |= FLAG_S_IPOPT << side;
    } else if (words[w + FLAGS]! & (FLAG_S_IPOPT << side)) words[w + S_IPOPT + side] = 0;
  }
  if (low === P_TCP && kind & P_TCP_HEADER) {
    const x = w + SIDE + side * SIDE_WORDS, y = w + SIDE + (1 - side) * SIDE_WORDS;
    if (state[s + S_TCP_COUNT] === 0) {
      tcpFirst(words, w, x, y, packet, p);
      doubles[d + S_LAST + side] = time;
      // The short form knows the source side only; a remembered entry may begin with the other one.
      state[s + S_TCP_COUNT] = state[s + S_BITS]! & IS_REMEMBERED ? 2 : 1;
    } else {
      const did = tcpNext(
        words,
        doubles,
        w,
        x,
        y,
        d + S_LAST + side,
        d + S_LAST + 1 - side,
        c.times,
        i * PACKET_DOUBLES,
        c.words,
        p,
        meter.duplicates,
      );
      inProto = did;
      if (did & RESTART) {
        restart(meter, row, c, i, side, swap);
        side = 0;
      } else if ((did & UNREAD) === 0) state[s + S_TCP_COUNT] = 2;
      // What follows a RST is not looked into: the header counts as data, and the record stays short (TCP-4, TCP-13).
      else if (meter.quirks) add(doubles, d + S_APP + side, packet[p + PW_EXTRA]!);
    }
  } else if (low === P_UDP) {
    // TIM-5: from the fourth packet of a record on, UDP's timeout is 30 s whatever was configured.
    if (doubles[d + S_PKTS]! + doubles[d + D_PKTS]! > 2) {
      state[s + S_QUEUE] = meter.timers.queues.busyUdp;
    }
    if (fresh) {
      if (kind & (P_RTP | P_RTCP)) beginRtp(words, w, c, i, side);
    } else if (words[w + NET] === NET_RTP && accountRtp(words, doubles, row, c, i, side)) inProto |= BEHEADED;
  } else if (low === P_ESP) accountEsp(words, w, packet[p + PW_EXTRA]!, fresh);
  else if (low === P_ARP) accountArp(words, w, c, i);
  else if (low === P_FRAGMENT) accountFragment(words, w, c, i);
  doubles[d + S_PKTS + side]!++;
  add(doubles, d + S_BYTES + side, packet[p + PW_SIZE]!);
  const app = packet[p + PW_APP]!;
  if (app > 0) add(doubles, d + S_APP + side, app);
  words[w + LAST_FRAME] = c.firstFrame + i;
  words[w + S_ENCAPS + side]! |= packet[p + PW_ENCAPS]!;
  if (kind & (P_VLAN | P_MPLS)) tags(meter, w, c, i, side, kind);
  meter.extras?.after(meter, row, c, i, side, inProto);
}

/** VLAN tag and MPLS label of the packet's side: the last packet's stays (LINK-3, LINK-4). */
function tags(meter: Meter, w: number, c: PacketColumns, i: number, side: number, kind: number): void {
  const words = meter.table.words, packet = c.words, p = i * PACKET_WORDS;
  if (kind & P_VLAN) {
    const shift = side ? 0 : 16;
    words[w + VLAN] = (words[w + VLAN]! & (side ? 0xffff0000 : 0xffff)) |
      ((packet[p + PW_VLAN]! & 0xffff) << shift);
    words[w + FLAGS]! |= FLAG_S_VLAN << side;
  }
  if (kind & P_MPLS) {
    words[w + S_MPLS + side] = packet[p + PW_MPLS]!;
    words[w + FLAGS]! |= FLAG_S_MPLS << side;
  }
}

/** First packet of a side sets its start, every later one its end (REC-2). */
function stamp(meter: Meter, d: number, w: number, side: number, time: number, nano: number): void {
  const doubles = meter.table.doubles;
  const at = d + S_START + 2 * side;
  if (meter.isSet(doubles[at]!)) {
    doubles[at + 1] = time;
    if (nano !== 0) {
      meter.table.words[w + S_NANO + side] = (meter.table.words[w + S_NANO + side]! & 1023) |
        (nano << 10);
    } else meter.table.words[w + S_NANO + side]! &= 1023;
  } else {
    doubles[at] = time;
    meter.table.words[w + S_NANO + side] = nano;
  }
}

/** A SYN begins a new connection in a closed entry (TCP-10, DIR-3). */
function restart(meter: Meter, row: number, c: PacketColumns, i: number, side: number, swap: number): void {
  const table = meter.table;
  const w = row * WORDS, s = row * STATE_WORDS, d = row * DOUBLES;
  const words = table.words, packet = c.words, p = i * PACKET_WORDS;
  if (meter.quirks) {
    // The record that ends here has the packet's encapsulation and tags, on the side the packet was of.
    words[w + S_ENCAPS + side]! |= packet[p + PW_ENCAPS]!;
    tags(meter, w, c, i, side, packet[p + PW_KIND]!);
  }
  const pending = table.doubles[d + S_PKTS]! + table.doubles[d + D_PKTS]! > 0;
  const listened = words[w + TCP_STATE] === LISTEN;
  // The SYN went through the machine before it was found to begin something new: the record is no short one any more (TCP-13).
  if (!listened) table.state[s + S_TCP_COUNT] = 2;
  if (pending) {
    const record = meter.emit(row, CAUSE_STOP, END_PORT_REUSE);
    meter.note(E_RESTARTED, row, meter.timers.now, NaN, record);
  } else meter.note(E_RESTARTED, row, meter.timers.now, NaN);
  // With nothing to write the real program leaves what the packet brought to its old side.
  if (pending || !meter.quirks) zeroInterval(table, row);
  meter.extras?.zero(row);
  for (let j = w + NET; j < w + S_IP; j++) words[j] = 0;
  table.doubles[d + S_LAST] = table.doubles[d + D_LAST] = NaN;
  if (side === 1) {
    table.state[s + S_ORIENT] = swap;
    // DIR-3: the real program clears the bit but never sets it.
    if (meter.quirks || swap === 0) words[w + FLAGS]! &= ~FLAG_REVERSE;
    else words[w + FLAGS]! |= FLAG_REVERSE;
  }
  if (!meter.quirks) words[w + FLAGS]! &= ~FLAG_D_IP;
  words[w + S_IP] = packet[p + PW_IP]!;
  words[w + FLAGS]! |= FLAG_S_IP;
  identify(meter, row, c, i);
  if (meter.quirks) meter.extras?.before(meter, row, c, i, 0);
  stamp(meter, d, w, 0, c.times[i * PACKET_DOUBLES]!, packet[p + PW_NANO]!);
  const x = w + SIDE, y = w + DSIDE;
  tcpFirst(words, w, x, y, packet, p);
  // Behind a RST the old side keeps the packet's flags, too.
  if (listened && side === 1 && meter.quirks) words[y + T_FLAGS] = packet[p + PW_FLAGS]!;
  table.doubles[d + S_LAST] = c.times[i * PACKET_DOUBLES]!;
  table.state[s + S_TCP_COUNT] = 1;
  // What comes next is the first record of a connection again.
  table.state[s + S_BITS]! &= ~(IS_REMEMBERED | IS_STARTED);
  meter.timers.toStatus(row);
}

/** Gives the row the connection of this packet. */
export function identify(meter: Meter, row: number, c: PacketColumns, i: number): void {
  const w = row * WORDS, words = meter.table.words;
  const connections = meter.connections;
  if (connections !== undefined) {
    words[w + CONN] = connections.high[i]!;
    words[w + CONN + 1] = connections.low[i]!;
    meter.table.state[row * STATE_WORDS + S_CONN] = connections.index[i]!;
  }
  words[w + FIRST_FRAME] = c.firstFrame + i;
}
