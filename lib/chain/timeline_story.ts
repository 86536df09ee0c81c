import { Problem } from "../base/mod.ts";
import type { ConnectionRef, Cut, RecordRef } from "../compare/mod.ts";
import { endText, hex64, isUnknown, refOf } from "../compare/mod.ts";
import {
  END_WORDS,
  PACKET_DOUBLES,
  PACKET_WORDS,
  type PacketColumns,
  PW_ENDS,
  PW_FLAGS,
  PW_PORTS,
} from "../decode/mod.ts";
import {
  moment,
  type TimelineLane,
  type TimelineMark,
  type TimelineModel,
  type TimelineTimer,
} from "../display/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
import { Diary, secondsText } from "../explain/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { remeter } from "./investigate.ts";
import type { CapturePlan, Plan } from "./plan.ts";
import { meterCapture } from "./run.ts";

/** Packets of the connections asked about. */
interface OwnPackets {
  readonly times: number[];
  /** 1 where the initiator sent the packet. */
  readonly fromInitiator: number[];
}

/** The conversation of a record, without regard to direction. */
function conversation(r: RecordRef): string {
  return [r.proto, ...[endText(r.saddr, r.sport), endText(r.daddr, r.dport)].sort()].join(" ");
}

/** Records that pass a filter, under every setting, and the connections they belong to. */
export async function select(
  plan: CapturePlan,
  settings: readonly Settings[],
  filter: string | undefined,
): Promise<Map<string, { ids: Set<string>; packets: number; doubtful: number }>> {
  const accepts = filter ? compileRecordFilter(filter) : undefined;
  const found = new Map<string, { ids: Set<string>; packets: number; doubtful: number }>();
  await meterCapture(plan, settings, (_, batch) => {
    for (let row = 0; row < batch.length; row++) {
      if (accepts && !accepts(batch, row)) continue;
      const ref = refOf(batch, row, 0);
      if (ref.connection === "") continue;
      const key = conversation(ref);
      const entry = found.get(key) ?? { ids: new Set(), packets: 0, doubtful: 0 };
      found.set(key, entry);
      entry.ids.add(ref.connection);
      entry.packets += ref.spkts + ref.dpkts;
      if (isUnknown(ref)) entry.doubtful++;
    }
  }, { connections: true });
  return found;
}

/** Collects times and senders of the packets of some connections in a metering pass. */
function ownPackets(ids: ReadonlySet<string>): {
  tap: (
    columns: PacketColumns,
    found: { high: Int32Array; low: Int32Array; index: Int32Array } | undefined,
  ) => void;
  packets: () => OwnPackets;
} {
  const times: number[] = [], ends: string[] = [];
  let initiator: string | undefined, first: unknown;
  return {
    tap(columns, found) {
      // Packets do not depend on the setting: the first group of settings that shares a key stands for all.
      first ??= found;
      if (found === undefined || found !== first) return;
      for (let i = 0; i < columns.length; i++) {
        if (found.index[i]! < 0 || !ids.has(hex64(found.high[i]!, found.low[i]!))) continue;
        const at = i * PACKET_WORDS + PW_ENDS;
        const sender = columns.words.subarray(at, at + END_WORDS / 2).join() +
          `:${columns.words[i * PACKET_WORDS + PW_PORTS]! >>> 16}`;
        times.push(columns.times[i * PACKET_DOUBLES]!);
        ends.push(sender);
        if (initiator === undefined && (columns.words[i * PACKET_WORDS + PW_FLAGS]! & 0x12) === 0x02) {
          initiator = sender;
        }
      }
    },
    packets() {
      const starter = initiator ?? ends[0];
      return { times, fromInitiator: ends.map((e) => e === starter ? 1 : 0) };
    },
  };
}

function cutMarks(cut: Cut): { marks: TimelineMark[]; timers: TimelineTimer[] } {
  const marks: TimelineMark[] = [
    { time: cut.lastPacket, kind: "last-packet", label: `last packet, ${secondsText(cut.lastPacket)}` },
    { time: cut.boundary, kind: "boundary", label: `status boundary, ${secondsText(cut.boundary)}` },
  ];
  const timers: TimelineTimer[] = [];
  if (cut.by === "sweep") marks.push({ time: cut.noticed, kind: "parked" });
  if (cut.fate === "kept") marks.push({ time: cut.nextPacket, kind: cut.by === "own" ? "cut" : "revived" });
  else {
    if (!Number.isNaN(cut.dropped)) {
      timers.push({
        start: cut.noticed,
        end: cut.dropped,
        expired: true,
        label: secondsText(cut.timeout),
      });
      marks.push({
        time: cut.dropped,
        kind: "forgotten",
        label: `idle timer (${secondsText(cut.timeout)}) over: entry forgotten`,
      });
    }
    marks.push({
      time: cut.nextPacket,
      kind: "spoke-first",
      label:
        `${cut.spokeFirst || "the next packet's sender"} speaks first after ${secondsText(cut.silence)}: ` +
        "becomes the source",
    });
  }
  return { marks, timers };
}

