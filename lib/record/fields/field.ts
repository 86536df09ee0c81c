import type { RecordBatch } from "../batch.ts";
import * as L from "../layout.ts";
import { putFixed, putHuman } from "../print/number.ts";
import type { Sink } from "../print/sink.ts";
import type { PutTime } from "../print/time.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { FLAG_MAR, FLAGS, WORDS } = L;

/** Takes a number out of a record; `NaN` where the record has no such value. */
export type NumberGetter = (batch: RecordBatch, row: number) => number;
/** Takes text out of a record; empty where the record has none. */
export type TextGetter = (batch: RecordBatch, row: number) => string;
/** Writes the printed form of a value, without padding; nothing where the record has no such value. */
export type Put = (batch: RecordBatch, row: number, sink: Sink) => void;

/**
 * What a value is: `time` in microseconds since 1970, `float` a 32-bit float as ra holds it, `integer` a whole number, or `text`.
 */
export type FieldType = "time" | "float" | "integer" | "text";

/**
 * How a field behaves when records are merged into one (cluster.md section 3): part of the key, counters that add up, the
 * smallest or largest, bits that are OR-ed, the value of the first or last record, statistics that combine, values computed
 * anew from other fields, or nothing.
 */
export type MergeRule =
  | "key"
  | "sum"
  | "min"
  | "max"
  | "or"
  | "first"
  | "last"
  | "statistics"
  | "derived"
  | "none";

/** An IPFIX information element; `pen` 29305 (RFC 5103) marks the reverse direction of a biflow. */
export interface IpfixElement {
  /** Name of the element. */
  readonly name: string;
  /** Its id. */
  readonly id: number;
  /** Private enterprise number, where it is not of IANA. */
  readonly pen?: number;
}

/** Column type for Arrow and Parquet. */
export type ArrowType =
  | "timestamp[us]"
  | "float64"
  | "int64"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "utf8"
  | "binary";

/** Everything printing depends on besides the record. */
export interface PrintStyle {
  /** `-p`: digits of fractions. */
  readonly digits: number;
  /** `-n` counted modulo 4: 0 names of ports and protocols, 1 port numbers, 2 protocol numbers too, 3 as 0 (plus host names). */
  readonly numbers: number;
  /** `-H`. */
  readonly human: boolean;
  /** Writer of time stamps. */
  readonly time: PutTime;
  /** `-z` ("z"), `-Z b`, `-Z s`, `-Z d`, or the words of section 8 ("words"). */
  readonly state: "words" | "z" | "b" | "s" | "d";
  /** `-M rmon`: either side's packets count as the source's for the state. */
  readonly rmon: boolean;
  /** `-M printer=`: how user data prints. */
  readonly userData: "ascii" | "hex" | "encode32" | "encode64" | "obfuscate";
  /** `-c`: delimiter between fields; empty for fixed width. */
  readonly delimiter: string;
  /** Output ordinal of the record being printed, from 1 (field rank). */
  readonly counter: { rank: number };
  /** Flow addresses that are the broadcast MAC print by name: only beside a column smac or dmac (observed). */
  readonly macNames: boolean;
  /** Seconds since 1970 that "now" means (field idle). */
  readonly now: number;
}

/** One row of the field registry: everything any part of Panoptes knows about a field. */
export interface Field {
  /** Name for `-s`, filters and rows. */
  readonly name: string;
  /** Column title. */
  readonly title: string;
  /** Column width in characters. */
  readonly width: number;
  /** Width grows by the precision (times). */
  readonly wide: boolean;
  /** Values stand at the left of their column. */
  readonly left: boolean;
  /** Captured payload: its width counts payload bytes. */
  readonly userData: boolean;
  /** Where blank, the field takes no place in the line at all. */
  readonly vanishes: boolean;
  /** The title is centred. */
  readonly centred: boolean;
  /** One line of meaning. */
  readonly meaning: string;
  /** Unit of the value: s, ms, bytes, packets, ... or empty. */
  readonly unit: string;
  /** What the value is. */
  readonly type: FieldType;
  /** The value as number, for all types but `text`. */
  readonly number: NumberGetter | undefined;
  /** The value as text, for type `text`. */
  readonly text: TextGetter | undefined;
  /** Sort key; numbers and text of different records compare with `<`. */
  readonly sort: (batch: RecordBatch, row: number) => number | string;
  /** Makes the writer for a style and the width of the column. */
  readonly print: (style: PrintStyle, width: number) => Put;
  /** What merging records does to it. */
  readonly merge: MergeRule;
  /** SQL column type, as rasqlinsert uses. */
  readonly sql: string;
  /** XML attribute, empty when the program writes none. */
  readonly xml: string;
  /** Information element for IPFIX export. */
  readonly ipfix: IpfixElement | undefined;
  /** Column type for Arrow and Parquet. */
  readonly arrow: ArrowType;
  /** Not one of ra's fields. */
  readonly extension: boolean;
}

