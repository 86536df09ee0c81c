import type { Cut } from "../compare/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Diary } from "./diary.ts";
import { secondsText, settingText, timeText } from "./text.ts";

/** `frame 12 (udp 10.0.0.1:53 > 10.0.0.9:1025)`, without what is not known. */
export function frameName(diary: Diary, frame: number): string {
  if (frame === 0) return "the end of the capture";
  const whose = diary.frames.text(frame);
  return `frame ${frame}${whose === undefined ? "" : ` (${whose})`}`;
}

/** What kept or lost the entry at a cut, in one or two sentences with all numbers. */
export function cutText(cut: Cut, diary: Diary): string {
  const s = diary.settings;
  const silence = Number.isNaN(cut.silence)
    ? ""
    : `After its packet at ${
      timeText(cut.lastPacket)
    } (frame ${cut.lastFrame}) the connection was silent for ` +
      `${secondsText(cut.silence)}. `;
  const boundary = `The status boundary, ${settingText(s.status)} after the entry was queued at ${
    timeText(cut.queued)
  }, fell at ${timeText(cut.boundary)}, ${
    secondsText(cut.wait)
  } before the next packet (frame ${cut.nextFrame})`;
  if (cut.fate === "lost") {
    return `${silence}${boundary}. ${sweepText(cut, diary)}; ${dropText(cut, diary)}.`;
  }
  if (cut.by === "own") {
    return `${silence}${boundary}, and that packet of the flow itself was the first to notice: the record was written and the ` +
      "entry kept with all it knew.";
  }
  return `${silence}${boundary}. ${sweepText(cut, diary)}, but the flow's next packet came ${
    secondsText(cut.nextPacket - cut.noticed)
  } later, before the idle timer was due, and fetched the entry back with all it knew.`;
}

function sweepText(cut: Cut, diary: Diary): string {
  const who = diary.settings.clock === "argus"
    ? `${frameName(diary, cut.noticedFrame)} of another flow noticed it at ${timeText(cut.noticed)}`
    : `The ${diary.settings.clock} clock noticed it at ${timeText(cut.noticed)}`;
  return `${who[0]!.toUpperCase()}${who.slice(1)}, wrote the record and parked the entry`;
}

function dropText(cut: Cut, diary: Diary): string {
  if (Number.isNaN(cut.dropped)) return "the entry was gone when the next packet came";
  const due = `the idle timer of ${settingText(cut.timeout)} was due at ${timeText(cut.dropDue)}`;
  if (diary.settings.clock !== "argus") return `${due} and dropped the entry then`;
  return `${due}, and ${frameName(diary, cut.dropFrame)} let the entry be dropped at ${
    timeText(cut.dropped)
  }`;
}

/** Smallest idle timeout in whole seconds that would have kept the entry over this cut, as microseconds. */
export function timeoutFor(cut: Cut): number {
  return Math.max(1, Math.ceil((cut.nextPacket - cut.noticed) / 1e6)) * 1e6;
}

/** What the idle timeout of a protocol is called. */
export function timerOf(proto: string): "tcp" | "icmp" | "arp" | "ip" {
  switch (proto) {
    case "tcp":
      return "tcp";
    case "icmp":
    case "ipv6-icmp":
      return "icmp";
    case "arp":
    case "rarp":
      return "arp";
    default:
      return "ip";
  }
}

/** Name of a timeout in a sentence. */
export function timerName(timer: "tcp" | "icmp" | "arp" | "ip"): string {
  return { tcp: "TCP", icmp: "ICMP", arp: "ARP", ip: "IP" }[timer] + " timeout";
}

/** One sentence on what would have kept the entry over this cut. */
export function avoidText(cut: Cut, proto: string, settings: Settings): string {
  const timer = timerOf(proto), needed = timeoutFor(cut);
  if (needed > MAX_TIMEOUT && settings.quirks === "argus-3.0.8.2") {
    return `No ${timerName(timer)} that Argus takes (at most 65533 s) outlasts that.`;
  }
  return `A ${timerName(timer)} of ${settingText(needed)} would have kept it over this cut.`;
}

/** Longest timeout that Argus 3.0.8.2 takes without harm: 65534 and 65535 hang it, more wraps. */
export const MAX_TIMEOUT = 65533e6;
