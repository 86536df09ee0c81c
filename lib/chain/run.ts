import { isLarge, Problem } from "../base/mod.ts";
import { Disorder, type FrameBatch, openFrames, sortFrames } from "../capture/mod.ts";
import { anonymize, bin, cluster, labelRecords, sortRecords, topRecords } from "../cluster/mod.ts";
import { compilePacketFilter, compileRecordFilter, parseTimeRange } from "../expression/mod.ts";
import { readFlows } from "../formats/mod.ts";
import {
  type BankOptions,
  canPipeline,
  LiveClock,
  MeterBank,
  type MeterFigures,
  runPipelined,
} from "../meter/mod.ts";
import { asRead, type RecordBatch } from "../record/mod.ts";
import { isPeer, type Settings } from "../settings/mod.ts";
import { isStoreUrl, readStore } from "../stores/mod.ts";
import { cellProgress } from "./cell_progress.ts";
import { FlowRecord } from "./flow_record.ts";
import type { CapturePlan, Plan, Step } from "./plan.ts";
import { pulled } from "./pull.ts";
import { shardedStream } from "./workers.ts";

/** How often a silent live input is looked after. */
const HEARTBEAT_MS = 250;

/** What happens on the way, for whoever wants to show it. */
export interface RunListeners {
  /** A damaged source: everything before the damage was used. */
  readonly onProblem?: (problem: Problem) => void;
  /** Bytes read so far, and in all where known. */
  readonly onProgress?: (read: number, total: number | undefined) => void;
  /** Ends the reading as if the capture ended there: open flows are written. */
  readonly signal?: AbortSignal;
  /** Time stamps out of order, told once at the end. */
  readonly onDisorder?: (disorder: Disorder) => void;
}

/** What metering one capture under several settings gives besides records. */
export interface MeterRun {
  /** Meters in the order of the settings: ledger, counters, peaks. */
  readonly meters: readonly MeterFigures[];
  /** Problems of the capture. */
  readonly problems: readonly Problem[];
  /** Time stamps out of order. */
  readonly disorder: Disorder;
}

/** Packet predicate for all filters of a capture plan. */
function packetsOf(plan: CapturePlan): ((frames: FrameBatch, i: number) => boolean) | undefined {
  if (plan.packets.length === 0) return undefined;
  const tests = plan.packets.map((text) => compilePacketFilter(text));
  return tests.length === 1 ? tests[0]! : (frames, i) => tests.every((t) => t(frames, i));
}

/** How to meter a capture. */
export interface MeterCaptureOptions extends BankOptions {
  /** `take` is done with a batch when it returns: its memory is used again. */
  readonly reuse?: boolean;
  /** Asked before each batch, by its first frame, whether to end as if the capture ended there. */
  readonly isOver?: (nextFrame: number, meters: readonly MeterFigures[]) => boolean;
}

/** Ends a metering before its capture ends; nobody else sees it. */
const OVER = Symbol("over");

/**
 * Meters a capture under several settings in one pass; `take` is given each batch of finished records, as a reader would see them,
 * with the number of its setting.
 *
 * @throws {Problem} when the capture cannot be read at all, or is damaged and the plan is strict.
 */
export async function meterCapture(
  plan: CapturePlan,
  settings: readonly Settings[],
  take: (index: number, batch: RecordBatch) => void | Promise<void>,
  options: MeterCaptureOptions = {},
  listeners: RunListeners = {},
): Promise<MeterRun> {
  const waiting: [number, RecordBatch][] = [];
  const sinks = settings.map((setting, index) => (batch: RecordBatch) => {
    // Peers write their records as they are to be read.
    if (!isPeer(setting)) { for (let row = 0; row < batch.length; row++) asRead(batch, row); }
    if (options.reuse) {
      take(index, batch);
      batch.clear();
      return batch;
    }
    waiting.push([index, batch]);
    return batch.fresh();
  });
  const packets = packetsOf(plan);
  const { isOver } = options;
  const tap: BankOptions["tap"] = isOver
    ? (columns, found) => {
      if (isOver(columns.firstFrame, bank.meters)) throw OVER;
      options.tap?.(columns, found);
    }
    : options.tap;
  const bank: MeterBank = new MeterBank(settings, sinks, {
    // Batches that are used again stay in the processor's cache when they are small.
    ...(options.reuse ? { batchSize: 256 } : {}),
    ...options,
    ...(packets ? { packets } : {}),
    ...(tap ? { tap } : {}),
  });
  const problems: Problem[] = [];
  const disorder = new Disorder();
  const onProblem = (p: Problem) => {
    problems.push(p);
    listeners.onProblem?.(p);
  };
  const hand = async () => {
    for (const [index, batch] of waiting.splice(0)) {
      const wait = take(index, batch);
      if (wait) await wait;
    }
  };
  const cell = listeners.onProgress ? undefined : cellProgress(`metering ${plan.name}`);
  const onProgress = listeners.onProgress ?? cell?.onProgress;
  const progress = onProgress ? { onProgress } : {};
  try {
    // A second thread's buffers are memory, too.
    const alone = plan.alone || options.maxLive !== undefined;
    if (plan.sort === undefined && !alone && isLarge(plan.source) && canPipeline(bank)) {
      await runPipelined(bank, plan.source, {
        strict: plan.strict,
        connections: options.connections ?? false,
        onProblem,
        ...progress,
        ...(tap ? { tap } : {}),
        signal: listeners.signal,
        afterBatch: () => waiting.length > 0 ? hand() : undefined,
      });
    } else {
      const clock = plan.live ? new LiveClock() : undefined;
      const frames = openFrames(plan.source, {
        strict: plan.strict,
        onProblem,
        ...progress,
        ...(clock ? { heartbeat: HEARTBEAT_MS } : {}),
        ...(listeners.signal ? { signal: listeners.signal } : {}),
      });
      for await (const batch of plan.sort === undefined ? frames : sortFrames(frames, plan.sort)) {
        disorder.add(batch);
        if (batch.length > 0) bank.take(batch);
        clock?.see(batch);
        if (clock && !Number.isNaN(clock.now())) bank.tick(clock.now());
        if (waiting.length > 0) await hand();
      }
    }
  } catch (error) {
    if (error !== OVER) {
      // Records of everything before the damage are given before it is reported.
      bank.end();
      await hand();
      throw error;
    }
  } finally {
    await cell?.stop();
  }
  for (const _ of bank.ending()) if (waiting.length > 0) await hand();
  await hand();
  if (disorder.count > 0) listeners.onDisorder?.(disorder);
  return { meters: bank.meters, problems, disorder };
}

