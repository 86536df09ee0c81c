import { isUnknown, type Reason, type RecordRef } from "../compare/mod.ts";
import * as R from "../record/mod.ts";
import { avoidText, cutText } from "./cut_text.ts";
import { type Chapter, cutAfter, type Diary } from "./diary.ts";
import { reason } from "./reason.ts";
import { destinationText, sourceText, timeText } from "./text.ts";

/** What the direction indicator itself says (DIR-4). */
export function indicatorText(record: RecordRef): string {
  const s = record.spkts > 0, d = record.dpkts > 0;
  const who = s ? d ? "both sides" : "only the source" : d ? "only the destination" : "nobody";
  const sent = `${who} sent packets in this record`;
  switch (record.dir) {
    case "<?>":
    case "?>":
    case "<?":
    case "?":
      return `\`${record.dir}\`: ${sent}, and this entry of the meter saw neither SYN nor SYN-ACK`;
    case "who":
      return "`who`: an ARP question";
    case "tel":
      return "`tel`: a RARP question";
    case "":
      return "blank: the record counts no packets";
    case "->":
      return record.protoNumber === 6 && record.tcpStatus !== 0
        ? "`->`: the side that opened the connection is known"
        : `\`->\`: ${sent}`;
    default:
      return `\`${record.dir}\`: ${sent}`;
  }
}

/** Why the direction of a record is what it is: main reason first. */
export function directionReasons(record: RecordRef, diary: Diary | undefined): Reason[] {
  const chapter = diary?.chapterOf(record);
  const lost = diary && chapter ? lostReason(record, chapter, diary) : undefined;
  if (record.keyType === R.KEY_ARP || record.keyType === R.KEY_RARP) {
    return [reason(
      "arp",
      `${indicatorText(record)}; the requester is the source, and a reply counts on the destination's side.`,
      ["KEY-7", "DIR-4"],
    )];
  }
  if (record.protoNumber === 6 && (record.keyType === R.KEY_IPV4 || record.keyType === R.KEY_IPV6)) {
    return tcpReasons(record, chapter, lost, diary);
  }
  const icmp = record.keyType === R.KEY_IPV4 && record.protoNumber === 1 ||
    record.keyType === R.KEY_IPV6 && record.protoNumber === 58;
  if (icmp) return icmpReasons(record, lost);
  if (lost) return [lost];
  const corrected = correctedReason(record);
  if (corrected) return [corrected];
  return [reason(
    "first-packet",
    `${sourceText(record)} sent the first packet that this entry saw (${
      indicatorText(record)
    }); ${record.proto} has no handshake ` +
      "to tell more.",
    ["DIR-1", "DIR-4"],
    [record.firstFrame],
  )];
}

function correctedReason(record: RecordRef): Reason | undefined {
  if (record.evidence !== "corrected") return undefined;
  return reason(
    "corrected",
    `The record was turned to ${sourceText(record)} -> ${
      destinationText(record)
    } because other records of the connection have stronger evidence.`,
    [],
  );
}

function tcpReasons(
  record: RecordRef,
  chapter: Chapter | undefined,
  lost: Reason | undefined,
  diary: Diary | undefined,
): Reason[] {
  const corrected = correctedReason(record);
  if (corrected) return [corrected];
  if (record.evidence === "remembered") {
    return [reason(
      "remembered",
      `The entry had been dropped, but direction memory kept who opened the connection: ${
        sourceText(record)
      }.`,
      [],
      [record.firstFrame],
    )];
  }
  if (record.net < R.NET_TCP_INIT || record.net > R.NET_TCP_PERF) {
    return [reason(
      "no-tcp-header",
      `No whole TCP header was captured, so only the sender of the first packet decides: ${
        indicatorText(record)
      }.`,
      ["LINK-2", "DIR-4"],
      [record.firstFrame],
    )];
  }
  if (record.tcpStatus & R.TCP_SYN) {
    return [reverseReason(record, chapter, diary) ?? synReason(chapter)];
  }
  if (record.tcpStatus & R.TCP_SYNACK) return [synAckReason(record)];
  if (lost) return [lost];
  if (chapter) {
    const first = chapter.root;
    return [reason(
      "no-handshake",
      `The capture holds no SYN of this connection before its first packet (frame ${first.opened.frame}, ${
        timeText(first.opened.time)
      }): whoever sent that packet, ${sourceText(record)}, became the source. ${
        capital(indicatorText(record))
      }.`,
      ["DIR-1", "DIR-4"],
      [first.opened.frame],
    )];
  }
  return [reason(
    "direction-unexplained",
    `${
      capital(indicatorText(record))
    }. Either the capture lacks the handshake or the meter had forgotten it; the record alone cannot tell.`,
    ["DIR-1", "DIR-4"],
    [record.firstFrame],
  )];
}

