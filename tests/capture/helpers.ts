import { type CaptureSource, type FrameBatch, openFrames, type OpenOptions } from "../../lib/capture/mod.ts";
import type { Problem } from "../../lib/base/mod.ts";

/** A frame as a test likes it. */
export interface Seen {
  number: number;
  time: number;
  nano: number;
  wire: number;
  bytes: number[];
  linkType: number;
  foreign: boolean;
}

export interface Reading {
  frames: Seen[];
  problems: Problem[];
  batches: number;
}

export function rowsOf(batch: FrameBatch): Seen[] {
  return Array.from({ length: batch.length }, (_, i) => ({
    number: batch.number?.[i] ?? batch.firstFrame + i,
    time: batch.time[i]!,
    nano: batch.nano[i]!,
    wire: batch.wire[i]!,
    bytes: [...batch.bytes.subarray(batch.offset[i]!, batch.offset[i]! + batch.captured[i]!)],
    linkType: batch.linkType,
    foreign: batch.foreign ?? false,
  }));
}

/** Reads everything. */
export async function readAll(
  source: CaptureSource | readonly CaptureSource[],
  options: OpenOptions = {},
): Promise<Reading> {
  const reading: Reading = { frames: [], problems: [], batches: 0 };
  const onProblem = (problem: Problem) => reading.problems.push(problem);
  for await (const batch of openFrames(source, { onProblem, ...options })) {
    reading.batches++;
    reading.frames.push(...rowsOf(batch));
  }
  return reading;
}

/** `length` bytes counting up from `from`. */
export function ramp(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) & 255);
}

/** Chunks of at most `size` bytes, as a stream. */
export function chunked(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += size));
    },
  });
}

/** Builds pcapng files block by block, in either byte order. */
export class Blocks {
  readonly parts: number[] = [];
  constructor(public little = true) {}

  u16(n: number): number[] {
    return this.little ? [n & 255, n >> 8] : [n >> 8, n & 255];
  }

  u32(n: number): number[] {
    const low = n & 0xffff, high = n >>> 16;
    return this.little ? [...this.u16(low), ...this.u16(high)] : [...this.u16(high), ...this.u16(low)];
  }

  u64(n: bigint): number[] {
    const low = Number(BigInt.asUintN(32, n)), high = Number(BigInt.asUintN(32, n >> 32n));
    return this.little ? [...this.u32(low), ...this.u32(high)] : [...this.u32(high), ...this.u32(low)];
  }

  pad(bytes: Iterable<number>): number[] {
    const all = [...bytes];
    while (all.length % 4) all.push(0);
    return all;
  }

  option(code: number, value: Iterable<number>): number[] {
    const bytes = [...value];
    return [...this.u16(code), ...this.u16(bytes.length), ...this.pad(bytes)];
  }

  comment(text: string): number[] {
    return this.option(1, new TextEncoder().encode(text));
  }

  block(type: number, body: number[]): this {
    const total = body.length + 12;
    this.parts.push(...this.u32(type), ...this.u32(total), ...body, ...this.u32(total));
    return this;
  }

  section(options: number[] = []): this {
    return this.block(0x0a0d0d0a, [
      ...this.u32(0x1a2b3c4d),
      ...this.u16(1),
      ...this.u16(0),
      ...this.u64(-1n),
      ...options,
    ]);
  }

  iface(linkType = 1, snaplen = 0, options: number[] = []): this {
    return this.block(1, [...this.u16(linkType), 0, 0, ...this.u32(snaplen), ...options]);
  }

  packet(ticks: bigint, bytes: Uint8Array, iface = 0, options: number[] = [], wire = bytes.length): this {
    const high = Number(BigInt.asUintN(32, ticks >> 32n)), low = Number(BigInt.asUintN(32, ticks));
    return this.block(6, [
      ...this.u32(iface),
      ...this.u32(high),
      ...this.u32(low),
      ...this.u32(bytes.length),
      ...this.u32(wire),
      ...this.pad(bytes),
      ...options,
    ]);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
}

/** Output of a program, or undefined when it is not installed. */
export async function run(
  command: string,
  args: string[],
  stdin?: Uint8Array,
): Promise<{ out: string; err: string; code: number } | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args,
      stdin: stdin ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      env: { TZ: "UTC" },
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const write = async () => {
    if (!stdin) return;
    const writer = child.stdin.getWriter();
    await writer.write(stdin);
    await writer.close();
  };
  const [{ stdout, stderr, code }] = await Promise.all([child.output(), write()]);
  const text = new TextDecoder();
  return { out: text.decode(stdout), err: text.decode(stderr), code };
}
