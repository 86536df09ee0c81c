/**
 * TCP state of an entry (spec/meter.md section 3). All functions work on the word row of the entry: `b` is its first word, `x` the
 * first word of the side that sent the packet, `y` that of the other side. Sequence arithmetic is modulo 2^32.
 *
 * @module
 */
import * as R from "../record/mod.ts";

/** Machine states (TCP-1), numbered as BSD does and the file has them; LISTEN is only ever an entry opened by RST. */
export const CLOSED = 0;
export const LISTEN = 1;
export const SYN_SENT = 2;
export const SYN_RECEIVED = 3;
export const ESTABLISHED = 4;
export const FIN_WAIT_1 = 6;
export const FIN_WAIT_2 = 9;
export const CLOSING = 7;

/** TCP header flags. */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

/**
 * Bits of a side's status for the interval, as records hold them: a side sets the bits that stand for both sides in the status of the
 * whole (observed; readers look at them in the flags of IPv6).
 */
export const SIDE_RETRANS = 0x300;
export const SIDE_SHUT = 0xc00;
export const SIDE_RST = 0x3000;
export const SIDE_OOO = 0x30000;
export const SIDE_DUP = 0x40000;
/** The side has sent a FIN: unlike the others it outlives the interval. */
export const SIDE_FIN = 8;

/** What a packet did to the entry. */
export const DONE = 0;
/** The packet is a SYN that begins a new connection in this entry (TCP-10). */
export const RESTART = 1;
/** Set beside the result when the packet's payload moved in proper order (REC-7, "active" class). */
export const IN_PROTO = 2;
/** Set beside it when the packet did not decide: on raw link types the decision for the packet before then stands (quirk). */
export const UNDECIDED = 4;

/** Set beside it when the header was not looked into, and so counts as data (TCP-4). */
export const UNREAD = 8;
/** The same beside what other protocols decide: the header of RTP was left out of the data. */
export const BEHEADED = 16;

/** Option bits and window scale of a packet, into the entry. */
function takeOptions(I: Int32Array, b: number, x: number, options: number): void {
  I[b + R.TCP_OPTIONS]! |= options & ~0xff;
  if (options & R.OPT_WSCALE && options & 0xff) I[x + R.T_SHIFT] = (options & 0xff) - 1;
}

function retransmitted(I: Int32Array, x: number): void {
  I[x + R.T_RETRANS]!++;
  I[x + R.T_STATUS]! |= SIDE_RETRANS;
}

/** First TCP packet of an entry, or the SYN of a restart (TCP-3). */
export function tcpFirst(
  I: Int32Array,
  b: number,
  x: number,
  y: number,
  flags: number,
  seq: number,
  ack: number,
  win: number,
  p: number,
  options: number,
): void {
  I[b + R.NET] = R.NET_TCP_PERF;
  I[x + R.T_FLAGS]! |= flags;
  takeOptions(I, b, x, options);
  const f = flags & 0x3f;
  if (f & RST) {
    I[b + R.TCP_STATE] = LISTEN;
    I[x + R.T_STATUS]! |= SIDE_RST;
    // Sticky here: an entry opened by RST keeps printing RST until a SYN restarts it.
    I[b + R.TCP_STATUS]! |= R.TCP_S_RST;
    if (seq !== 0) {
      I[x + R.T_SEQBASE] = seq - 1;
      I[x + R.T_SEQ] = seq + p;
    } else {
      I[x + R.T_SEQBASE] = ack - 1;
      I[x + R.T_SEQ] = ack - 1;
    }
    I[x + R.T_BYTES] = p;
    I[y + R.T_ACK] = ack - 1;
    return;
  }
  I[x + R.T_WIN] = win;
  if (f === SYN) {
    I[b + R.TCP_STATE] = SYN_SENT;
    I[b + R.TCP_STATUS]! |= R.TCP_SYN;
    I[x + R.T_SEQBASE] = seq;
    I[x + R.T_SEQ] = seq;
    if ((flags & (ECE | CWR)) === (ECE | CWR)) I[b + R.TCP_OPTIONS]! |= R.OPT_SECN;
  } else if (f === (SYN | ACK)) {
    I[b + R.TCP_STATE] = SYN_RECEIVED;
    I[b + R.TCP_STATUS]! |= R.TCP_SYNACK;
    I[x + R.T_SEQBASE] = seq;
    I[x + R.T_SEQ] = seq;
    I[y + R.T_ACK] = ack - 1;
  } else {
    I[x + R.T_SEQBASE] = seq - 1;
    I[x + R.T_SEQ] = seq + p;
    I[x + R.T_BYTES] = p;
    if (f === FIN || f === (FIN | ACK)) {
      I[b + R.TCP_STATE] = FIN_WAIT_1;
      I[b + R.TCP_STATUS]! |= R.TCP_FIN;
    } else if (f !== 0 && (f & (SYN | FIN)) === 0) {
      I[b + R.TCP_STATE] = ESTABLISHED;
      I[b + R.TCP_STATUS]! |= R.TCP_EST;
      if (f & ACK) I[y + R.T_ACK] = ack - 1;
    } else {
      I[b + R.TCP_STATE] = CLOSING;
      I[b + R.TCP_STATUS]! |= R.TCP_EST;
    }
  }
}

