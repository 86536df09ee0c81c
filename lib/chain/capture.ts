import { type Duration, parseDuration, Problem } from "../base/mod.ts";
import { type CaptureSource, createCapture, type FrameBatch, openFrames } from "../capture/mod.ts";
import { type Conversation, Conversations, decode, PacketColumns } from "../decode/mod.ts";
import { displayable, packetStrip, Picture, timeline } from "../display/mod.ts";
import { compilePacketFilter, selectFrames } from "../expression/mod.ts";
import { argus, type Settings, type SettingsInput } from "../settings/mod.ts";
import { type AgainstOptions, findAgainst } from "./against.ts";
import type { Against } from "./against_view.ts";
import { Flows } from "./flows.ts";
import { packetModel } from "./pictures.ts";
import { type CapturePlan, describePlan, type Plan } from "./plan.ts";
import { runStudy, type StudyGrid, StudyRun } from "./study.ts";
import { timelineModel } from "./timeline_story.ts";

/** How to read a capture. */
export interface ReadPcapOptions {
  /** Throws the problem of a damaged capture instead of using what comes before the damage. */
  readonly strict?: boolean;
  /** Puts packets that come late by no more than this back into order. */
  readonly sort?: Duration;
  /** The input grows while it is read: timers follow the wall clock when it is silent. */
  readonly live?: boolean;
  /**
   * Meters on so many threads: the same records in the same order. Of several, one reads and decodes for the others, which meter each its
   * shard of the flows (law 5). Clock `exact` only.
   */
  readonly workers?: number;
}

/** Bounds of what metering keeps in memory. */
export interface MeterLimits {
  /**
   * Live flows kept in memory; the coldest of more wait in a temporary file and come back when they speak again. The records are the
   * same with any number. Not with settings that ask for jitter, packet sizes, MACs or user data.
   */
  readonly maxLive?: number | undefined;
}

/** The packets of a capture, not read yet: every verb gives a new plan, and only asking for results runs it. */
export class Capture {
  readonly #plan: CapturePlan;

  /** Use {@linkcode readPcap}. */
  constructor(plan: CapturePlan) {
    this.#plan = Object.freeze(plan);
  }

  /** The frozen plan of this capture. */
  get from(): CapturePlan {
    return this.#plan;
  }