function laneOf(diary: Diary, ids: ReadonlySet<string>, initiator: string): TimelineLane {
  const told = [...ids].flatMap((id) => diary.cuts(id)).map(cutMarks);
  return {
    name: diary.settings.name,
    records: diary.records.filter((r) => ids.has(r.connection)).map((r) => ({
      start: r.stime,
      end: r.ltime,
      evidence: r.evidence,
      direction: r.dir,
      swapped: endText(r.saddr, r.sport) !== initiator,
      packets: r.spkts + r.dpkts,
      detail: `${endText(r.saddr, r.sport)} ${r.dir} ${endText(r.daddr, r.dport)}, ended by ${r.endReason}`,
    })),
    marks: told.flatMap((t) => t.marks),
    timers: told.flatMap((t) => t.timers),
  };
}

/** The timeline of some connections of one conversation, from what the meters' diaries tell. */
export function storyModel(
  diaries: readonly Diary[],
  ids: ReadonlySet<string>,
  packets: { readonly times: ArrayLike<number>; readonly fromInitiator?: ArrayLike<number> },
  remark = "",
): TimelineModel {
  const records = diaries.flatMap((d) => d.records).filter((r) => ids.has(r.connection));
  const sure = records.find((r) => r.evidence === "syn" || r.evidence === "synack") ??
    records.toSorted((a, b) => a.stime - b.stime)[0];
  if (!sure) return { title: "No records", lanes: [] };
  const source = endText(sure.saddr, sure.sport), destination = endText(sure.daddr, sure.dport);
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const { times, fromInitiator } = packets;
  return {
    title: `${source} to ${destination} under ${count(diaries.length, "setting")}`,
    subtitle:
      `${count(times.length, "packet")}, ${count(ids.size, "connection")}, begun by ${source}, from ` +
      `${moment(times[0] ?? sure.stime)}${remark}.`,
    lanes: diaries.map((d) => laneOf(d, ids, source)),
    packets: times,
    ...(fromInitiator ? { fromInitiator } : {}),
    sides: [sure.saddr, sure.daddr],
  };
}

/** What the timeline of a conversation shows: its records and events under every setting, and its packets. */
export async function timelineModel(
  plan: CapturePlan,
  settings: readonly Settings[],
  filter: string | undefined,
): Promise<TimelineModel> {
  const found = [...await select(plan, settings, filter)];
  // Several conversations may pass the filter: the one with most doubt tells most, then the one with most packets.
  found.sort(([, a], [, b]) => b.doubtful - a.doubtful || b.packets - a.packets);
  const chosen = found[0];
  if (!chosen) return { title: filter ? `No records of: ${filter}` : "No records", lanes: [] };
  const ids = chosen[1].ids, own = ownPackets(ids);
  const meterings = await remeter(plan, settings, ids, { tap: own.tap });
  const many = found.length > 1 ? ` (one of ${found.length} conversations that pass the filter)` : "";
  return storyModel(meterings.map((m) => new Diary(m)), ids, own.packets(), many);
}

/** The two ends of a connection as a record filter. */
export function filterOf(connection: ConnectionRef): string {
  const [a, b] = connection.ends;
  const ports = [...new Set([a[1], b[1]])].filter((p) => /^\d+$/.test(p)).map((p) => ` and port ${p}`).join(
    "",
  );
  const proto = /^(tcp|udp|icmp)$/.test(connection.proto) ? `${connection.proto} and ` : "";
  return `${proto}host ${a[0]} and host ${b[0]}${ports}`;
}

/**
 * Capture, setting and filter of a plan that meters.
 *
 * @throws {Problem} `unsupported` when the plan reads records instead, or filters them by a function.
 */
export function meteringOf(plan: Plan): {
  readonly capture: CapturePlan;
  readonly settings: Settings;
  readonly filter: string | undefined;
} {
  const meter = plan.steps[0];
  if (plan.from.kind !== "capture" || meter?.op !== "meter") {
    throw new Problem(
      "unsupported",
      `Expected records metered from a capture, whose packets can be drawn, but found ${plan.from.name}`,
    );
  }
  const filters = plan.steps.flatMap((step) => step.op === "filter" ? [step.test] : []);
  if (filters.some((f) => typeof f !== "string")) {
    throw new Problem(
      "unsupported",
      "Expected filters in ra's language for this picture but found a function",
    );
  }
  const filter = filters.length === 0 ? undefined : filters.map((f) => `(${f})`).join(" and ");
  return { capture: plan.from, settings: meter.settings, filter };
}
