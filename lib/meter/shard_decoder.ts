/**
 * The decoding thread of a sharded run: reads and decodes a capture into shared batches and says which packets are whose.
 *
 * @module
 */
import { openFrames } from "../capture/mod.ts";
import { decode, DecodeMemory, type DecodeOptions } from "../decode/mod.ts";
import { admits } from "./admits.ts";
import { keepHeaders } from "./keep_headers.ts";
import { packetsOfBatch, ShardBatch } from "./shard_batch.ts";
import { DecoderLine } from "./batch_line.ts";
import { failureOf, portOf, type ThreadNews } from "./thread_news.ts";
import { shareOut } from "./shards.ts";
import type { SharedMemory } from "./shared_batch.ts";

/** What the decoding thread is told. */
export interface ShardDecodeTask {
  readonly source: string | readonly string[];
  readonly strict: boolean;
  /** Ways to decode, as `decodingsOf` gives them. */
  readonly decodings: readonly Required<Omit<DecodeOptions, "shard">>[];
  readonly shards: number;
  /** Bytes of user data that a meter may ask for. */
  readonly userData: number;
  readonly line: SharedArrayBuffer;
  /** Of each slot the memory of one batch for each decoding. */
  readonly slots: readonly (readonly SharedMemory[])[];
}

const port = portOf<ShardDecodeTask, ThreadNews>();

async function run(task: ShardDecodeTask): Promise<void> {
  const { shards, userData } = task;
  const slots = task.slots.map((slot) => slot.map((memory) => new ShardBatch(shards, userData, memory)));
  const line = new DecoderLine(task.line, shards, slots.length);
  const ways = task.decodings.map((options) => ({
    options,
    memory: new DecodeMemory(),
    clock: -Infinity,
    // The real program stops reading where an interface of another kind begins.
    stopped: false,
  }));
  const frames = openFrames(task.source as string | string[], {
    strict: task.strict,
    batch: packetsOfBatch(userData),
    onProblem: (p) =>
      port.postMessage({ kind: "problem", code: p.code, reason: p.reason, detail: p.detail() }),
  });
  for await (const batch of frames) {
    if (batch.length === 0) continue;
    const slot = slots[line.free()]!;
    ways.forEach((way, n) => {
      const to = slot[n]!, c = to.columns;
      way.stopped ||= !admits(batch, way.options.quirks);
      if (way.stopped) c.length = 0;
      else decode(batch, c, way.options, way.memory);
      way.clock = shareOut(c, to.shares, way.clock);
      keepHeaders(c, to.bytes, userData);
      to.send();
    });
    line.give();
  }
  line.end();
}

port.onmessage = ({ data }) => void run(data).catch((error) => port.postMessage(failureOf(error)));
port.postMessage({ kind: "ready" });
