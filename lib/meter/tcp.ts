/**
 * TCP state of an entry (spec/meter.md section 3). All functions work on the word row of the entry: `b` is its first word, `x` the
 * first word of the side that sent the packet, `y` that of the other side; `P` and `at` are the packet's row. Sequence arithmetic is
 * modulo 2^32.
 *
 * @module
 */
import * as PW from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  ACK, CLOSED, CLOSING, CWR, DONE, ECE, ESTABLISHED, FIN, FIN_WAIT_1, FIN_WAIT_2, IN_PROTO, LISTEN,
  RESTART, RST, SIDE_DUP, SIDE_FIN, SIDE_FINACK, SIDE_OOO, SIDE_RETRANS, SIDE_RST, SIDE_SHUT, SYN, SYN_RECEIVED, SYN_SENT,
  UNDECIDED, UNREAD,
} = V;
const { PW_ACK, PW_APP, PW_FLAGS, PW_IP, PW_SEQ, PW_TCPOPT, PW_WIN } = PW;
// deno-fmt-ignore
const {
  ACKDAT, NET, NET_TCP_PERF, OPT_DECN, OPT_SECN, OPT_WSCALE, SYNACK, TCP_CLOSED, TCP_D_ECN, TCP_EST, TCP_FIN,
  TCP_FINACK, TCP_OPTIONS, TCP_STATE, TCP_STATUS, TCP_SYN, TCP_SYNACK, TCP_S_ECN, TCP_S_RST, T_ACK,
  T_ACKBYTES, T_BYTES, T_FLAGS, T_LASTIPID, T_RETRANS, T_SEQ, T_SEQBASE, T_SHIFT, T_STATUS, T_WIN,
  T_WINBYTES,
} = R;

/** Option bits and window scale of a packet, into the entry. */
function takeOptions(I: Int32Array, b: number, x: number, options: number): void {
  I[b + TCP_OPTIONS]! |= options & ~0xff;
  if (options & OPT_WSCALE && options & 0xff) I[x + T_SHIFT] = (options & 0xff) - 1;
}

function retransmitted(I: Int32Array, x: number): void {
  I[x + T_RETRANS]!++;
  I[x + T_STATUS]! |= SIDE_RETRANS;
}

/** First TCP packet of an entry, or the SYN of a restart (TCP-3). */
export function tcpFirst(
  I: Int32Array,
  b: number,
  x: number,
  y: number,
  P: Int32Array,
  at: number,
): void {
  const flags = P[at + PW_FLAGS]!, seq = P[at + PW_SEQ]!, ack = P[at + PW_ACK]!, win = P[at + PW_WIN]!;
  const p = P[at + PW_APP]!;
  I[b + NET] = NET_TCP_PERF;
  I[x + T_FLAGS]! |= flags;
  takeOptions(I, b, x, P[at + PW_TCPOPT]!);
  const f = flags & 0x3f;
  if (f & RST) {
    I[b + TCP_STATE] = LISTEN;
    I[x + T_STATUS]! |= SIDE_RST;
    // Sticky here: an entry opened by RST keeps printing RST until a SYN restarts it.
    I[b + TCP_STATUS]! |= TCP_S_RST;
    if (seq !== 0) {
      I[x + T_SEQBASE] = seq - 1;
      I[x + T_SEQ] = seq + p;
    } else {
      I[x + T_SEQBASE] = ack - 1;
      I[x + T_SEQ] = ack - 1;
    }
    I[x + T_BYTES] = p;
    I[y + T_ACK] = ack - 1;
    return;
  }
  I[x + T_WIN] = win;
  I[x + T_BYTES] = p;
  if (f === SYN) {
    I[b + TCP_STATE] = SYN_SENT;
    I[b + TCP_STATUS]! |= TCP_SYN;
    I[x + T_SEQBASE] = seq;
    I[x + T_SEQ] = seq;
    if ((flags & (ECE | CWR)) === (ECE | CWR)) I[b + TCP_OPTIONS]! |= OPT_SECN;
  } else if (f === (SYN | ACK)) {
    I[b + TCP_STATE] = SYN_RECEIVED;
    I[b + TCP_STATUS]! |= TCP_SYNACK;
    I[x + T_SEQBASE] = seq;
    I[x + T_SEQ] = seq;
    I[y + T_ACK] = ack - 1;
    // Where the answer comes first, its set-up is enough (observed).
    if ((flags & (ECE | CWR)) === ECE) I[b + TCP_OPTIONS]! |= OPT_DECN;
  } else {
    I[x + T_SEQBASE] = seq - 1;
    I[x + T_SEQ] = seq + p;
    if (f === FIN || f === (FIN | ACK)) {
      I[b + TCP_STATE] = FIN_WAIT_1;
      I[b + TCP_STATUS]! |= TCP_FIN;
    } else if (f !== 0 && (f & (SYN | FIN)) === 0) {
      I[b + TCP_STATE] = ESTABLISHED;
      I[b + TCP_STATUS]! |= TCP_EST;
      if (f & ACK) I[y + T_ACK] = ack - 1;
    } else {
      I[b + TCP_STATE] = CLOSING;
      I[b + TCP_STATUS]! |= TCP_EST;
    }
  }
}