/** Sequence step (TCP-6). Gives IN_PROTO or 0, or -1 for a tracked duplicate that skips the state machine. */
function sequenceStep(
  I: Int32Array,
  x: number,
  y: number,
  flags: number,
  seq: number,
  ack: number,
  win: number,
  p: number,
  ipid: number,
  duplicates: boolean,
): number {
  if (flags === SYN) return IN_PROTO | UNDECIDED;
  let inProto = IN_PROTO;
  if ((flags & (FIN | RST)) === 0) {
    if (win === 0) {
      I[x + R.T_STATUS]! |= SIDE_SHUT;
      inProto = 0;
    } else I[x + R.T_WIN] = win;
  }
  const yWin = I[y + R.T_WIN]!;
  const xSeq = I[x + R.T_SEQ]! >>> 0;
  if (p > 0 && yWin !== 0) {
    I[x + R.T_BYTES]! += p;
    if (I[x + R.T_WINBYTES] === 0) inProto = 0;
    if (I[x + R.T_FLAGS]! & FIN) {
      if (seq < xSeq) retransmitted(I, x);
      else if ((flags & FIN) === 0) I[x + R.T_STATUS]! |= SIDE_OOO;
    }
    if ((flags & SYN) === 0) I[x + R.T_WINBYTES]! += p;
  } else inProto = 0;
  const n = (seq + p) >>> 0;
  if (n < seq) {
    I[x + R.T_ACKBYTES]! += xSeq - (I[x + R.T_SEQBASE]! >>> 0);
    I[x + R.T_SEQBASE] = n;
    I[x + R.T_SEQ] = n;
  } else if (I[x + R.T_SEQBASE] === 0) {
    I[x + R.T_SEQBASE] = seq;
    I[x + R.T_SEQ] = n;
  } else if (p > 0) {
    const last = I[x + R.T_LASTIPID]!;
    if (duplicates && ipid !== 0 && ipid === last) {
      I[x + R.T_STATUS]! |= SIDE_DUP;
      return -1;
    }
    if (yWin !== 0) {
      const yAck = I[y + R.T_ACK]! >>> 0;
      const xWin = I[x + R.T_WIN]!;
      if (seq < yAck) {
        if (yAck - seq < (xWin >> I[x + R.T_SHIFT]!)) inProto = lost(I, x, p);
      } else {
        const m = n > xSeq ? n : xSeq;
        if (xWin !== 0) {
          const d = ipid - last;
          if (last !== 0 && d > -5000 && d < 0) I[x + R.T_STATUS]! |= SIDE_OOO;
          else if ((I[x + R.T_WINBYTES]! >>> 0) > ((m - 1 - yAck) >>> 0)) inProto = lost(I, x, p);
          else if (n < xSeq) {
            // The one retransmission that stays in the active class.
            if (seq === ((yAck + 1) >>> 0)) lost(I, x, p);
            else I[x + R.T_STATUS]! |= SIDE_OOO;
          }
        }
        I[x + R.T_SEQ] = m;
      }
    }
    I[x + R.T_LASTIPID] = ipid;
  }
  if (flags & ACK && ack !== 0) {
    const ySeq = I[y + R.T_SEQ]! >>> 0, xAck = I[x + R.T_ACK]! >>> 0, before = (ack - 1) >>> 0;
    if (xAck !== 0 && ySeq > xAck) I[y + R.T_WINBYTES] = ySeq - 1 - xAck;
    if (xAck !== before) {
      if (xAck === 0 || ySeq === ack) I[y + R.T_WINBYTES] = 0;
      else if ((flags & SYN) === 0) {
        const held = I[y + R.T_WINBYTES]! >>> 0, acked = (before - xAck) >>> 0;
        I[y + R.T_WINBYTES] = held - (held < acked ? held : acked);
      }
      I[x + R.T_ACK] = before;
    }
  }
  return inProto;
}

/** A retransmission seen in the sequence step (TCP-7): not in proper order, so the result is "not in proto". */
function lost(I: Int32Array, x: number, p: number): number {
  I[x + R.T_RETRANS]!++;
  I[x + R.T_STATUS]! |= SIDE_RETRANS;
  I[x + R.T_WINBYTES]! -= p;
  return 0;
}

/**
 * Every further TCP packet of an entry (TCP-4).
 *
 * @returns `DONE` or `RESTART`, with `IN_PROTO` set when the interval before this packet belongs to the active class.
 */
