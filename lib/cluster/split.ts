import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";

/** The border after a time: start of the next bin, microseconds. */
export type NextBorder = (time: number) => number;

/** What is still to be given out of one side of a record. */
interface Side {
  readonly start: number;
  readonly end: number;
  readonly packets: number;
  readonly bytes: number;
  readonly app: number;
  left: number;
  leftBytes: number;
  leftApp: number;
  carry: number;
}

function sideOf(batch: RecordBatch, row: number, side: 0 | 1): Side {
  const d = row * R.DOUBLES, doubles = batch.doubles;
  const packets = doubles[d + R.S_PKTS + side]!;
  const bytes = doubles[d + R.S_BYTES + side]!, app = doubles[d + R.S_APP + side]!;
  return {
    start: doubles[d + R.S_START + 2 * side]!,
    end: doubles[d + R.S_END + 2 * side]!,
    packets,
    bytes,
    app,
    left: packets,
    leftBytes: bytes,
    leftApp: app,
    carry: 0,
  };
}

/**
 * Cuts a record at the borders of its bins and appends the pieces to `out` (cluster.md section 6). Packets and bytes follow time:
 * a piece takes its share of each side, at least one packet, and one packet of a side waits for the last piece; the last piece takes
 * what is left. Flags and state are those of the whole record in every piece; nothing is lost (law 1).
 */
export function splitRow(batch: RecordBatch, row: number, next: NextBorder, out: RecordBatch): void {
  const start = R.startTime(batch, row), end = R.lastTime(batch, row);
  const s = sideOf(batch, row, 0), d = sideOf(batch, row, 1);
  const total = s.packets + d.packets;
  if (total <= 1 || !(next(start) < end)) {
    out.append(batch, row);
    return;
  }
  if (total === 2) {
    const first = s.packets > 0 ? s : d, last = d.packets > 0 ? d : s;
    const half = first === last ? 2 : 1;
    put(out, batch, row, start, start, [first === s ? 1 : 0, first === s ? 0 : 1], [
      share(first === s ? s : undefined, half),
      share(first === s ? undefined : d, half),
    ]);
    put(out, batch, row, end, end, [last === s ? 1 : 0, last === s ? 0 : 1], [
      rest(last === s ? s : undefined, half),
      rest(last === s ? undefined : d, half),
    ]);
    return;
  }
  const aligned = next(start - 1) === start;
  for (let from = start; s.left + d.left > 0;) {
    const to = next(from);
    if (to >= end) break;
    const two = s.left + d.left === 2;
    const a = give(s, from, to, start, end, two, aligned), b = give(d, from, to, start, end, two, aligned);
    if (a.packets + b.packets > 0) put(out, batch, row, from, to, [a.packets, b.packets], [a, b]);
    from = to;
  }
  if (s.left + d.left === 0) return;
  // What is left belongs to the last bin; a single packet of a side is the record's last one.
  const single = s.left <= 1 && d.left <= 1;
  let from = start;
  for (let border = next(from); border < end; border = next(border)) from = border;
  put(out, batch, row, single ? end : from, end, [s.left, d.left], [
    { packets: s.left, bytes: s.leftBytes, app: s.leftApp },
    { packets: d.left, bytes: d.leftBytes, app: d.leftApp },
  ]);
}

interface Share {
  readonly packets: number;
  readonly bytes: number;
  readonly app: number;
}

const NOTHING: Share = { packets: 0, bytes: 0, app: 0 };

/** First half of a side, the odd byte included; `rest` is the second. */
function share(side: Side | undefined, of: number): Share {
  return side ? { packets: 1, bytes: Math.ceil(side.bytes / of), app: Math.ceil(side.app / of) } : NOTHING;
}

function rest(side: Side | undefined, of: number): Share {
  if (!side) return NOTHING;
  if (of === 1) return { packets: 1, bytes: side.bytes, app: side.app };
  return { packets: 1, bytes: Math.floor(side.bytes / 2), app: Math.floor(side.app / 2) };
}

/** Takes the share of one side for the piece from `from` to `to`. */
function give(
  side: Side,
  from: number,
  to: number,
  start: number,
  end: number,
  two: boolean,
  aligned: boolean,
): Share {
  if (side.left === 0) return NOTHING;
  let packets: number, bytes: number, app: number;
  if (side.packets === 1) {
    packets = 1;
    bytes = side.leftBytes;
    app = side.leftApp;
  } else {
    if (side.left === 1) return NOTHING;
    // A side without duration of its own is spread over that of the record.
    const own = side.end > side.start;
    const s = own ? side.start : start, e = own ? side.end : end;
    const time = Math.min(to, e) - Math.max(from, s);
    const first = from === start && !aligned;
    // A first piece that does not begin at a border ends a microsecond before the next in the original.
    const seconds = Math.max(0, first ? time - 1 : time) / 1e6, span = (e - s) / 1e6;
    const share = Math.fround(side.packets * seconds / span);
    const value = share + side.carry;
    packets = Math.min(Math.max(1, Math.floor(value)), side.left - 1);
    side.carry = value - packets;
    if (two) {
      bytes = Math.ceil(side.leftBytes / 2);
      app = Math.ceil(side.leftApp / 2);
    } else {
      bytes = Math.min(
        side.leftBytes,
        portion(side, side.bytes, packets, seconds / span, aligned ? share : 0),
      );
      app = Math.min(side.leftApp, portion(side, side.app, packets, seconds / span, aligned ? share : 0));
    }
  }
  side.left -= packets;
  side.leftBytes -= bytes;
  side.leftApp -= app;
  return { packets, bytes, app };
}

/**
 * Bytes for a number of packets of a side. A record that begins at a border has the roundings of its time shares in them, which show in
 * whole bytes (observed).
 */
function portion(side: Side, bytes: number, packets: number, fraction: number, share: number): number {
  if (share === 0) return Math.trunc(bytes * (packets / side.packets));
  return Math.trunc(Math.fround(bytes * fraction) * (packets / share));
}

function put(
  out: RecordBatch,
  batch: RecordBatch,
  row: number,
  from: number,
  to: number,
  packets: readonly [number, number],
  shares: readonly [Share, Share],
): void {
  const at = out.append(batch, row), d = at * R.DOUBLES, w = at * R.WORDS, doubles = out.doubles;
  const nano = batch.words[row * R.WORDS + R.S_NANO]! | batch.words[row * R.WORDS + R.D_NANO]!;
  for (let side = 0; side < 2; side++) {
    const n = packets[side]!, share = shares[side]!, t = d + R.S_START + 2 * side;
    doubles[d + R.S_PKTS + side] = n;
    doubles[d + R.S_BYTES + side] = share.bytes;
    doubles[d + R.S_APP + side] = share.app;
    // One packet each way: the source's is the first, the destination's the last (argus-format section 5).
    const alone = packets[0] + packets[1] === 1;
    const first = n === 1 && side === 1 && !alone && packets[0] === 1 ? to : from;
    doubles[t] = n === 0 ? NaN : first;
    doubles[t + 1] = n === 0 ? NaN : n === 1 ? first : to;
    if (nano !== 0) out.words[w + R.S_NANO + side] = 0;
  }
  out.words[w + R.FLAGS]! &= ~R.FLAG_AGR;
}
