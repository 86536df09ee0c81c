import net from "node:net";
import { Problem } from "../base/mod.ts";
import type { ByteSource, SourceDamage } from "../capture/mod.ts";
import { MAR_BYTES } from "./argus_layout.ts";

/** Port of a sensor unless the URL names one (IANA: monitor). */
const DEFAULT_PORT = 561;
/** Status bit of the start record: the sensor wants SASL first (argus-format section 2). */
const WANTS_SASL = 0x1000;
/** How long a sensor may take to say hello or to answer a filter. */
const PATIENCE_MS = 10_000;

/** How to read from a running sensor. */
export interface ArgusStreamOptions {
  /** Record filter in ra's language that the sensor applies before it sends; also `?filter=` of the URL. */
  readonly filter?: string | undefined;
  /** Ends the stream as if the sensor had stopped. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether the text names a running sensor. */
export function isSensorUrl(text: string): boolean {
  return /^argus:\/\//i.test(text);
}

/**
 * Connects to a running `argus -P port` and gives its record stream, start record included.
 *
 * The conversation, as the real ra holds it with the real argus: the sensor sends a start record (128 bytes)
 * at once; a client that has a filter sends `FILTER: text` and gets `OK`, or something else and the end;
 * `START: ` makes records flow; `DONE: ` ends them. Plain TCP only: no SASL, no TLS.
 *
 * @throws {Problem} `network` when nobody answers, `unsupported` when the sensor wants SASL, `syntax` when it refuses the filter.
 */
export async function openSensor(url: string, options: ArgusStreamOptions = {}): Promise<ByteSource> {
  const { host, port, filter } = parse(url, options.filter);
  const socket = await connect(url, host, port, options.signal);
  const sensor = new Sensor(url, socket, options.signal);
  try {
    await sensor.begin(filter);
    return sensor;
  } catch (error) {
    sensor.close();
    throw error instanceof Problem ? error : networkProblem(url, error);
  }
}

class Sensor implements ByteSource {
  taken = 0;
  damage: SourceDamage | undefined;
  #chunk = new Uint8Array(0);
  #at = 0;
  readonly #chunks: AsyncIterator<Uint8Array<ArrayBuffer>>;
  readonly #leave = () => void this.socket.destroy();

  constructor(readonly name: string, readonly socket: net.Socket, readonly signal: AbortSignal | undefined) {
    this.#chunks = socket[Symbol.asyncIterator]();
    signal?.addEventListener("abort", this.#leave);
  }

  async begin(filter: string | undefined): Promise<void> {
    const source = this.name;
    const hello = await exactly(this.#chunks, MAR_BYTES, "a start record of 128 bytes", source);
    if (new DataView(hello.buffer).getUint32(4) & WANTS_SASL) {
      throw new Problem("unsupported", "Expected a sensor without SASL but found one that asks for it", {
        source,
      });
    }
    this.#chunk = hello;
    if (filter !== undefined) {
      this.socket.write(`FILTER: ${filter}`);
      const answer = new TextDecoder("latin1").decode(
        await exactly(this.#chunks, 2, "an answer to the filter", source),
      );
      if (answer !== "OK") {
        const reason = `Expected the sensor to accept the filter "${filter}" but it answered "${answer}"`;
        throw new Problem("syntax", reason, { source, expected: "OK", found: answer });
      }
    }
    this.socket.write("START: ");
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    while (this.#at === this.#chunk.length) {
      try {
        const next = await this.#chunks.next();
        if (next.done) return 0;
        this.#chunk = next.value;
        this.#at = 0;
      } catch (error) {
        if (!this.signal?.aborted) {
          const found = (error as Error)?.message ?? String(error);
          this.damage = {
            code: "network",
            reason: `Expected more records from the sensor but found ${found}`,
          };
        }
        return 0;
      }
    }
    const n = Math.min(into.length - at, this.#chunk.length - this.#at);
    into.set(this.#chunk.subarray(this.#at, this.#at + n), at);
    this.#at += n;
    this.taken += n;
    return n;
  }

  close(): void {
    this.signal?.removeEventListener("abort", this.#leave);
    if (!this.socket.destroyed) this.socket.end("DONE: ");
    this.socket.destroySoon();
  }
}

function parse(
  text: string,
  filter: string | undefined,
): { host: string; port: number; filter: string | undefined } {
  let url: URL;
  try {
    // The URL class only knows ports of schemes it knows.
    url = new URL(text.replace(/^argus:/i, "http:"));
  } catch {
    throw new Problem("bad-value", "Expected argus://host or argus://host:port", { source: text });
  }
  const named = /^argus:\/\/(?:\[[^\]]*\]|[^/?#:]*):(\d+)/i.exec(text)?.[1];
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: named === undefined ? DEFAULT_PORT : Number(named),
    filter: filter ?? url.searchParams.get("filter") ?? undefined,
  };
}

function connect(
  url: string,
  host: string,
  port: number,
  signal: AbortSignal | undefined,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const timer = setTimeout(() => fail(new Error("no answer")), PATIENCE_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(networkProblem(url, error));
    };
    signal?.addEventListener("abort", () => fail(new Error("aborted")), { once: true });
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** The next `length` bytes; a sensor that sends more before it was told to start does not exist. */
async function exactly(
  chunks: AsyncIterator<Uint8Array>,
  length: number,
  what: string,
  url: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Uint8Array(length);
  let have = 0;
  while (have < length) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Problem("network", `Expected ${what} but found silence`, { source: url, expected: what }),
          ),
        PATIENCE_MS,
      );
    });
    const next = await Promise.race([chunks.next(), silence]).finally(() => clearTimeout(timer));
    if (next.done || have + next.value.length > length) {
      const found = next.done ? `the end after ${have} bytes` : `${have + next.value.length} bytes`;
      throw new Problem("network", `Expected ${what} but found ${found}`, {
        source: url,
        expected: what,
        found,
      });
    }
    all.set(next.value, have);
    have += next.value.length;
  }
  return all;
}

function networkProblem(url: string, error: unknown): Problem {
  const found = (error as { code?: string })?.code ?? (error as Error)?.message ?? String(error);
  return new Problem("network", `Expected a running argus sensor but found ${found}`, {
    source: url,
    expected: "a running argus sensor",
    found,
    cause: error,
  });
}