export function tcpNext(
  I: Int32Array,
  F: Float64Array,
  b: number,
  x: number,
  y: number,
  xLast: number,
  yLast: number,
  now: number,
  flags: number,
  seq: number,
  ack: number,
  win: number,
  p: number,
  ipid: number,
  options: number,
  duplicates: boolean,
): number {
  seq >>>= 0;
  ack >>>= 0;
  const state = I[b + R.TCP_STATE]!;
  if (state === LISTEN) {
    if (flags & SYN) return RESTART | IN_PROTO | UNDECIDED;
    I[x + R.T_FLAGS]! |= flags;
    return IN_PROTO | UNDECIDED | UNREAD;
  }
  I[x + R.T_FLAGS]! |= flags;
  if (options !== 0) takeOptions(I, b, x, options);
  // The initiator's ECN set-up is enough for the real program: from then on ECE with ACK marks congestion (TCP-4).
  if ((flags & (ECE | ACK)) === (ECE | ACK) && I[b + R.TCP_OPTIONS]! & R.OPT_SECN) {
    // Sticky for the entry's life.
    I[b + R.TCP_STATUS]! |= x < y ? R.TCP_S_ECN : R.TCP_D_ECN;
  }
  const inProto = sequenceStep(I, x, y, flags, seq, ack, win, p, ipid, duplicates);
  if (inProto < 0) return DONE;
  let next = state;
  const f = flags & 0x3f;
  if (flags & RST) {
    I[x + R.T_STATUS]! |= SIDE_RST;
    const xAck = I[x + R.T_ACK]! >>> 0;
    if (state === SYN_SENT) {
      next = (I[y + R.T_SEQ]! >>> 0) === xAck ? LISTEN : CLOSING;
    } else {
      next = xAck <= seq && seq < xAck + (I[x + R.T_WIN]! >> I[x + R.T_SHIFT]!) ? CLOSED : CLOSING;
    }
  } else if (state === SYN_SENT) {
    if (flags === SYN) retransmitted(I, x);
    else if (flags === (SYN | ACK)) {
      next = SYN_RECEIVED;
      I[b + R.TCP_STATUS]! |= R.TCP_SYNACK;
      if (I[y + R.T_SEQ] === I[x + R.T_ACK]) I[b + R.SYNACK] = Math.abs(now - F[yLast]!);
    } else if (flags & FIN) {
      next = FIN_WAIT_1;
      I[b + R.TCP_STATUS]! |= R.TCP_FIN;
      I[x + R.T_STATUS]! |= SIDE_FIN;
    } else if (flags & ACK) {
      next = ESTABLISHED;
      I[b + R.TCP_STATUS]! |= R.TCP_EST;
    }
  } else if (state === SYN_RECEIVED) {
    if (flags & FIN) {
      next = FIN_WAIT_1;
      I[b + R.TCP_STATUS]! |= R.TCP_FIN;
      I[x + R.T_STATUS]! |= SIDE_FIN;
    } else if ((flags & SYN) === 0) {
      if (flags & ACK) {
        next = ESTABLISHED;
        I[b + R.TCP_STATUS]! |= R.TCP_EST;
        if (I[x + R.T_SEQ] === I[y + R.T_ACK]) I[b + R.ACKDAT] = Math.abs(now - F[yLast]!);
      }
    } else retransmitted(I, x);
  } else if (state === ESTABLISHED) {
    if (flags & FIN) {
      next = FIN_WAIT_1;
      I[b + R.TCP_STATUS]! |= R.TCP_FIN;
      I[x + R.T_STATUS]! |= SIDE_FIN;
    } else if (flags & SYN) {
      retransmitted(I, x);
      if (flags & ACK) I[b + R.TCP_STATUS]! |= R.TCP_SYNACK | R.TCP_EST;
    }
  } else if (state === FIN_WAIT_1 || state === FIN_WAIT_2) {
    if ((flags & (SYN | ACK)) === SYN) {
      if (state === FIN_WAIT_1) next = LISTEN;
    } else {
      if (flags & FIN) {
        if (flags & ACK) {
          I[b + R.TCP_STATUS]! |= R.TCP_FIN;
          I[x + R.T_STATUS]! |= SIDE_FIN;
        } else if ((I[y + R.T_FLAGS]! & (FIN | ACK)) === (FIN | ACK)) retransmitted(I, x);
      }
      if (flags & ACK && p === 0 && I[y + R.T_STATUS]! & SIDE_FIN && I[y + R.T_SEQ] === I[x + R.T_ACK]) {
        next = FIN_WAIT_2;
        I[b + R.TCP_STATUS]! |= R.TCP_FINACK;
      }
    }
  } else if (state === CLOSING) {
    if ((flags & (SYN | ACK)) === SYN) next = LISTEN;
    else if (flags & ACK && I[x + R.T_SEQ] === I[x + R.T_ACK] && I[y + R.T_SEQ] === I[x + R.T_ACK]) {
      next = CLOSED;
    }
  } else if (state === CLOSED) {
    if ((flags & (SYN | ACK)) === SYN) next = LISTEN;
  }
  if (next === LISTEN) {
    if (flags === SYN) return RESTART | inProto;
  } else {
    I[b + R.TCP_STATE] = next;
    if (next === CLOSED && ((I[x + R.T_STATUS]! | I[y + R.T_STATUS]!) & SIDE_RST) === 0 && f !== 0) {
      I[b + R.TCP_STATUS]! |= R.TCP_CLOSED;
    }
  }
  F[xLast] = now;
  return inProto;
}
