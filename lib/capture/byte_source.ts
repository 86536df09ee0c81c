/** Why a source ended before its time. */
export interface SourceDamage {
  /** What kind of problem this makes. */
  readonly code: "truncated" | "damaged" | "network";
  /** The sentence of the problem. */
  readonly reason: string;
}

/** Bytes from somewhere, read into a buffer of the caller's. */
export interface ByteSource {
  /** What to call it in a problem. */
  readonly name: string;
  /** Bytes in all, where known. */
  readonly total?: number | undefined;
  /** Bytes read so far from the file, stream or connection (before decompression). */
  readonly taken: number;
  /** All bytes, where they are in memory. */
  readonly whole?: Uint8Array;
  /** Set when reading ended because the input was damaged, or could not be read any further. */
  readonly damage?: SourceDamage | undefined;
  /** Reads at least one byte into `into` from `at` on; 0 means the end. */
  read(into: Uint8Array, at: number): number | Promise<number>;
  /** The same bytes again from the first one, where that is possible. */
  readonly reopen?: (() => ByteSource) | undefined;
  /** Lets go of the file or connection. */
  close(): void | Promise<void>;
}

/** Bytes in memory. */
export class MemorySource implements ByteSource {
  taken = 0;
  readonly total: number;

  constructor(readonly name: string, readonly whole: Uint8Array) {
    this.total = whole.length;
  }

  read(into: Uint8Array, at: number): number {
    const n = Math.min(into.length - at, this.whole.length - this.taken);
    into.set(this.whole.subarray(this.taken, this.taken + n), at);
    this.taken += n;
    return n;
  }

  reopen(): ByteSource {
    return new MemorySource(this.name, this.whole);
  }

  close(): void {}
}

/** Bytes that were already read from a source, then the rest of it. */
export class PrefixedSource implements ByteSource {
  #at = 0;

  /** The bytes already read, and the source they came from. */
  constructor(readonly prefix: Uint8Array, readonly rest: ByteSource) {}

  get name(): string {
    return this.rest.name;
  }
  get total(): number | undefined {
    return this.rest.total;
  }
  get taken(): number {
    return this.rest.taken;
  }
  get damage(): SourceDamage | undefined {
    return this.rest.damage;
  }

  read(into: Uint8Array, at: number): number | Promise<number> {
    const n = Math.min(into.length - at, this.prefix.length - this.#at);
    if (n === 0) return this.rest.read(into, at);
    into.set(this.prefix.subarray(this.#at, this.#at + n), at);
    this.#at += n;
    return n;
  }

  get reopen(): (() => ByteSource) | undefined {
    const rest = this.rest;
    return rest.reopen && (() => rest.reopen!());
  }

  /** Closes the source below. */
  close(): void | Promise<void> {
    return this.rest.close();
  }
}
