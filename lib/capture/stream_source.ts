import { Problem } from "../base/mod.ts";
import type { ByteSource, SourceDamage } from "./byte_source.ts";

/** Gives the next chunk, undefined at the end; `stop` may be called while one is awaited. */
interface Chunks {
  next(): Promise<unknown>;
  stop(): Promise<unknown>;
}

function chunksOf(stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): Chunks {
  if (stream instanceof ReadableStream) {
    const reader = stream.getReader();
    return { next: async () => (await reader.read()).value, stop: () => reader.cancel().catch(() => {}) };
  }
  const iterator = stream[Symbol.asyncIterator]();
  let waiting = false;
  return {
    async next() {
      waiting = true;
      const { value, done } = await iterator.next();
      waiting = false;
      return done ? undefined : value;
    },
    // A generator that is waiting for its own source would not answer before that does.
    stop: () => waiting ? Promise.resolve() : Promise.resolve(iterator.return?.()),
  };
}

/** Chunks as they come. */
export class StreamSource implements ByteSource {
  taken = 0;
  damage: SourceDamage | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  readonly #chunks: Chunks;

  constructor(
    readonly name: string,
    stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    readonly total?: number,
  ) {
    this.#chunks = chunksOf(stream);
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    while (this.#at === this.#chunk.length) {
      let next: unknown;
      try {
        next = await this.#chunks.next();
      } catch (error) {
        const found = (error as Error)?.message ?? String(error);
        this.damage = { code: "network", reason: `Expected more of the stream but found ${found}` };
        return 0;
      }
      if (next === undefined) return 0;
      if (!(next instanceof Uint8Array)) {
        throw new Problem("bad-value", `Expected a stream of Uint8Array but found ${typeof next}`, {
          source: this.name,
        });
      }
      this.#chunk = next;
      this.#at = 0;
    }
    const n = Math.min(into.length - at, this.#chunk.length - this.#at);
    into.set(this.#chunk.subarray(this.#at, this.#at + n), at);
    this.#at += n;
    this.taken += n;
    return n;
  }

  async close(): Promise<void> {
    await this.#chunks.stop();
  }
}
