import { Problem } from "../base/mod.ts";
import type { Field, RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { fieldOf, sideRate } from "../record/mod.ts";
import { SORT_KEYS, type SortKey, sortKeys } from "./sort.ts";

type Value = (batch: RecordBatch, row: number) => number;

/** A header value: 0 for a side without packets, nothing for a record without IP headers. */
function header(field: Field): Value {
  return (batch, row) => {
    const value = Number(field.sort(batch, row));
    if (value === value) return value;
    return batch.words[row * R.WORDS + R.FLAGS]! & (R.FLAG_S_IP | R.FLAG_D_IP) ? 0 : NaN;
  };
}

/** A tag: 0 for a side without, and less for a record without any. */
function tag(flags: number): (field: Field) => Value {
  return (field) => (batch, row) => {
    const value = Number(field.sort(batch, row));
    if (value === value) return value;
    return batch.words[row * R.WORDS + R.FLAGS]! & flags ? 0 : -1;
  };
}

const VLAN = R.FLAG_S_VLAN | R.FLAG_D_VLAN, MPLS = R.FLAG_S_MPLS | R.FLAG_D_MPLS;

/** Identifications by the number that is printed, the two bytes of the packet exchanged. */
function printed(field: Field): Value {
  const value = header(field);
  return (batch, row) => {
    const id = value(batch, row);
    return id === id ? (id & 255) << 8 | id >>> 8 : id;
  };
}

/** The destination's identification compares the second printed byte of the source's. */
function secondByte(): Value {
  const value = header(fieldOf("sipid"));
  return (batch, row) => {
    const id = value(batch, row);
    return id === id ? id >>> 8 : id;
  };
}

/** A value of TCP: 0 for other records with a network section, nothing for those without. */
function network(field: Field): Value {
  return (batch, row) => {
    if (batch.words[row * R.WORDS + R.NET] === R.NET_NONE) return NaN;
    return Number(field.sort(batch, row)) || 0;
  };
}

function or(other: number): (field: Field) => Value {
  return (field) => (batch, row) => {
    const value = Number(field.sort(batch, row));
    return value === value ? value : other;
  };
}

/** Both rates compare the source's; a record that the reader turned round keeps the one it had. */
const sourceRate: Value = (batch, row) =>
  sideRate(batch, row, batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_TURNED ? 1 : 0);

/** What rasort compares where it is not the field as it is printed (observed). */
const OBSERVED: Readonly<Record<string, (field: Field) => Value>> = {
  stos: header,
  dtos: header,
  sdsb: header,
  ddsb: header,
  sipid: printed,
  dipid: secondByte,
  svlan: tag(VLAN),
  dvlan: tag(VLAN),
  smpls: tag(MPLS),
  dmpls: tag(MPLS),
  // A side without packets has sizes of 0.
  smaxsz: or(0),
  sminsz: or(0),
  dmaxsz: or(0),
  dminsz: or(0),
  sgap: or(-1),
  dgap: or(-1),
  stcpb: network,
  dtcpb: network,
  tcprtt: network,
  inode: () => () => 0,
  srate: () => sourceRate,
  drate: () => sourceRate,
};

/** Kinds of addresses keep their order under `-v`; IS-IS stands behind other Ethernet flows (observed). */
const addressKind: Value = (batch, row) => {
  const type = batch.words[row * R.WORDS + R.KEY_TYPE]!;
  return type === R.KEY_ISIS ? R.KEY_ETHER + 0.5 : type;
};

/** Of two records the original reads the first one's IPv6 port, or ICMPv6 code, only beside another such one (observed). */
const ipv6Port: Value = (batch, row) => {
  const w = row * R.WORDS, proto = batch.words[w + R.PROTO];
  if (batch.words[w + R.KEY_TYPE] !== R.KEY_IPV6) return 0;
  return proto === 6 || proto === 17 ? 1 : proto === 58 ? 2 : 0;
};

/** What else rasort minds (observed). */
const MANNERS: Readonly<Record<string, Partial<SortKey>>> = {
  saddr: { kind: addressKind },
  daddr: { kind: addressKind },
  dport: { shy: ipv6Port },
};

/** A keyword that is read but moves nothing. */
const MUTE = "tranref";
const still: SortKey = { field: { ...fieldOf("seq"), sort: () => 0 }, ascending: true };

/**
 * The keys of the real rasort, with what it compares: use {@linkcode sortKeys} for sorting by what the fields show.
 *
 * @throws {Problem} `unknown-name` when a word is none of its keywords.
 */
export function rasortKeys(names: readonly string[]): SortKey[] {
  for (const name of names) {
    if (!SORT_KEYS.includes(name)) {
      throw new Problem("unknown-name", `Expected a field that rasort sorts by but found "${name}"`, {
        expected: SORT_KEYS.join(" "),
        found: name,
      });
    }
  }
  return names.flatMap((name) => name === MUTE ? [still] : sortKeys([name])).map((key) => {
    const observed = OBSERVED[key.field.name];
    const minded = { ...key, ...MANNERS[key.field.name] };
    return observed ? { ...minded, field: { ...key.field, sort: observed(key.field) } } : minded;
  });
}