/** Sequence step (TCP-6). Gives IN_PROTO or 0, or -1 for a tracked duplicate that skips the state machine. */
function sequenceStep(
  I: Int32Array,
  x: number,
  y: number,
  P: Int32Array,
  at: number,
  duplicates: boolean,
): number {
  const flags = P[at + PW_FLAGS]!;
  if (flags === SYN) return IN_PROTO | UNDECIDED;
  const seq = P[at + PW_SEQ]! >>> 0, ack = P[at + PW_ACK]! >>> 0, win = P[at + PW_WIN]!, p = P[at + PW_APP]!;
  let inProto = IN_PROTO;
  if ((flags & (FIN | RST)) === 0) {
    if (win === 0) {
      I[x + T_STATUS]! |= SIDE_SHUT;
      inProto = 0;
    } else I[x + T_WIN] = win;
  }
  const yWin = I[y + T_WIN]!;
  const xSeq = I[x + T_SEQ]! >>> 0;
  if (p > 0 && yWin !== 0) {
    I[x + T_BYTES]! += p;
    if (I[x + T_WINBYTES] === 0) inProto = 0;
    if (I[x + T_FLAGS]! & FIN) {
      if (seq < xSeq) retransmitted(I, x);
      else if ((flags & FIN) === 0) I[x + T_STATUS]! |= SIDE_OOO;
    }
    if ((flags & SYN) === 0) I[x + T_WINBYTES]! += p;
  } else inProto = 0;
  const n = (seq + p) >>> 0;
  if (n < seq) {
    I[x + T_ACKBYTES]! += xSeq - (I[x + T_SEQBASE]! >>> 0);
    I[x + T_SEQBASE] = n;
    I[x + T_SEQ] = n;
  } else if (I[x + T_SEQBASE] === 0) {
    I[x + T_SEQBASE] = seq;
    I[x + T_SEQ] = n;
  } else if (p > 0) {
    // As a little endian machine reads it.
    const ip = P[at + PW_IP]!, ipid = ((ip & 0xff) << 8) | ((ip >>> 8) & 0xff);
    const last = I[x + T_LASTIPID]!;
    if (duplicates && ipid !== 0 && ipid === last) {
      I[x + T_STATUS]! |= SIDE_DUP;
      return -1;
    }
    if (yWin !== 0) {
      const yAck = I[y + T_ACK]! >>> 0;
      const xWin = I[x + T_WIN]!;
      if (seq < yAck) {
        if (yAck - seq < (xWin >> I[x + T_SHIFT]!)) inProto = lost(I, x, p);
      } else {
        const m = n > xSeq ? n : xSeq;
        if (xWin !== 0) {
          const d = ipid - last;
          if (last !== 0 && d > -5000 && d < 0) I[x + T_STATUS]! |= SIDE_OOO;
          else if ((I[x + T_WINBYTES]! >>> 0) > ((m - 1 - yAck) >>> 0)) inProto = lost(I, x, p);
          else if (n < xSeq) {
            // The one retransmission that stays in the active class.
            if (seq === ((yAck + 1) >>> 0)) lost(I, x, p);
            else I[x + T_STATUS]! |= SIDE_OOO;
          }
        }
        I[x + T_SEQ] = m;
      }
    }
    I[x + T_LASTIPID] = ipid;
  }
  if (flags & ACK && ack !== 0) {
    const ySeq = I[y + T_SEQ]! >>> 0, xAck = I[x + T_ACK]! >>> 0, before = (ack - 1) >>> 0;
    if (xAck !== 0 && ySeq > xAck) I[y + T_WINBYTES] = ySeq - 1 - xAck;
    if (xAck !== before) {
      if (xAck === 0 || ySeq === ack) I[y + T_WINBYTES] = 0;
      else if ((flags & SYN) === 0) {
        const held = I[y + T_WINBYTES]! >>> 0, acked = (before - xAck) >>> 0;
        I[y + T_WINBYTES] = held - (held < acked ? held : acked);
      }
      I[x + T_ACK] = before;
    }
  }
  return inProto;
}

/** A retransmission seen in the sequence step (TCP-7): not in proper order, so the result is "not in proto". */
function lost(I: Int32Array, x: number, p: number): number {
  I[x + T_RETRANS]!++;
  I[x + T_STATUS]! |= SIDE_RETRANS;
  I[x + T_WINBYTES]! -= p;
  return 0;
}