/** The printed order stayed the old one although the SYN came from the other end (DIR-3). */
function reverseReason(
  record: RecordRef,
  chapter: Chapter | undefined,
  diary: Diary | undefined,
): Reason | undefined {
  const root = chapter?.root;
  if (!root || root.began !== "restarted" || record.flags & R.FLAG_CORRECTED) return undefined;
  const sender = diary!.frames.sender(root.opened.frame);
  if (sender === undefined || sender === sourceText(record)) return undefined;
  return reason(
    "reverse-bit",
    `The SYN that began this connection (frame ${root.opened.frame}, ${
      timeText(root.opened.time)
    }) was sent by ${sender}, and the source's ` +
      `counters are its own, but ${
        sourceText(record)
      } is printed as the source: it was that of the older connection in the same entry, ` +
      "and a restart from the other end clears the bit for exchanged ends but never sets it.",
    ["DIR-3", "TCP-11"],
    [root.opened.frame],
  );
}

function synReason(chapter: Chapter | undefined): Reason {
  const root = chapter?.root, later = chapter !== undefined && root !== chapter;
  const at = root ? ` (frame ${root.opened.frame}, ${timeText(root.opened.time)})` : "";
  const restarted = root?.began === "restarted" ? ", on ports that an older connection had used," : "";
  return reason(
    "syn-seen",
    `A SYN${at}${restarted} opened this entry, so its sender is the source` +
      (later ? "; the entry was kept at every cut since, and with it the knowledge." : "."),
    ["DIR-1", "DIR-2", "TCP-2"],
    [root?.opened.frame ?? 0],
  );
}

function synAckReason(record: RecordRef): Reason {
  if (record.flags & R.FLAG_CORRECTED) {
    return reason(
      "synack-turned",
      `The first packet was a SYN-ACK, which only a server sends, so the reader exchanged the ends: ${
        sourceText(record)
      } opened the connection.`,
      ["DIR-6"],
      [record.firstFrame],
    );
  }
  const why = record.keyType === R.KEY_IPV6
    ? "the reader never turns IPv6 records"
    : record.net === R.NET_TCP_INIT
    ? "a record with a single TCP packet is never turned"
    : "neither an answer to it nor more than 5 packets from each side were seen";
  return reason(
    "synack-not-turned",
    `The first packet was a SYN-ACK of ${
      sourceText(record)
    }, which is the server, but ${why}: server and client stand exchanged.`,
    ["DIR-6"],
    [record.firstFrame],
  );
}

function icmpReasons(record: RecordRef, lost: Reason | undefined): Reason[] {
  const reply = record.state === "ECR" || record.dir === "<-";
  const out: Reason[] = lost ? [lost] : [];
  if (record.dir === "<-") {
    out.push(reason(
      "icmp-reply-turned",
      `Only replies were seen; by their type the asking end, ${
        sourceText(record)
      }, is printed as the source.`,
      ["DIR-8", "KEY-5"],
      [record.firstFrame],
    ));
  } else if (reply) {
    out.push(reason(
      "icmp-reply-first",
      `The reply came before its request, so the answering end, ${sourceText(record)}, stands as the source.`,
      ["DIR-8", "KEY-5"],
      [record.firstFrame],
    ));
  } else {
    out.push(reason(
      "icmp-type",
      `${sourceText(record)} sent the first packet of this exchange (ICMP ${record.state}; ${
        indicatorText(record)
      }).`,
      ["KEY-5", "KEY-6", "DIR-4"],
      [record.firstFrame],
    ));
  }
  return out;
}

/** The loss that took the direction away, when there was one. */
function lostReason(record: RecordRef, chapter: Chapter, diary: Diary): Reason | undefined {
  const tcp = record.protoNumber === 6;
  const first = chapter.root, before = first.previous;
  if (!before || first.opened.entry === before.closed.entry) return undefined;
  // Without a handshake in the protocol a new entry only matters when the other end became the source.
  if (!tcp && before.record && before.record.saddr === record.saddr && before.record.sport === record.sport) {
    return undefined;
  }
  if (tcp && !isUnknown(record)) return undefined;
  const cut = cutAfter(before);
  if (!cut) return undefined;
  const already = before.record && isUnknown(before.record)
    ? ` The entry before it did not know the direction either.`
    : "";
  const spoke = cut.spokeFirst || sourceText(record);
  const became =
    `The next packet, sent by ${spoke} without a SYN, made a new entry: its sender became the source` +
    (tcp ? ` and the direction is not known (${indicatorText(record)}).` : ".");
  const avoid = avoidText(cut, record.proto, diary.settings);
  if (first === chapter) {
    return reason(
      "direction-lost",
      `${cutText(cut, diary)} ${became}${already} ${avoid}`,
      ["TIM-3", "TIM-4", "TIM-5", "TIM-6", "DIR-1"],
      [cut.lastFrame, cut.noticedFrame, cut.dropFrame, cut.nextFrame],
      cut,
    );
  }
  return reason(
    "direction-lost-earlier",
    `This record continues an entry that had lost the direction already at record ${first.seq} of the connection and was kept since: ` +
      `what is kept is the exchanged one, and nothing sets it right before the next SYN. There: ${
        cutText(cut, diary)
      } ${became} ${avoid}`,
    ["DIR-2", "DIR-5", "TIM-4", "TIM-6"],
    [cut.lastFrame, cut.noticedFrame, cut.dropFrame, cut.nextFrame],
    cut,
  );
}

function capital(text: string): string {
  return text[0] === "`" ? `Indicator ${text}` : text[0]!.toUpperCase() + text.slice(1);
}