/** The records of one setting, one batch at a time. */
function meterStream(
  plan: CapturePlan,
  settings: Settings,
  options: BankOptions,
  listeners: RunListeners,
): AsyncGenerator<RecordBatch> {
  return pulled(({ put, taken, signal }) => {
    const take = (_: number, batch: RecordBatch) => {
      put(batch);
      return taken();
    };
    // Whoever asks for no more records leaves no thread behind.
    const either = listeners.signal ? AbortSignal.any([listeners.signal, signal]) : signal;
    return meterCapture(plan, [settings], take, options, { ...listeners, signal: either });
  });
}

/**
 * Runs a plan: batches of records as a reader sees them.
 *
 * @param wanted the only fields that anybody will ask for, which may spare a store from giving whole records
 */
export async function* runPlan(
  plan: Plan,
  listeners: RunListeners = {},
  wanted?: readonly string[],
): AsyncGenerator<RecordBatch> {
  let steps = plan.steps, stream: AsyncIterable<RecordBatch>;
  if (plan.from.kind === "capture") {
    const meter = steps[0];
    if (meter?.op !== "meter") throw new Problem("syntax", "Expected .meter(...) before any verb on records");
    steps = steps.slice(1);
    const { maxLive } = meter;
    if (maxLive !== undefined && plan.from.workers !== undefined) {
      throw new Problem(
        "unsupported",
        "Expected either workers or maxLive: workers keep their live flows in memory",
      );
    }
    stream = plan.from.workers === undefined
      ? meterStream(plan.from, meter.settings, { connections: true, maxLive }, listeners)
      : shardedStream(plan.from, meter.settings, listeners.onProblem);
  } else if (typeof plan.from.source === "string" && isStoreUrl(plan.from.source)) {
    const { query, batches } = await readStore(plan.from.source, steps, wanted);
    stream = batches;
    steps = query.rest as readonly Step[];
  } else {
    stream = readFlows(plan.from.source, {
      read: true,
      strict: plan.from.strict,
      ...(listeners.onProblem ? { onProblem: listeners.onProblem } : {}),
    });
  }
  yield* applySteps(stream, steps);
}

/** Applies the verbs on records to a stream of batches. */
export function applySteps(
  stream: AsyncIterable<RecordBatch>,
  steps: readonly Step[],
): AsyncIterable<RecordBatch> {
  for (const step of steps) stream = applyStep(stream, step);
  return stream;
}

/** The test of a filter step as a function of batch and row. */
export function recordTest(
  test: Extract<Step, { op: "filter" }>["test"],
): (batch: RecordBatch, row: number) => boolean {
  if (typeof test === "string") return compileRecordFilter(test);
  const cursor = new FlowRecord(undefined as unknown as RecordBatch, 0);
  return (batch, row) => {
    cursor.batch = batch;
    cursor.row = row;
    return test(cursor);
  };
}

async function* keep(
  stream: AsyncIterable<RecordBatch>,
  test: (batch: RecordBatch, row: number) => boolean,
): AsyncGenerator<RecordBatch> {
  for await (const batch of stream) {
    const kept = batch.fresh();
    for (let row = 0; row < batch.length; row++) if (test(batch, row)) kept.append(batch, row);
    if (kept.length > 0) yield kept;
  }
}

async function* limit(stream: AsyncIterable<RecordBatch>, count: number): AsyncGenerator<RecordBatch> {
  let left = count;
  if (left <= 0) return;
  for await (const batch of stream) {
    if (batch.length < left) {
      left -= batch.length;
      yield batch;
      continue;
    }
    batch.length = left;
    yield batch;
    return;
  }
}

function applyStep(stream: AsyncIterable<RecordBatch>, step: Step): AsyncIterable<RecordBatch> {
  switch (step.op) {
    case "meter":
      throw new Problem("syntax", "Expected .meter(...) only once, on a capture");
    case "filter":
      return keep(stream, recordTest(step.test));
    case "time":
      return keep(stream, parseTimeRange(step.range));
    case "cluster":
      return cluster(stream, step.options);
    case "bin":
      return bin(stream, step.every, { hard: step.hard });
    case "sort":
      return sortRecords(stream, step.keys, { reverse: step.reverse });
    case "top":
      return topRecords(stream, step.count, step.field);
    case "limit":
      return limit(stream, step.count);
    case "label":
      return labelRecords(stream, step.rules);
    case "anonymize":
      return anonymize(stream, step.key);
  }
}