/**
 * Every further TCP packet of an entry (TCP-4); its time is `times[t]`, because a float handed over would become an object.
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
  times: Float64Array,
  t: number,
  P: Int32Array,
  at: number,
  duplicates: boolean,
): number {
  const flags = P[at + PW_FLAGS]!, seq = P[at + PW_SEQ]!, options = P[at + PW_TCPOPT]!, p = P[at + PW_APP]!;
  const state = I[b + TCP_STATE]!;
  if (state === LISTEN) {
    if (flags & SYN) return RESTART | IN_PROTO | UNDECIDED;
    I[x + T_FLAGS]! |= flags;
    return IN_PROTO | UNDECIDED | UNREAD;
  }
  I[x + T_FLAGS]! |= flags;
  if (options !== 0) takeOptions(I, b, x, options);
  // One side's ECN set-up is enough for the real program: from then on ECE with ACK marks congestion (TCP-4).
  if ((flags & (ECE | ACK)) === (ECE | ACK) && I[b + TCP_OPTIONS]! & (OPT_SECN | OPT_DECN)) {
    // Sticky for the entry's life.
    I[b + TCP_STATUS]! |= x < y ? TCP_S_ECN : TCP_D_ECN;
  }
  const inProto = sequenceStep(I, x, y, P, at, duplicates);
  if (inProto < 0) return DONE;
  let next = state;
  const f = flags & 0x3f;
  if (flags & RST) {
    I[x + T_STATUS]! |= SIDE_RST;
    const xAck = I[x + T_ACK]! >>> 0;
    if (state === SYN_SENT) {
      next = (I[y + T_SEQ]! >>> 0) === xAck ? LISTEN : CLOSING;
    } else {
      next = xAck <= (seq >>> 0) && (seq >>> 0) < xAck + (I[x + T_WIN]! >> I[x + T_SHIFT]!)
        ? CLOSED
        : CLOSING;
    }
  } else if (state === SYN_SENT) {
    if (flags === SYN) retransmitted(I, x);
    else if (flags === (SYN | ACK)) {
      next = SYN_RECEIVED;
      I[b + TCP_STATUS]! |= TCP_SYNACK;
      if (I[y + T_SEQ] === I[x + T_ACK]) I[b + SYNACK] = Math.abs(times[t]! - (F[yLast]! || 0));
    } else if (flags & FIN) {
      next = FIN_WAIT_1;
      I[b + TCP_STATUS]! |= TCP_FIN;
      I[x + T_STATUS]! |= SIDE_FIN;
    } else if (flags & ACK) {
      next = ESTABLISHED;
      I[b + TCP_STATUS]! |= TCP_EST;
    }
  } else if (state === SYN_RECEIVED) {
    if (flags & FIN) {
      next = FIN_WAIT_1;
      I[b + TCP_STATUS]! |= TCP_FIN;
      I[x + T_STATUS]! |= SIDE_FIN;
    } else if ((flags & SYN) === 0) {
      if (flags & ACK) {
        next = ESTABLISHED;
        I[b + TCP_STATUS]! |= TCP_EST;
        if (I[x + T_SEQ] === I[y + T_ACK]) I[b + ACKDAT] = Math.abs(times[t]! - (F[yLast]! || 0));
      }
    } else retransmitted(I, x);
  } else if (state === ESTABLISHED) {
    if (flags & FIN) {
      next = FIN_WAIT_1;
      I[b + TCP_STATUS]! |= TCP_FIN;
      I[x + T_STATUS]! |= SIDE_FIN;
    } else if (flags & SYN) {
      retransmitted(I, x);
      if (flags & ACK) I[b + TCP_STATUS]! |= TCP_SYNACK | TCP_EST;
    }
  } else if (state === FIN_WAIT_1 || state === FIN_WAIT_2) {
    if ((flags & (SYN | ACK)) === SYN) {
      if (state === FIN_WAIT_1) next = LISTEN;
    } else {
      if (flags & FIN) {
        if (flags & ACK) {
          I[b + TCP_STATUS]! |= TCP_FIN;
          I[x + T_STATUS]! |= SIDE_FIN;
        } else if (I[y + T_STATUS]! & SIDE_FINACK) retransmitted(I, x);
      }
      if (flags & ACK && p === 0 && I[y + T_STATUS]! & SIDE_FIN && I[y + T_SEQ] === I[x + T_ACK]) {
        next = FIN_WAIT_2;
        I[b + TCP_STATUS]! |= TCP_FINACK;
        I[y + T_STATUS]! |= SIDE_FINACK;
      }
    }
  } else if (state === CLOSING) {
    if ((flags & (SYN | ACK)) === SYN) next = LISTEN;
    else if (flags & ACK && I[x + T_SEQ] === I[x + T_ACK] && I[y + T_SEQ] === I[x + T_ACK]) {
      next = CLOSED;
    }
  } else if (state === CLOSED) {
    if ((flags & (SYN | ACK)) === SYN) next = LISTEN;
  }
  if (next === LISTEN) {
    if (flags === SYN) return RESTART | inProto;
  } else {
    I[b + TCP_STATE] = next;
    if (next === CLOSED && ((I[x + T_STATUS]! | I[y + T_STATUS]!) & SIDE_RST) === 0 && f !== 0) {
      I[b + TCP_STATUS]! |= TCP_CLOSED;
    }
  }
  F[xLast] = times[t]!;
  return inProto;
}
