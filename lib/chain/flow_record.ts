import { displayable, htmlTable, type TableModel, textTable } from "../display/mod.ts";
import * as R from "../record/mod.ts";
import {
  DEFAULT_FIELDS,
  type EndReason,
  type Evidence,
  fieldOf,
  FIELDS,
  RecordBatch,
} from "../record/mod.ts";

/**
 * One record as a read-only object: every field of the registry is a property, under ra's name.
 *
 * In a filter function the object is a cursor that moves on; keep {@linkcode FlowRecord.copy} of it, not the object itself.
 * Times are seconds since 1970; fields a record does not have are `null`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { FlowRecord } from "./flow_record.ts";
 *
 * const batch = new R.RecordBatch(1);
 * batch.addBlank();
 * batch.words[R.KEY_TYPE] = R.KEY_IPV4;
 * batch.words[R.PROTO] = 17;
 * batch.words[R.SADDR] = 0x0a000001;
 * assertEquals(new FlowRecord(batch, 0).saddr, "10.0.0.1");
 * ```
 */
export class FlowRecord {
  /** The batch the record lies in. */
  batch: RecordBatch;
  /** Its row there. */
  row: number;

  /** A view of one row. */
  constructor(batch: RecordBatch, row: number) {
    this.batch = batch;
    this.row = row;
  }

  /**
   * The value of a field by ra's name.
   *
   * @throws {Problem} `unknown-name` for a name the registry does not have.
   */
  get(name: string): string | number | null {
    const field = fieldOf(name);
    if (field.text) return field.text(this.batch, this.row);
    const value = field.number!(this.batch, this.row);
    return value !== value ? null : field.type === "time" ? value / 1e6 : value;
  }

  /** A record that stays as it is. */
  copy(): FlowRecord {
    const batch = new RecordBatch(1);
    batch.append(this.batch, this.row);
    return new FlowRecord(batch, 0);
  }

  /** Why the record was emitted (DESIGN "end reason"). */
  get endReason(): EndReason {
    return R.END_REASONS[this.batch.words[this.row * R.WORDS + R.WHY]! & 0xff] ?? "unknown";
  }

  /** Why its direction is believed (DESIGN "evidence"). */
  get evidence(): Evidence {
    return R.EVIDENCES[(this.batch.words[this.row * R.WORDS + R.WHY]! >>> 8) & 0xff] ?? "unknown";
  }

  /** Connection id as 16 hexadecimal digits; empty when unknown. */
  get connectionId(): string {
    const w = this.row * R.WORDS + R.CONN,
      high = this.batch.words[w]! >>> 0,
      low = this.batch.words[w + 1]! >>> 0;
    return high === 0 && low === 0
      ? ""
      : high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
  }

  /** Whether an earlier record of the same connection came before this one. */
  get continues(): boolean {
    return this.batch.words[this.row * R.WORDS + R.CONN_SEQ]! > 1;
  }

  /** All fields of the default table as a plain object. */
  toJSON(): Record<string, string | number | null> {
    return Object.fromEntries(DEFAULT_FIELDS.map((name) => [name, this.get(name)]));
  }
}

/** The fields analysts use most, typed; every other field of the registry is there too, through {@linkcode FlowRecord.get}. */
export interface FlowRecord {
  /** Start, seconds since 1970. */
  readonly stime: number;
  /** End, seconds since 1970. */
  readonly ltime: number;
  /** Duration, seconds. */
  readonly dur: number;
  /** Flags (fields.md section 6). */
  readonly flgs: string;
  /** Protocol. */
  readonly proto: string;
  /** Source address. */
  readonly saddr: string;
  /** Source port. */
  readonly sport: string;
  /** Direction indicator (DIR-4). */
  readonly dir: string;
  /** Destination address. */
  readonly daddr: string;
  /** Destination port. */
  readonly dport: string;
  /** Packets. */
  readonly pkts: number;
  /** Packets of the source. */
  readonly spkts: number;
  /** Packets of the destination. */
  readonly dpkts: number;
  /** Bytes. */
  readonly bytes: number;
  /** Bytes of the source. */
  readonly sbytes: number;
  /** Bytes of the destination. */
  readonly dbytes: number;
  /** Application bytes of the source. */
  readonly sappbytes: number;
  /** Application bytes of the destination. */
  readonly dappbytes: number;
  /** State (OUT-3). */
  readonly state: string;
  /** Transport sequence number (SEQ-1). */
  readonly seq: number;
  /** Why the meter wrote it. */
  readonly cause: string;
  /** Records merged. */
  readonly trans: number;
  /** Time to live of the source. */
  readonly sttl: number | null;
  /** Time to live of the destination. */
  readonly dttl: number | null;
  /** Type of service of the source. */
  readonly stos: number | null;
  /** Type of service of the destination. */
  readonly dtos: number | null;
  /** Packets lost by the source. */
  readonly sloss: number;
  /** Packets lost by the destination. */
  readonly dloss: number;
  /** TCP round trip, seconds. */
  readonly tcprtt: number;
  /** SYN to SYN-ACK, seconds. */
  readonly synack: number;
  /** SYN-ACK to ACK, seconds. */
  readonly ackdat: number;
  /** Label. */
  readonly label: string;
}

for (const { name } of FIELDS) {
  if (name in FlowRecord.prototype) continue;
  Object.defineProperty(FlowRecord.prototype, name, {
    get(this: FlowRecord) {
      return this.get(name);
    },
    configurable: true,
  });
}

/** The record as a table of two columns: its usual fields, and why it is as it is. */
function tableOf(record: FlowRecord): TableModel {
  const rows = Object.entries(record.toJSON()).map(([name, value]) =>
    [name, typeof value === "string" ? value.trim() : value] as const
  );
  return {
    columns: [{ name: "field" }, { name: "value", align: "left" }],
    rows: [...rows, ["endReason", record.endReason], ["evidence", record.evidence]],
  };
}

displayable(FlowRecord.prototype, (self) => ({
  text: () => textTable(tableOf(self)),
  html: () => htmlTable(tableOf(self)),
}));
