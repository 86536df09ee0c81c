import { type Cut, type Fate, hex64, isUnknown, type RecordRef } from "../compare/mod.ts";
import type { LedgerEvent } from "../meter/mod.ts";
import { FLAG_CORRECTED } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { type FrameFacts, NO_FRAMES } from "./frame_notes.ts";
import { destinationText, sourceText } from "./text.ts";

/** One metering as far as it concerns the connections asked about. */
export interface Metering {
  /** Settings it was made with. */
  readonly settings: Settings;
  /** Records of these connections in the order of emission, as read. */
  readonly records: readonly RecordRef[];
  /** The meter's ledger for them. */
  readonly events: Iterable<LedgerEvent>;
  /** What is known of the frames that made things happen. */
  readonly frames?: FrameFacts;
}

/** One interval of a meter's entry: what became one record, how it was opened and closed. */
export interface Chapter {
  /** Connection id, 16 hexadecimal digits. */
  readonly connection: string;
  /** Number within the connection, from 1. */
  readonly seq: number;
  /** Event that opened it: `created`, `revived`, `restarted`, or `cut` where the entry stayed on its queue. */
  readonly opened: LedgerEvent;
  /** How it began: `cut` and then `revived` by the same packet count as one. */
  readonly began: "created" | "own-packet" | "revived" | "restarted";
  /** Event that closed it and wrote its record. */
  readonly closed: LedgerEvent;
  /** When the entry was dropped afterwards, if it was before anything else happened to it. */
  dropped: LedgerEvent | undefined;
  /** Neighbours within the connection. */
  previous: Chapter | undefined;
  /** Interval after it in the connection. */
  next: Chapter | undefined;
  /** First interval of the same entry with the same connection: where the direction was decided. */
  root: Chapter;
  /** A ghost gave the entry its direction. */
  remembered: boolean;
  /** The record, when it is among those asked about. */
  record: RecordRef | undefined;
}

interface EntryState {
  opened: LedgerEvent | undefined;
  lastCut: LedgerEvent | undefined;
  last: Chapter | undefined;
  root: Chapter | undefined;
  remembered: boolean;
}

/**
 * The ledger of some connections read as a story: intervals in order, each with how it was opened and closed and what became of the
 * entry afterwards.
 */
export class Diary {
  /** The settings. */
  readonly settings: Settings;
  /** Number of records. */
  readonly records: readonly RecordRef[];
  /** All intervals in the order in which their records were written. */
  readonly chapters: readonly Chapter[];
  /** What is known of single frames. */
  readonly frames: FrameFacts;
  readonly #byConnection = new Map<string, Chapter[]>();
  readonly #byFrame = new Map<string, Chapter>();

  /** Reads the ledger of a metering. */
  constructor(metering: Metering) {
    this.settings = metering.settings;
    this.records = metering.records;
    this.frames = metering.frames ?? NO_FRAMES;
    this.chapters = this.#read(metering.events);
    for (const record of metering.records) {
      const chapter = this.chapterOf(record);
      if (chapter) chapter.record = record;
    }
  }

