import type { FrameBatch } from "../capture/mod.ts";
import * as P from "../decode/mod.ts";
import { decode, PacketColumns } from "../decode/mod.ts";
import type { Shard } from "../decode/mod.ts";
import { argus, isPeer, type Settings } from "../settings/mod.ts";
import { type ConnectionColumns, Connections } from "./connections.ts";
import { Flock, type SharedTake } from "./flock.ts";
import { flocksOf } from "./flocks.ts";
import type { FlowMeter, MeterFigures } from "./flow_meter.ts";
import { admits } from "./admits.ts";
import { type Decoding, decodingOf } from "./decodings.ts";
import type { KeyRules } from "./key_rules.ts";
import type { PacketShare } from "./packet_share.ts";
import { keyRulesOf, KeyTable } from "./keys.ts";
import { KeyHolders } from "./key_holders.ts";
import { BATCH_ROWS, Meter, type MeterOptions, type RecordSink } from "./meter.ts";
import { PeerMeter } from "./peer.ts";
import { packetsOfShard } from "./shards.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { P_DROPPED, P_ELSEWHERE, P_KIND_MASK, PACKET_WORDS, PW_KIND } = P;

/** Tells whether frame `i` of a batch is to be metered. */
export type PacketPredicate = (frames: FrameBatch, i: number) => boolean;

/** What a bank of meters is told besides the settings. */
export interface BankOptions {
  /** Packets to meter; the others are invisible, to the clock too (TIM-7). */
  readonly packets?: PacketPredicate;
  /** The shard whose packets are metered; the others only move the clock (see `packetsOfShard`). */
  readonly shard?: Shard | undefined;
  /** Connections whose events go to each meter's ledger. */
  readonly ledger?: MeterOptions["ledger"];
  /** Whether records carry connection ids (costs 24 bytes for each distinct flow key of the capture). */
  readonly connections?: boolean;
  /** Rows of a record batch before it goes to its sink. */
  readonly batchSize?: number;
  /** Makes a meter note for each record which frame made it come out (see {@linkcode MeterOptions.stamps}). */
  readonly stamps?: boolean | undefined;
  /** Entries that all meters together keep in memory; the coldest of more wait in temporary files (see {@linkcode MeterOptions.maxLive}). */
  readonly maxLive?: number | undefined;
  /** Takes each record of every meter where it lies, where the settings allow it; see {@linkcode MeterOptions.take}. */
  readonly take?: MeterOptions["take"];
  /** Makes such a taker for the setting with this number; connections are numbered apart in each numbering. */
  readonly taker?: (index: number, numbering: number) => NonNullable<MeterOptions["take"]>;
  /**
   * Lets settings that differ only in times share their records, too: makes what takes those of the settings with these numbers, each a
   * bit in this order, instead of their sinks, in any order. Their connections are numbered in the numbering told.
   */
  readonly share?: ((settings: readonly number[], numbering: number) => SharedTake) | undefined;
  /** Lets the records of settings that are metered together go to the sink of the first, stamped with their numbers among them. */
  readonly gathers?: boolean;
  /** Shown each decoded batch before it is metered, with the connections of its packets when they are tracked. */
  readonly tap?: (columns: PacketColumns, connections: ConnectionColumns | undefined) => void;
}

interface KeyGroup {
  readonly rules: KeyRules;
  readonly keys: KeyTable;
  readonly holders: KeyHolders;
  readonly connections: Connections | undefined;
  readonly numbering: number;
  readonly meters: FlowMeter[];
}

interface DecodeGroup {
  readonly options: Decoding;
  readonly groups: KeyGroup[];
  columns: PacketColumns;
  /** The real program stops reading where an interface of another kind begins. */
  stopped: boolean;
}

interface Plan {
  readonly decodes: readonly DecodeGroup[];
  /** By setting. */
  readonly figures: readonly MeterFigures[];
  /** Each meter once. */
  readonly running: readonly FlowMeter[];
}

/** Stands for the meters of some settings. */
export interface Stand {
  /** Their numbers. */
  readonly settings: readonly number[];
  /** Makes what stands for them; the records of each go to its sink in batches of so many rows. */
  readonly make: (
    sinks: readonly RecordSink[],
    batchSize: number,
  ) => FlowMeter & { readonly figures: readonly MeterFigures[] };
}

