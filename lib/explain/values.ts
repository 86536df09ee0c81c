import type { Reason, RecordRef } from "../compare/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Chapter, Diary } from "./diary.ts";
import { reason } from "./reason.ts";
import { destinationText, secondsText, settingText, sourceText, timeText } from "./text.ts";

const ICMP_NAMES: Readonly<Record<number, string>> = {
  3: "destination unreachable",
  4: "source quench",
  5: "redirect",
  11: "time exceeded",
  12: "parameter problem",
};

/** What made printed values differ from the packets: rules and defects of the original that are imitated. */
export function valueReasons(
  record: RecordRef,
  chapter: Chapter | undefined,
  diary: Diary | undefined,
): Reason[] {
  const out: Reason[] = [];
  const settings = diary?.settings;
  const packets = record.spkts + record.dpkts;
  if (chapter) {
    const first = chapter.opened.time;
    if (record.stime > first && record.firstFrame === chapter.opened.frame) {
      if (packets === 1) {
        out.push(reason(
          "start-is-end",
          `The only packet came at ${
            timeText(first)
          }, but the end had been raised later and the reader prints that as the start.`,
          ["REC-3"],
          [record.firstFrame],
        ));
      } else {
        out.push(reason(
          "start-whole-seconds",
          `The first packet came at ${
            timeText(first)
          }, but the starts of the two sides are compared by whole seconds only, so the ` +
            `source's start, ${secondsText(record.stime - first)} later, is printed.`,
          ["REC-3"],
          [record.firstFrame],
        ));
      }
    }
    if (chapter.closed.kind === "restarted" && record.ltime === chapter.closed.time) {
      out.push(reason(
        "end-is-syn",
        `The printed end, ${
          timeText(record.ltime)
        }, is the time of the SYN that began the next connection (frame ${chapter.closed.frame}); ` +
          `the last packet counted here is frame ${record.lastFrame}.`,
        ["TCP-10"],
        [record.lastFrame, chapter.closed.frame],
      ));
    }
    const dropped = chapter.dropped;
    if (dropped && settings) {
      const ignored = ignoredTimeout(record, dropped.due - chapter.closed.time, settings);
      if (ignored) out.push(ignored);
    }
  }
  const merged = diary ? mergedReuse(record, diary) : undefined;
  if (merged) out.push(merged);
  if (record.flags & R.FLAG_CORRECTED && record.tcpStatus & R.TCP_CLOSED && record.state === "CLO") {
    out.push(reason(
      "state-closed-by-turn",
      "The state prints as CLO although no close was seen: the mark of a turned record is the same bit.",
      ["DIR-6", "OUT-3"],
    ));
  }
  if (record.icmpMap) {
    const type = (record.icmpMap >>> 8) & 0xff, code = record.icmpMap & 0xff;
    out.push(reason(
      "icmp-mapped",
      `An ICMP error (${
        ICMP_NAMES[type] ?? `type ${type}`
      }, code ${code}) quoted a packet of this flow: it set the flag and may have raised the source's end time, ` +
        "but is counted in a record of its own.",
      ["REC-11"],
    ));
  }
  if (record.flags & R.FLAG_FRAGMENT) {
    out.push(reason(
      "fragment-flow",
      "These are fragments whose first one was never seen, or came too late: they have no ports and a record of their own.",
      ["FRG-2", "FRG-3", "FRG-5"],
      [record.firstFrame],
    ));
  } else if (record.flags & R.FLAG_FRAGS) {
    out.push(reason(
      "fragments",
      "IP fragments without ports were added to this record because their first fragment belongs to it; state and application bytes " +
        "count the first fragment only.",
      ["FRG-1"],
    ));
  }
  return out;
}

/** SYNs of further connections that the entry took for more of the old one (TCP-10). */
function mergedReuse(record: RecordRef, diary: Diary): Reason | undefined {
  if (record.protoNumber !== 6 || record.firstFrame === 0) return undefined;
  const ends = new Set([sourceText(record), destinationText(record)]);
  const isns = new Map<string, number>();
  const joined = diary.frames.syns(0, record.lastFrame).filter((s) => {
    if (!ends.has(s.sender) || !ends.has(s.receiver)) return false;
    const known = isns.get(s.sender);
    isns.set(s.sender, s.isn);
    return known !== undefined && known !== s.isn && s.frame > record.firstFrame;
  });
  if (joined.length === 0) return undefined;
  return reason(
    "reuse-merged",
    `${
      joined.map((s) => `Frame ${s.frame} (${s.sender})`).join(", ")
    } was a SYN with another initial sequence number: a new connection on ` +
      "the same ports that goes on in this record, because " +
      (joined.some((s) => s.ecn)
        ? "a SYN with ECN bits never begins a new one."
        : "after a clean close, or while the old one counts as open, a SYN does not begin a new one."),
    ["TCP-10"],
    joined.map((s) => s.frame),
  );
}

/** The timer that ran although another was configured (TIM-5). */
function ignoredTimeout(record: RecordRef, ran: number, settings: Settings): Reason | undefined {
  const configured = record.protoNumber === 17 ? settings.timeouts.ip : NaN;
  if (settings.quirks === "none" || Number.isNaN(configured) || configured === ran) return undefined;
  return reason(
    "timeout-ignored",
    `The idle timer ran ${settingText(ran)} although ${
      settingText(configured)
    } is configured: once a record holds more than two ` +
      "packets, UDP has the constant 30 s.",
    ["TIM-5"],
  );
}

/**
 * What Argus 3.0.8.2 makes of the text after -S, when that is not what the text says (TIM-2): 0.7 becomes 0.3 s, 1.7 becomes 1.3 s.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { statusTextReason } from "./values.ts";
 *
 * assertEquals(statusTextReason("0.7", 300_000)?.code, "status-fraction");
 * assertEquals(statusTextReason("5", 5_000_000), undefined);
 * ```
 */
export function statusTextReason(text: string, effective: number): Reason | undefined {
  const asked = Math.round(Number(text) * 1e6);
  if (!Number.isFinite(asked) || asked === effective) return undefined;
  return reason(
    "status-fraction",
    `-S ${text} works as ${
      settingText(effective)
    }: the real program takes the distance to the nearest whole second as the fraction.`,
    ["TIM-2"],
  );
}