/** What a row of the registry says beyond name, title, width and getter. */
export interface FieldNotes {
  meaning: string;
  unit?: string;
  merge: MergeRule;
  sql: string;
  xml?: string;
  ipfix?: IpfixElement;
  arrow?: ArrowType;
  /** Where a management record has its number of this field in `more.mar`. */
  mar?: string;
  /** `-H` abbreviates it. */
  human?: boolean;
  left?: boolean;
  centred?: boolean;
  sort?: (batch: RecordBatch, row: number) => number | string;
  print?: (style: PrintStyle, width: number) => Put;
  /** The column is wider than its width by what stands around the value: `s[16]=` and three more. */
  userData?: boolean;
  /** Nothing stands in the line, not even a delimiter, when the value is blank (xxx, resp). */
  vanishes?: boolean;
  extension?: boolean;
}

const ARROW: Readonly<Record<FieldType, ArrowType>> = {
  time: "timestamp[us]",
  float: "float64",
  integer: "int64",
  text: "utf8",
};

function field(
  name: string,
  title: string,
  width: number,
  type: FieldType,
  number: NumberGetter | undefined,
  text: TextGetter | undefined,
  notes: FieldNotes,
  print: (style: PrintStyle) => Put,
): Field {
  return Object.freeze({
    name,
    title,
    width,
    wide: type === "time",
    left: notes.left ?? false,
    centred: notes.centred ?? false,
    userData: notes.userData ?? false,
    vanishes: notes.vanishes ?? false,
    meaning: notes.meaning,
    unit: notes.unit ?? "",
    type,
    number,
    text,
    sort: notes.sort ?? (number ?? text)!,
    print: notes.print ?? print,
    merge: notes.merge,
    sql: notes.sql,
    xml: notes.xml ?? "",
    ipfix: notes.ipfix,
    arrow: notes.arrow ?? ARROW[type],
    extension: notes.extension ?? false,
  });
}

/** Takes the number from the body of a management record, from the getter in all others. */
function orManagement(get: NumberGetter, key: string | undefined): NumberGetter {
  if (key === undefined) return get;
  return (batch, row) =>
    (batch.words[row * WORDS + FLAGS]! & FLAG_MAR) === 0
      ? get(batch, row)
      : batch.more?.get(row)?.mar?.[key] ?? NaN;
}

/** A field that is a time stamp in microseconds; `nano` gives the nanoseconds below. */
export function time(
  name: string,
  title: string,
  get: NumberGetter,
  nano: NumberGetter,
  notes: FieldNotes,
): Field {
  return field(name, title, 12, "time", get, undefined, notes, (style) => {
    const put = style.time;
    return (batch, row, sink) => {
      const us = get(batch, row);
      if (us === us) put(sink, us, nano(batch, row));
    };
  });
}

/** A field that is a 32-bit float, printed with `-p` digits. */
export function float(
  name: string,
  title: string,
  width: number,
  get: NumberGetter,
  notes: FieldNotes,
): Field {
  return field(name, title, width, "float", get, undefined, notes, (style) => {
    const digits = style.digits, write = notes.human && style.human ? putHuman : putFixed;
    return (batch, row, sink) => {
      const v = get(batch, row);
      if (v === v) write(sink, v, digits);
    };
  });
}

/** A field that is a whole number. */
export function integer(
  name: string,
  title: string,
  width: number,
  flow: NumberGetter,
  notes: FieldNotes,
): Field {
  const get = orManagement(flow, notes.mar);
  return field(name, title, width, "integer", get, undefined, notes, (style) => {
    const digits = style.digits, human = notes.human && style.human;
    return (batch, row, sink) => {
      const v = get(batch, row);
      if (v === v) {
        if (human) putHuman(sink, v, digits);
        else sink.integer(v);
      }
    };
  });
}

/** A whole number printed as 0x and four hexadecimal digits. */
export function hex(name: string, title: string, width: number, get: NumberGetter, notes: FieldNotes): Field {
  return field(name, title, width, "integer", get, undefined, notes, () => (batch, row, sink) => {
    const v = get(batch, row);
    if (v !== v) return;
    sink.byte(48);
    sink.byte(120);
    sink.hex(v, 4);
  });
}

/** A field that is text. */
export function text(name: string, title: string, width: number, get: TextGetter, notes: FieldNotes): Field {
  return field(
    name,
    title,
    width,
    "text",
    undefined,
    get,
    notes,
    () => (batch, row, sink) => sink.utf8(get(batch, row)),
  );
}

/** A field that never prints anything. */
export function blank(name: string, title: string, width: number, notes: FieldNotes): Field {
  return text(name, title, width, () => "", { ...notes, print: () => () => {} });
}

/** The value of a field: a number (times in microseconds), text, or nothing. */
export function valueOf(field: Field, batch: RecordBatch, row: number): number | string | undefined {
  if (field.number) {
    const v = field.number(batch, row);
    return v === v ? v : undefined;
  }
  const t = field.text!(batch, row);
  return t === "" ? undefined : t;
}

/** RFC 5103: the private enterprise number of reverse information elements. */
export const REVERSE_PEN = 29305;

/** The same element for the destination side (RFC 5103 section 6.1). */
export function reverse(element: IpfixElement): IpfixElement {
  return {
    name: `reverse${element.name[0]!.toUpperCase()}${element.name.slice(1)}`,
    id: element.id,
    pen: REVERSE_PEN,
  };
}