/** Shares one decode among settings that see packets alike, one key table among those that key them alike, and one meter among a flock. */
function plan(
  settings: readonly Settings[],
  sinks: readonly RecordSink[],
  o: BankOptions,
  stands: readonly Stand[] = [],
): Plan {
  const decodes = new Map<string, DecodeGroup>();
  const keyGroups = new Map<string, KeyGroup>();
  const groupOf = (s: Settings): KeyGroup => {
    const options = decodingOf(s);
    const decodeKey = JSON.stringify(options);
    let decodeGroup = decodes.get(decodeKey);
    if (!decodeGroup) {
      decodes.set(
        decodeKey,
        decodeGroup = { options, groups: [], columns: new PacketColumns(1024), stopped: false },
      );
    }
    // Peers make keys of their own; the shared ones name connections.
    const rules = keyRulesOf(isPeer(s) ? argus() : s);
    const groupKey = decodeKey + JSON.stringify(rules);
    let group = keyGroups.get(groupKey);
    if (!group) {
      group = {
        rules,
        keys: new KeyTable(rules),
        holders: new KeyHolders(),
        connections: o.connections ? new Connections() : undefined,
        numbering: keyGroups.size,
        meters: [],
      };
      keyGroups.set(groupKey, group);
      decodeGroup.groups.push(group);
    }
    return group;
  };
  const isApart = o.maxLive !== undefined || o.ledger !== undefined || o.stamps ||
    !o.share && (o.take !== undefined || o.taker !== undefined);
  const away = new Set(stands.flatMap((stand) => stand.settings));
  const here = [...settings.keys()].filter((index) => !away.has(index));
  const flocks = isApart
    ? here.map((index) => [index])
    : flocksOf(here.map((index) => settings[index]!)).map((flock) => flock.map((n) => here[n]!));
  const figures: MeterFigures[] = [], running: FlowMeter[] = [];
  for (const members of flocks) {
    const first = settings[members[0]!]!, group = groupOf(first);
    let meter: FlowMeter;
    if (members.length > 1) {
      const chosen = members.map((index) => settings[index]!);
      const to = o.share ? o.share(members, group.numbering) : {
        batchSize: o.batchSize ?? BATCH_ROWS,
        ...(o.gathers ? { gathered: sinks[members[0]!]! } : { sinks: members.map((index) => sinks[index]!) }),
      };
      const flock = new Flock(chosen, group.holders, to, group.connections);
      members.forEach((index, j) => figures[index] = flock.members[j]!.figures);
      meter = flock;
    } else {
      const index = members[0]!;
      const meterOptions: MeterOptions = {
        ...(o.ledger === undefined ? {} : { ledger: o.ledger }),
        ...(group.connections === undefined ? {} : { connections: group.connections }),
        ...(o.batchSize === undefined ? {} : { batchSize: o.batchSize }),
        ...(o.take === undefined ? {} : { take: o.take }),
        ...(o.taker === undefined ? {} : { take: o.taker(index, group.numbering) }),
        ...(o.maxLive === undefined ? {} : { maxLive: Math.max(1, Math.floor(o.maxLive / settings.length)) }),
        ...(o.stamps ? { stamps: true } : {}),
      };
      const sink = sinks[index]!;
      figures[index] = meter = isPeer(first)
        ? new PeerMeter(first, sink, meterOptions)
        : new Meter(first, group.holders, sink, meterOptions);
    }
    group.meters.push(meter);
    running.push(meter);
  }
  // Last: these may have to be waited for.
  for (const { settings: members, make } of stands) {
    const meter = make(members.map((index) => sinks[index]!), o.batchSize ?? BATCH_ROWS);
    members.forEach((index, j) => figures[index] = meter.figures[j]!);
    groupOf(settings[members[0]!]!).meters.push(meter);
    running.push(meter);
  }
  return { decodes: [...decodes.values()], figures, running };
}

/**
 * Meters one capture under many settings in one pass: each batch of frames is decoded once, its keys are numbered once, and every
 * setting keeps its own flow table (law 4).
 */
export class MeterBank {
  #plan: Plan;
  readonly #settings: readonly Settings[];
  readonly #sinks: readonly RecordSink[];
  readonly #options: BankOptions;
  readonly #packets: PacketPredicate | undefined;
  readonly #shard: Shard | undefined;
  readonly #inShard: ((columns: PacketColumns, i: number) => boolean) | undefined;
  readonly #tap: BankOptions["tap"];

  constructor(settings: readonly Settings[], sinks: readonly RecordSink[], options: BankOptions = {}) {
    this.#plan = plan(settings, sinks, options);
    this.#settings = settings;
    this.#sinks = sinks;
    this.#options = options;
    this.#packets = options.packets;
    this.#shard = options.shard;
    this.#inShard = options.shard && packetsOfShard(options.shard);
    this.#tap = options.tap;
  }

