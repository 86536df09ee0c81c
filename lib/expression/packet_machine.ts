/**
 * The small machine under a compiled packet filter: tests and values over one frame at a time, as the BPF machine has them. A read
 * beyond the captured bytes rejects the frame whatever stands around it, even under `not`.
 *
 * @module
 */

/** The frame being looked at; one object serves all frames. */
export class PacketView {
  bytes: Uint8Array = new Uint8Array(0);
  data: DataView = new DataView(new ArrayBuffer(0));
  /** Start of the frame; of the 802.11 header where a pseudo header stands before it. */
  link = 0;
  /** Start of what the link layer carries. */
  payload = 0;
  /** End of the captured bytes. */
  end = 0;
  /** Length on the wire. */
  wire = 0;
}

/** Outcome of a test. */
export const FALSE = 0;
export const TRUE = 1;
/** The frame was too short to tell: the whole filter is false. */
export const OUT = -1;

/** 1, 0, or -1 for a read outside the frame. */
export type Test = (p: PacketView) => number;
/** An unsigned 32-bit value, or -1 for a read outside the frame or a division by zero. */
export type Value = (p: PacketView) => number;

export const never: Test = () => FALSE;
export const always: Test = () => TRUE;

export function both(a: Test, b: Test): Test {
  if (a === never || b === always) return a;
  if (a === always) return b;
  return (p) => {
    const x = a(p);
    return x === TRUE ? b(p) : x;
  };
}

export function either(a: Test, b: Test): Test {
  if (a === never || b === never) return a === never ? b : a;
  if (a === always) return a;
  return (p) => {
    const x = a(p);
    return x === FALSE ? b(p) : x;
  };
}

export function negate(a: Test): Test {
  if (a === never) return always;
  if (a === always) return never;
  return (p) => {
    const x = a(p);
    return x === OUT ? OUT : 1 - x;
  };
}

export const all = (...tests: readonly Test[]): Test => tests.reduce(both);
export const any = (...tests: readonly Test[]): Test => tests.reduce(either);

/** Where a fixed place in the frame is counted from. */
export type Base = "link" | "payload";

function read(p: PacketView, at: number, size: number): number {
  if (at < p.link || at + size > p.end) return OUT;
  return size === 1 ? p.bytes[at]! : size === 2 ? p.data.getUint16(at) : p.data.getUint32(at);
}

/** Big endian number at a fixed place. */
export function load(base: Base, offset: number, size: 1 | 2 | 4): Value {
  return base === "link" ? (p) => read(p, p.link + offset, size) : (p) => read(p, p.payload + offset, size);
}

/** Big endian number at a place that depends on the frame. */
export function loadAt(base: Base, offset: Value, size: 1 | 2 | 4): Value {
  return (p) => {
    const x = offset(p);
    return x < 0 ? OUT : read(p, (base === "link" ? p.link : p.payload) + x, size);
  };
}

/** Whether a value, under a mask, is a number. */
export function equals(value: Value, wanted: number, mask = 0xffffffff): Test {
  const want = (wanted & mask) >>> 0;
  if (mask >>> 0 === 0xffffffff) {
    return (p) => {
      const x = value(p);
      return x < 0 ? OUT : x === want ? TRUE : FALSE;
    };
  }
  return (p) => {
    const x = value(p);
    return x < 0 ? OUT : ((x & mask) >>> 0) === want ? TRUE : FALSE;
  };
}

/** Whether a value lies between two numbers, both included. */
export function between(value: Value, low: number, high: number): Test {
  return (p) => {
    const x = value(p);
    return x < 0 ? OUT : x >= low && x <= high ? TRUE : FALSE;
  };
}

/** Compares two values. */
export function compare(operator: string, left: Value, right: Value): Test {
  const holds = COMPARE[operator]!;
  return (p) => {
    const a = left(p);
    if (a < 0) return OUT;
    const b = right(p);
    return b < 0 ? OUT : holds(a, b) ? TRUE : FALSE;
  };
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const OPERATE: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => (a + b) >>> 0,
  "-": (a, b) => (a - b) >>> 0,
  "*": (a, b) => Math.imul(a, b) >>> 0,
  "/": (a, b) => b === 0 ? OUT : Math.floor(a / b),
  "%": (a, b) => b === 0 ? OUT : a % b,
  "&": (a, b) => (a & b) >>> 0,
  "|": (a, b) => (a | b) >>> 0,
  "^": (a, b) => (a ^ b) >>> 0,
  "<<": (a, b) => b > 31 ? 0 : (a << b) >>> 0,
  ">>": (a, b) => b > 31 ? 0 : a >>> b,
};

/** Unsigned 32-bit arithmetic. */
export function operate(operator: string, left: Value, right: Value): Value {
  const apply = OPERATE[operator]!;
  return (p) => {
    const a = left(p);
    if (a < 0) return OUT;
    const b = right(p);
    return b < 0 ? OUT : apply(a, b);
  };
}