  /** Ids of the connections told about, in the order of their first record. */
  get connections(): readonly string[] {
    return [...this.#byConnection.keys()];
  }

  /** Intervals of a connection in order. */
  of(connection: string): readonly Chapter[] {
    return this.#byConnection.get(connection) ?? [];
  }

  /** The interval that became this record. */
  chapterOf(record: RecordRef): Chapter | undefined {
    if (record.connection === "") return undefined;
    // A START record (TIM-10) shares its interval with the record after it.
    return this.#byFrame.get(`${record.connection} ${record.firstFrame}`) ??
      this.#byConnection.get(record.connection)?.findLast((c) => c.opened.frame <= record.firstFrame);
  }

  /** Frames that the reasons of these records speak of. */
  framesSpokenOf(): Set<number> {
    const frames = new Set<number>();
    for (const c of this.chapters) {
      for (const event of [c.opened, c.closed, c.dropped]) {
        if (event && event.frame > 0) frames.add(event.frame);
      }
    }
    return frames;
  }

  /** Status cuts of a connection (all connections when none is named), with the numbers of the thread's table. */
  cuts(connection?: string): readonly Cut[] {
    const chapters = connection === undefined ? this.chapters : this.of(connection);
    return chapters.map(cutAfter).filter((cut) => cut !== undefined);
  }

  #read(events: Iterable<LedgerEvent>): Chapter[] {
    const chapters: Chapter[] = [];
    const entries = new Map<number, EntryState>();
    for (const event of events) {
      let entry = entries.get(event.entry);
      if (!entry || event.kind === "created") {
        entries.set(
          event.entry,
          entry = {
            opened: undefined,
            lastCut: undefined,
            last: undefined,
            root: undefined,
            remembered: false,
          },
        );
      }
      if (event.record >= 0) {
        const chapter = this.#close(entry, event);
        if (chapter) chapters.push(chapter);
      }
      switch (event.kind) {
        case "created":
        case "revived":
          entry.opened = event;
          break;
        case "cut":
          entry.opened = entry.lastCut = event;
          break;
        case "restarted":
          entry.opened = event;
          entry.root = undefined;
          break;
        case "remembered":
          entry.remembered = true;
          break;
        case "deleted":
        case "evicted":
          if (entry.last) entry.last.dropped = event;
          break;
      }
    }
    return chapters;
  }

  #close(entry: EntryState, event: LedgerEvent): Chapter | undefined {
    const opened = entry.opened;
    if (!opened) return undefined;
    const connection = hex64(event.connection[0], event.connection[1]);
    let all = this.#byConnection.get(connection);
    if (!all) this.#byConnection.set(connection, all = []);
    const previous = all.at(-1);
    const own = opened.kind === "cut" || opened.kind === "revived" && entry.lastCut?.frame === opened.frame;
    const chapter: Chapter = {
      connection,
      seq: all.length + 1,
      opened,
      began: own ? "own-packet" : opened.kind as Chapter["began"],
      closed: event,
      dropped: undefined,
      previous,
      next: undefined,
      root: undefined as unknown as Chapter,
      remembered: entry.remembered,
      record: undefined,
    };
    // A connection that goes on in an entry under another name (merged reuse) still has its direction from that entry's beginning.
    chapter.root = entry.root ?? chapter;
    entry.root ??= chapter;
    if (previous) previous.next = chapter;
    all.push(chapter);
    entry.last = chapter;
    this.#byFrame.set(`${connection} ${opened.frame}`, chapter);
    return chapter;
  }
}

/** The status cut that ended an interval; nothing when it ended otherwise or nothing of the connection follows. */
export function cutAfter(chapter: Chapter): Cut | undefined {
  const { closed, next, record, dropped } = chapter;
  if (closed.kind !== "cut" && closed.kind !== "parked" || !next) return undefined;
  const kept = next.opened.entry === closed.entry;
  const fate: Fate = kept ? "kept" : "lost";
  const lastPacket = record?.ltime ?? NaN, nextPacket = next.opened.time;
  return Object.freeze({
    connection: chapter.connection,
    before: chapter.seq,
    after: next.seq,
    lastPacket,
    lastFrame: record?.lastFrame ?? 0,
    boundary: closed.due,
    queued: closed.queued,
    noticed: closed.time,
    noticedFrame: closed.frame,
    by: closed.kind === "cut" ? "own" : "sweep",
    nextPacket,
    nextFrame: next.opened.frame,
    silence: nextPacket - lastPacket,
    wait: nextPacket - closed.due,
    fate,
    timeout: !kept && dropped ? dropped.due - closed.time : NaN,
    dropDue: !kept && dropped ? dropped.due : NaN,
    dropped: !kept && dropped ? dropped.time : NaN,
    dropFrame: !kept && dropped ? dropped.frame : 0,
    spokeFirst: !kept && next.record ? firstSender(next.record) : "",
    unknown: next.record ? isUnknown(next.record) : false,
  });
}

/** Who sent the first packet of a new entry: its source, unless the reader turned the record (DIR-6). */
function firstSender(record: RecordRef): string {
  return record.flags & FLAG_CORRECTED ? destinationText(record) : sourceText(record);
}