  /** What metering comes to, in the order of the settings: a meter of its own for each that shares none. */
  get meters(): readonly MeterFigures[] {
    return this.#plan.figures;
  }

  /**
   * Takes the next frames of the capture.
   *
   * @throws {Problem} `unsupported` when the settings imitate Argus and Argus refuses the link type (LINK-1).
   */
  take(frames: FrameBatch): void {
    for (const group of this.#plan.decodes) {
      if (group.stopped) continue;
      if (!admits(frames, group.options.quirks)) {
        group.stopped = true;
        continue;
      }
      if (group.columns.capacity < frames.length) {
        const memory = group.columns.memory;
        group.columns = new PacketColumns(frames.length);
        group.columns.memory = memory;
      }
      const columns = group.columns;
      decode(frames, columns, this.#shard ? { ...group.options, shard: this.#shard } : group.options);
      if (this.#packets) hide(columns, frames, this.#packets);
      if (this.#inShard) hideOthers(columns, this.#inShard);
      this.#meter(group, columns);
    }
  }

  /**
   * Takes packets decoded elsewhere, of which this bank's meters have a share: of each of `decodingsOf` its batch, in order. Clock `exact`
   * and Argus's rules only.
   */
  takeShare(decoded: readonly { readonly columns: PacketColumns; readonly share: PacketShare }[]): void {
    decoded.forEach(({ columns, share }, n) => this.#meter(this.#plan.decodes[n]!, columns, share));
  }

  #meter(group: DecodeGroup, columns: PacketColumns, share?: PacketShare): void {
    for (const g of group.groups) {
      const batch = g.keys.intern(columns, share);
      g.holders.reach(g.keys.size);
      g.connections?.run(columns, g.keys, share);
      this.#tap?.(columns, g.connections);
      for (const meter of g.meters) meter.run(columns, g.keys, share);
      g.keys.forget(g.holders.endBatch(g.keys.fresh), batch);
    }
  }

  /** The one decode and key group of all settings, or undefined when they need several: what a decode worker can serve. */
  get only(): {
    options: Decoding;
    rules: KeyRules;
    meters: readonly FlowMeter[];
    holders: KeyHolders;
  } | undefined {
    const decodes = this.#plan.decodes, group = decodes[0]?.groups[0];
    if (
      decodes.length !== 1 || decodes[0]!.groups.length !== 1 || group === undefined || this.#packets ||
      this.#shard
    ) {
      return undefined;
    }
    return { options: decodes[0]!.options, rules: group.rules, meters: group.meters, holders: group.holders };
  }

  /** Numbers of the settings of whose meters nothing is asked but records and plain figures: they may work on another thread. */
  get movable(): number[] {
    const { ledger, stamps, maxLive, take, taker, share, tap } = this.#options;
    // Whoever is shown the batches may end the run, and other threads are ahead.
    const ties = [ledger, maxLive, take, taker, share, tap];
    if (!this.only || stamps || ties.some((tie) => tie !== undefined)) return [];
    return [...this.#settings.keys()].filter((n) => {
      const { userData, memory } = this.#settings[n]!;
      return userData === 0 && memory.kind === "off";
    });
  }

  /** Lets others stand for the meters of some settings, before the first packet. */
  replace(stands: readonly Stand[]): void {
    this.#plan = plan(this.#settings, this.#sinks, this.#options, stands);
  }

  /** Lets time go on without a packet, for live input: microseconds of capture time. */
  tick(now: number): void {
    for (const meter of this.#plan.running) meter.tick(now);
  }

  /** End of the capture: every meter writes what it still holds. */
  end(): void {
    for (const _ of this.ending()) { /* The sinks take all. */ }
  }

  /** As {@linkcode end}, in steps, between which the sinks' batches can be taken away: what is still held may be much. */
  *ending(): Generator<void, void, void> {
    for (const meter of this.#plan.running) {
      if (meter.ending) yield* meter.ending();
      else meter.end();
    }
  }
}

function hide(columns: PacketColumns, frames: FrameBatch, packets: PacketPredicate): void {
  for (let i = 0; i < columns.length; i++) {
    if (!packets(frames, i)) columns.words[i * PACKET_WORDS + PW_KIND] = P_DROPPED;
  }
}

function hideOthers(columns: PacketColumns, inShard: (columns: PacketColumns, i: number) => boolean): void {
  const words = columns.words;
  for (let i = 0, x = PW_KIND; i < columns.length; i++, x += PACKET_WORDS) {
    if ((words[x]! & P_KIND_MASK) !== P_DROPPED && !inShard(columns, i)) words[x] = P_DROPPED | P_ELSEWHERE;
  }
}