  /** What will be read, as text. */
  plan(): string {
    return describePlan({ from: this.#plan, steps: [], fields: undefined });
  }

  /**
   * Meters the packets into flow records.
   *
   * @param settings a setting such as `argus({ status: "60s" })`, or what to change of Argus' own
   * @param limits how much memory live flows may take
   * @throws {Problem} `bad-value` for a wrong setting or limit.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { readPcap } from "./capture.ts";
   *
   * const capture = readPcap("fixtures/thread-full.pcap.gz");
   * const tight = capture.meter({ status: "60s", maxLive: 20 }); // the coldest of more live flows wait on disk
   * assertEquals(await tight.count(), await capture.meter({ status: "60s" }).count());
   * ```
   */
  meter(settings: Settings | (SettingsInput & MeterLimits) = {}, limits: MeterLimits = {}): Flows {
    const { maxLive = limits.maxLive, ...rest } = settings as SettingsInput & MeterLimits;
    if (maxLive !== undefined && !(maxLive >= 1)) {
      throw new Problem("bad-value", `Expected maxLive to be a number of flows above 0 but found ${maxLive}`);
    }
    const full = "preset" in settings ? settings as Settings : argus(rest);
    const plan: Plan = Object.freeze({
      from: this.#plan,
      steps: Object.freeze([Object.freeze({ op: "meter" as const, settings: full, maxLive })]),
      fields: undefined,
    });
    return new Flows(plan);
  }

  /**
   * Keeps only packets that pass a tcpdump-style filter; the others are invisible, to the meter's clock too (TIM-7).
   *
   * @throws {Problem} `syntax` with the position and what was expected.
   */
  packets(filter: string): Capture {
    compilePacketFilter(filter);
    return new Capture({ ...this.#plan, packets: Object.freeze([...this.#plan.packets, filter]) });
  }

  /** Meters the packets under every setting of a grid, in one pass. */
  study(grid: StudyGrid, options: { filter?: string } = {}): StudyRun {
    return new StudyRun(runStudy(this.#plan, grid, options));
  }

  /**
   * Looks for the settings that reproduce a table of flows which others published: CICFlowMeter, NFStream, nfdump, ra or Zeek.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { readPcap } from "./capture.ts";
   *
   * const table = "ts,te,pr,sa,sp,da,dp,ipkt,ibyt\n" +
   *   "2015-06-04 10:00:00.000,2015-06-04 10:00:06.030,TCP,10.0.1.2,40002,10.0.2.3,80,14,875\n";
   * const found = await readPcap("fixtures/port-reuse.pcap").against(new TextEncoder().encode(table));
   * assertEquals(found.best.name, "nfpcapd");
   * ```
   */
  against(flows: string | Uint8Array, options: AgainstOptions = {}): Promise<Against> {
    const plan = { kind: "flows" as const, source: flows, name: nameOf(flows), strict: this.#plan.strict };
    return findAgainst(this.#plan, plan, options);
  }

  /** A picture of the packets over time. */
  plot(): Picture {
    return Picture.later(
      `Packets of ${this.#plan.name}`,
      () => packetModel(this.#plan, this.#frames()),
      packetStrip,
    );
  }

  /** The timeline of a conversation, one lane for each setting; the filter (ra's language) chooses the conversation. */
  timeline(settings: readonly (Settings | SettingsInput)[], filter?: string): Picture {
    const full = settings.map((s) => "preset" in s ? s as Settings : argus(s));
    return Picture.later(
      `Timeline of ${filter ?? this.#plan.name}`,
      () => timelineModel(this.#plan, full, filter),
      timeline,
    );
  }

  /** Number of packets that pass the filters. */
  async count(): Promise<number> {
    let n = 0;
    for await (const frames of this.#frames()) n += frames.length;
    return n;
  }

  /** Conversations as Wireshark counts them, numbered as `tcp.stream` and `udp.stream` do. */
  async conversations(proto: "tcp" | "udp" = "tcp"): Promise<readonly Conversation[]> {
    const all = new Conversations(), columns = new PacketColumns(1 << 16);
    for await (const frames of this.#frames()) {
      decode(frames, columns);
      all.add(frames, columns);
    }
    return all.list(proto);
  }

  /**
   * Writes the packets that pass the filters, byte for byte, as `.pcap` or `.pcapng` (`.gz`, `.zst` compress); gives their number.
   *
   * @throws {Problem} `bad-value` when the target is the capture itself.
   */
  async write(path: string): Promise<number> {
    if (path === this.#plan.source) {
      throw new Problem("bad-value", "Expected another file to write to than the one being read", {
        source: path,
      });
    }
    const writer = await createCapture(path);
    let n = 0;
    try {
      for await (const frames of this.#frames()) {
        for (let i = 0; i < frames.length; i++) writer.write(frames, i);
        n += frames.length;
      }
    } finally {
      await writer.close();
    }
    return n;
  }

  /** The frames that pass the filters. */
  async *#frames(): AsyncGenerator<FrameBatch> {
    const tests = this.#plan.packets.map((text) => compilePacketFilter(text));
    const onProblem = (p: Problem) => console.error(p.message);
    for await (let frames of openFrames(this.#plan.source, { strict: this.#plan.strict, onProblem })) {
      for (const test of tests) frames = selectFrames(frames, test);
      if (frames.length > 0) yield frames;
    }
  }
}

displayable(Capture.prototype, (self) => ({
  text: () =>
    `Capture\n${self.plan()}\n(not read yet: .meter(...).show(), .study(...), .count(), .conversations())`,
}));

/** What to call a source in plans and tables. */
export function nameOf(source: CaptureSource): string {
  if (typeof source === "string") return source === "-" ? "standard input" : source;
  if (Array.isArray(source)) return source.map((s) => nameOf(s)).join(" ");
  return source instanceof Uint8Array ? `${source.length} bytes` : "stream";
}

/**
 * Opens a capture: a file, glob, URL, `"-"` for standard input, bytes, a byte stream, or several of these one behind the other.
 * pcap and pcapng, plain or compressed with gzip or zstd. Nothing is read before results are asked for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readPcap } from "./capture.ts";
 *
 * const capture = readPcap("fixtures/thread-full.pcap.gz");
 * assertEquals(capture.plan(), "read pcap fixtures/thread-full.pcap.gz");
 * ```
 */
export function readPcap(source: CaptureSource, options: ReadPcapOptions = {}): Capture {
  return new Capture({
    kind: "capture",
    source,
    name: nameOf(source),
    packets: Object.freeze([]),
    sort: options.sort === undefined ? undefined : parseDuration(options.sort, "sort window"),
    strict: options.strict ?? false,
    live: options.live ?? false,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
}
