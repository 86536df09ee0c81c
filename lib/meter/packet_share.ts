/** The packets of a batch that one of several meters takes; the others only move its clock. */
export interface PacketShare {
  length: number;
  /** Rows of its packets in capture order; `~row` where a packet only quotes one of its flows (an ICMP error, REC-11). */
  readonly packets: Int32Array;
  /** Latest time up to each packet of the whole batch, microseconds. */
  readonly clock: Float64Array;
}
