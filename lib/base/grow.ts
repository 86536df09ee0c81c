/**
 * A longer array with the same values, zeros behind them. The old one must not be used again: where the runtime can (Node 21 and
 * later, Deno), its memory is given back at once, not when the collector gets to it.
 */
export function grown<A extends Int32Array | Float64Array>(old: A, length: number): A {
  // A fresh array takes memory only where it is written; one that grows in place is zeroed, and so in memory, as a whole.
  const next = new (old.constructor as new (length: number) => A)(length);
  next.set(old as never);
  release(old);
  return next;
}

/** Gives back the memory of an array that is not used any more. */
export function release(old: Int32Array | Float64Array): void {
  (old.buffer as ArrayBuffer & { transfer?: (bytes: number) => ArrayBuffer }).transfer?.(0);
}

/**
 * Entries to make room for when `entries` are full: memory that is not written costs nothing, but copying needs the old and the new
 * at once, so large tables grow seldom.
 */
export function roomier(entries: number): number {
  return entries < 1 << 20 ? entries * 2 : entries * 8;
}
