/** Why something that was seen is in no record. */
export const UNRECORDED_REASONS = [
  /** The meter sees IP only. */
  "not-ip",
  /** Older than the newest packet, and the meter drops such. */
  "late",
  /** A fragment that the meter does not look at, or of a datagram that never got whole. */
  "fragment",
  /** Frames of a datagram that counts as one packet. */
  "joined",
  /** Packets that the meter throws away. */
  "ignored",
  /** Records of too few packets. */
  "few-packets",
  /** Bytes of recorded packets that its byte rule leaves out: headers, padding. */
  "uncounted",
] as const;
/** One of them. */
export type UnrecordedReason = typeof UNRECORDED_REASONS[number];

/**
 * The line "seen but not recorded" (law 1): with it, packets and bytes of the records are those of the flow-forming frames, under rules
 * that drop, join or count otherwise.
 */
export class Unrecorded {
  readonly #packets: Record<UnrecordedReason, number> = none();
  readonly #bytes: Record<UnrecordedReason, number> = none();

  /** Notes packets and bytes; bytes may be negative where a rule counts more than the wire carried. */
  add(reason: UnrecordedReason, packets: number, bytes: number): void {
    this.#packets[reason] += packets;
    this.#bytes[reason] += bytes;
  }

  /** Packets in all. */
  get packets(): number {
    return this.lines.reduce((sum, line) => sum + line.packets, 0);
  }

  /** Bytes in all. */
  get bytes(): number {
    return this.lines.reduce((sum, line) => sum + line.bytes, 0);
  }

  /** Packets and bytes by reason, where there are any. */
  get lines(): readonly {
    readonly reason: UnrecordedReason;
    readonly packets: number;
    readonly bytes: number;
  }[] {
    return UNRECORDED_REASONS
      .map((reason) => ({ reason, packets: this.#packets[reason], bytes: this.#bytes[reason] }))
      .filter((line) => line.packets !== 0 || line.bytes !== 0);
  }
}

function none(): Record<UnrecordedReason, number> {
  return { "not-ip": 0, late: 0, fragment: 0, joined: 0, ignored: 0, "few-packets": 0, uncounted: 0 };
}
