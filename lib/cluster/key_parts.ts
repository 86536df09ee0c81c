import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";

/** Part of a word: `(words[offset] >> shift) & mask`. */
export type Op = readonly [offset: number, shift: number, mask: number];
/** A part that no single word holds. */
export type Special = (batch: RecordBatch, row: number) => number;

/** How one field is read from a row. */
export interface Part {
  readonly ops?: readonly Op[];
  readonly special?: Special;
  /**
   * Flags of the section that holds the field: a record without it has another key than one with a 0, unless the latter came first
   * (observed: the real program then finds that one).
   */
  readonly section?: number;
  /** Name of the same field of the other side, when there is one. */
  readonly other?: string;
}

/** The whole of a word, or a part of it. */
export const word = (offset: number, shift = 0, mask = -1): Op => [offset, shift, mask];
/** Flag bits of the row. */
export const flag = (bit: number): Op => [R.FLAGS, 0, bit];

/** Source and destination twins of a field. */
function twins(s: string, d: string, source: Part, destination: Part): [string, Part][] {
  return [[s, { ...source, other: d }], [d, { ...destination, other: s }]];
}

/** Classful network of an IPv4 address (A /8, B /16, C /24), as fields.md has `snet`. */
function classful(address: number): number {
  const top = address >>> 24;
  return top < 128
    ? address & 0xff000000
    : top < 192
    ? address & 0xffff0000
    : top < 224
    ? address & 0xffffff00
    : address;
}

const more =
  (read: (m: NonNullable<ReturnType<Map<number, R.More>["get"]>>) => number): Special => (batch, row) => {
    const m = batch.more?.get(row);
    return m ? read(m) : -1;
  };
const country = (text: string | undefined) => text ? (text.charCodeAt(0) << 8 | text.charCodeAt(1)) : -1;

/** The order in which the real program puts fields into a key, whatever order they are given in (cluster.md section 1). */
export const KEY_ORDER: readonly string[] = `
srcid smpls dmpls svlan dvlan proto saddr sport daddr dport snet dnet stos dtos sttl dttl sipid dipid stcpb dtcpb smac dmac svid dvid
svpri dvpri svc inode sdsb ddsb sco dco sas das ias soui doui
`.trim().split(/\s+/);

const VLAN = R.FLAG_S_VLAN | R.FLAG_D_VLAN,
  MPLS = R.FLAG_S_MPLS | R.FLAG_D_MPLS,
  IP = R.FLAG_S_IP | R.FLAG_D_IP;

/** Every field a key may hold. */
export const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["srcid", { ops: [word(R.SRCID), flag(R.FLAG_SRCID_INT | R.FLAG_SRCID_TEXT)] }],
  ["proto", { ops: [word(R.PROTO)] }],
  ...twins("saddr", "daddr", {}, {}),
  ...twins("sport", "dport", { ops: [word(R.SPORT)] }, { ops: [word(R.DPORT)] }),
  ...twins("snet", "dnet", { special: (b, r) => classful(b.words[r * R.WORDS + R.SADDR]!) }, {
    special: (b, r) => classful(b.words[r * R.WORDS + R.DADDR]!),
  }),
  ...twins(
    "smpls",
    "dmpls",
    { ops: [word(R.S_MPLS, 12, 0xfffff)], section: MPLS },
    { ops: [word(R.D_MPLS, 12, 0xfffff)], section: MPLS },
  ),
  ...twins(
    "svlan",
    "dvlan",
    { ops: [word(R.VLAN, 16, 0xffff)], section: VLAN },
    { ops: [word(R.VLAN, 0, 0xffff)], section: VLAN },
  ),
  ...twins(
    "svid",
    "dvid",
    { ops: [word(R.VLAN, 16, 0xfff)], section: VLAN },
    { ops: [word(R.VLAN, 0, 0xfff)], section: VLAN },
  ),
  // Priorities are told apart by the whole tag (observed).
  ...twins(
    "svpri",
    "dvpri",
    { ops: [word(R.VLAN, 16, 0xffff)], section: VLAN },
    { ops: [word(R.VLAN, 0, 0xffff)], section: VLAN },
  ),
  ["svc", { special: (b, r) => service(b, r) }],
  ...ipParts("stos", "dtos", 16, 0xff),
  ...ipParts("sttl", "dttl", 24, 0xff),
  ...ipParts("sipid", "dipid", 0, 0xffff),
  ...ipParts("sdsb", "ddsb", 18, 0x3f),
  ...twins(
    "stcpb",
    "dtcpb",
    { ops: [word(R.SIDE + R.T_SEQBASE)] },
    { ops: [word(R.DSIDE + R.T_SEQBASE)] },
  ),
  ...twins(
    "smac",
    "dmac",
    { ops: [word(R.MAC + 1, 0, 0xffff), word(R.MAC + 2)] },
    { ops: [word(R.MAC), word(R.MAC + 1, 16, 0xffff)] },
  ),
  ...twins(
    "soui",
    "doui",
    { ops: [word(R.MAC + 1, 0, 0xffff), word(R.MAC + 2, 24, 0xff)] },
    { ops: [word(R.MAC, 8, 0xffffff)] },
  ),
  ["inode", {}],
  ...twins(
    "sco",
    "dco",
    { special: more((m) => country(m.countries?.[0])) },
    { special: more((m) => country(m.countries?.[1])) },
  ),
  ...twins("sas", "das", { special: more((m) => m.asn?.[0] ?? -1) }, {
    special: more((m) => m.asn?.[1] ?? -1),
  }),
  ["ias", { special: more((m) => m.asn?.[2] ?? -1) }],
]);

function ipParts(s: string, d: string, shift: number, mask: number): [string, Part][] {
  return twins(
    s,
    d,
    { ops: [word(R.S_IP, shift, mask)], section: IP },
    { ops: [word(R.D_IP, shift, mask)], section: IP },
  );
}

/** The port that names the service: the lower one. */
function service(batch: RecordBatch, row: number): number {
  const w = row * R.WORDS;
  return Math.min(batch.words[w + R.SPORT]!, batch.words[w + R.DPORT]!);
}
