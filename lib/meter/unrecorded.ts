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
  readonly #packets: Map<UnrecordedReason, number> = new Map();
  readonly #bytes: Map<UnrecordedReason, number> = new Map();

  /** Notes packets and bytes; bytes may be negative where a rule counts more than the wire carried. */
  add(reason: UnrecordedReason, packets: number, bytes: number): void {
    this.#packets.set(reason, (this.#packets.get(reason) ?? 0) + packets);
    this.#bytes.set(reason, (this.#bytes.get(reason) ?? 0) + bytes);
  }

  /** Packets in all. */
  get packets(): number {
    return [...this.#packets.values()].reduce((a, b) => a + b, 0);
  }

  /** Bytes in all. */
  get bytes(): number {
    return [...this.#bytes.values()].reduce((a, b) => a + b, 0);
  }

  /** Packets and bytes by reason, where there are any. */
  get lines(): readonly {
    readonly reason: UnrecordedReason;
    readonly packets: number;
    readonly bytes: number;
  }[] {
    return UNRECORDED_REASONS
      .map((reason) => ({
        reason,
        packets: this.#packets.get(reason) ?? 0,
        bytes: this.#bytes.get(reason) ?? 0,
      }))
      .filter((line) => line.packets !== 0 || line.bytes !== 0);
  }
}
