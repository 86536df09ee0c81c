import type { RecordBatch } from "../batch.ts";
import * as L from "../layout.ts";
import type { PrintStyle, Put } from "../fields/field.ts";
import { type Column, defaultColumns } from "./columns.ts";
import { Sink } from "./sink.ts";
import { compileTime } from "./time.ts";
import { localZone, type Zone } from "./zone.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { FLAG_MAR, FLAGS, WORDS } = L;

/** How records are printed; what is left out is ra's default. */
export interface PrintOptions {
  /** Columns, ra's default ones unless given. */
  readonly columns?: readonly Column[] | undefined;
  /** `-c`: delimiter between fields; empty for fixed width. */
  readonly delimiter?: string | undefined;
  /** `-L`: -1 no titles, 0 once, n before every n records. */
  readonly titles?: number | undefined;
  /** `-p`: digits of fractions, 6. */
  readonly digits?: number | undefined;
  /** `-n`, counted modulo 4. */
  readonly numbers?: number | undefined;
  /** `-H`. */
  readonly human?: boolean | undefined;
  /** `-u`. */
  readonly unix?: boolean | undefined;
  /** RA_TIME_FORMAT. */
  readonly timeFormat?: string | undefined;
  /** Zone of printed times; that of the process unless given. */
  readonly zone?: Zone | undefined;
  /** `-z` and `-Z`. */
  readonly state?: PrintStyle["state"] | undefined;
  /** `-M printer=`. */
  readonly userData?: PrintStyle["userData"] | undefined;
  /** RA_FIELD_QUOTED: quote around titles in delimiter mode. */
  readonly quote?: string | undefined;
  /** Titles of `-M rmon`: Host, OutPkts, InPkts, ... */
  readonly rmon?: boolean | undefined;
}

/** Titles that change under `-M rmon`. */
const RMON_TITLES: Readonly<Record<string, string>> = {
  saddr: "Host",
  laddr: "Host",
  sbytes: "OutBytes",
  dbytes: "InBytes",
  sappbytes: "OAppBytes",
  dappbytes: "IAppBytes",
  spkts: "OutPkts",
  dpkts: "InPkts",
  smac: "Mac",
  snet: "Net",
  lnet: "Net",
  soui: "Oui",
};

/** Fields that keep their blanks, and one more, in delimiter mode (observed: ten characters; nine where the delimiter is a blank). */
const KEEPS_BLANKS = new Set(["flgs"]);
/** Fields whose titles are one character wider than their values (observed). */
const WIDE_TITLES = new Set(["sstime", "sltime", "dstime", "dltime"]);
/** The address before each port column. */
const ADDRESS_OF: Readonly<Record<string, string>> = { sport: "saddr", dport: "daddr" };
/** `-L -1`; every other negative number means one title, as 0 does (observed). */
const NO_TITLES = -1;
/** Length of an SPI as printed: the only number in a port column that is cut under `-n`. */
const SPI_LENGTH = 10;
const TAB = 9, BLANK = 32, PERIOD = 46, STAR = 42, LETTER_X = 120, NEWLINE = 10;

/** What print style a set of options means. */
export function styleOf(options: PrintOptions): PrintStyle {
  const digits = options.digits ?? 6;
  return {
    digits,
    numbers: options.numbers ?? 0,
    human: options.human ?? false,
    time: compileTime({
      format: options.timeFormat ?? "%T.%f",
      unix: options.unix ?? false,
      digits: Math.min(digits, 9),
      zone: options.zone ?? localZone(),
    }),
    state: options.state ?? "words",
    rmon: options.rmon ?? false,
    userData: options.userData ?? "ascii",
    delimiter: options.delimiter ?? "",
    counter: { rank: 0 },
    macNames: options.columns?.some((c) => c.field.name === "smac" || c.field.name === "dmac") ?? false,
    now: Date.now() / 1000,
  };
}

/**
 * Prints records as ra does: compiled once from its options, then bytes straight into a {@linkcode Sink}, no string per field.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "../batch.ts";
 * import * as R from "../layout.ts";
 * import { parseColumns } from "./columns.ts";
 * import { Printer } from "./printer.ts";
 *
 * const batch = new RecordBatch(1);
 * const row = batch.addBlank();
 * batch.words[R.KEY_TYPE] = R.KEY_IPV4;
 * batch.words[R.SADDR] = 0x0a000001;
 * batch.words[R.PROTO] = 17;
 * const printer = new Printer({ columns: parseColumns(["proto", "saddr"]), delimiter: "," });
 * printer.print(batch, row);
 * assertEquals(printer.sink.text(), "Proto,SrcAddr\nudp,10.0.0.1\n");
 * ```
 */
export class Printer {
  /** Where the text goes; empty it with {@linkcode Printer.take} or `clear`. */
  readonly sink = new Sink();
  readonly #columns: readonly Column[];
  readonly #puts: readonly Put[];
  readonly #widths: Int32Array;
  /** Whether the column is left aligned, and whether a period joins it to the column before. */
  readonly #left: Uint8Array;
  readonly #joined: Uint8Array;
  readonly #uncut: Uint8Array;
  readonly #keep: Uint8Array;
  readonly #vanishes: Uint8Array;
  readonly #delimiter: number;
  readonly #titles: number;
  readonly #style: PrintStyle;
  readonly #title: Uint8Array;

  /** Compiles the options. */
  constructor(options: PrintOptions = {}) {
    const columns = this.#columns = options.columns ?? defaultColumns();
    const style = this.#style = styleOf(options);
    const format = options.timeFormat ?? "%T.%f";
    const wider = style.digits > 0 && (options.unix || format.includes(".")) ? style.digits : 0;
    this.#puts = columns.map((c) => c.field.print(style, c.width));
    this.#widths = Int32Array.from(
      columns,
      (c) => c.width + (c.field.userData ? 7 + String(c.width).length : 0) + (c.field.wide ? wider : 0),
    );
    this.#vanishes = Uint8Array.from(columns, (c) => c.field.vanishes ? 1 : 0);
    this.#left = Uint8Array.from(columns, (c) => c.field.left ? 1 : 0);
    this.#joined = Uint8Array.from(
      columns,
      (c, i) => i > 0 && ADDRESS_OF[c.field.name] === columns[i - 1]!.field.name ? 1 : 0,
    );
    const numeric = style.numbers === 1 || style.numbers === 2;
    this.#uncut = Uint8Array.from(columns, (c) => numeric && c.field.name in ADDRESS_OF ? 1 : 0);
    this.#keep = Uint8Array.from(columns, (c) => KEEPS_BLANKS.has(c.field.name) ? 1 : 0);
    this.#delimiter = options.delimiter ? options.delimiter.charCodeAt(0) : 0;
    this.#titles = options.titles ?? 0;
    this.#title = this.#titleRow(options);
  }

  /** Records printed so far. */
  get count(): number {
    return this.#style.counter.rank;
  }

  #titleRow(options: PrintOptions): Uint8Array {
    const sink = new Sink(1024), quote = options.quote ?? "";
    this.#columns.forEach(({ field }, i) => {
      if (field.title === "") return;
      const text = (options.rmon ? RMON_TITLES[field.name] : undefined) ?? field.title;
      const width = this.#widths[i]! + (WIDE_TITLES.has(field.name) ? 1 : 0);
      if (this.#delimiter !== 0) {
        if (sink.at > 0) sink.byte(this.#delimiter);
        sink.utf8(quote + text.slice(0, width) + quote);
        return;
      }
      if (text.length >= width) sink.utf8(text.slice(0, width));
      else {
        const before = field.centred ? (width - text.length) >> 1 : width - text.length;
        sink.fill(BLANK, before);
        sink.utf8(text);
        sink.fill(BLANK, width - text.length - before);
      }
      sink.byte(BLANK);
    });
    if (this.#delimiter === BLANK) sink.byte(BLANK);
    sink.byte(NEWLINE);
    return sink.bytes.slice(0, sink.at);
  }

  /** Prints one record, with the title row before it when that is due. */
  print(batch: RecordBatch, row: number): void {
    const sink = this.sink, counter = this.#style.counter;
    const due = this.#titles > 0
      ? counter.rank % this.#titles === 0
      : this.#titles !== NO_TITLES && counter.rank === 0;
    if (due) sink.raw(this.#title);
    counter.rank++;
    sink.room(2048);
    if (this.#delimiter !== 0) this.#delimited(batch, row);
    else this.#fixed(batch, row);
  }

  #delimited(batch: RecordBatch, row: number): void {
    const sink = this.sink, puts = this.#puts, keep = this.#keep, delimiter = this.#delimiter;
    const line = sink.at;
    for (let i = 0; i < puts.length; i++) {
      if (i > 0 && sink.at > line) sink.byte(delimiter);
      else if (i > 0 && this.#vanishes[i - 1] === 0) sink.byte(delimiter);
      const start = sink.at;
      puts[i]!(batch, row, sink);
      if (keep[i] === 1) {
        if (sink.at > start && delimiter !== BLANK) sink.byte(BLANK);
      } else {
        const bytes = sink.bytes;
        while (sink.at > start && bytes[sink.at - 1] === BLANK) sink.at--;
        if (sink.at === start && start > line && this.#vanishes[i] === 1) sink.at--;
      }
    }
    // A delimiter that is white space goes with the trailing blanks of the line.
    if (delimiter === TAB || delimiter === BLANK) this.#trim(line);
    sink.byte(NEWLINE);
  }

  #trim(line: number): void {
    const sink = this.sink, bytes = sink.bytes;
    while (sink.at > line && (bytes[sink.at - 1] === BLANK || bytes[sink.at - 1] === TAB)) sink.at--;
  }

  #fixed(batch: RecordBatch, row: number): void {
    const sink = this.sink, puts = this.#puts, widths = this.#widths;
    const line = sink.at, flow = (batch.words[row * WORDS + FLAGS]! & FLAG_MAR) === 0;
    for (let i = 0; i < puts.length; i++) {
      const start = sink.at, width = widths[i]!;
      puts[i]!(batch, row, sink);
      const n = sink.at - start;
      if (n === 0 && this.#vanishes[i] === 1) continue;
      if (n < width) {
        sink.room(width + 2);
        const bytes = sink.bytes, gap = width - n;
        if (flow && this.#left[i] === 1) bytes.fill(BLANK, sink.at, start + width);
        else {
          for (let k = n - 1; k >= 0; k--) bytes[start + gap + k] = bytes[start + k]!;
          for (let k = 0; k < gap; k++) bytes[start + k] = BLANK;
        }
        sink.at = start + width;
      } else if (
        n > width && (this.#uncut[i] === 0 || sink.bytes[start + 1] === LETTER_X && n === SPI_LENGTH)
      ) {
        sink.at = start + width;
        sink.bytes[sink.at - 1] = STAR;
      }
      if (n > 0 && flow && this.#joined[i] === 1) sink.bytes[start - 1] = PERIOD;
      sink.byte(BLANK);
    }
    this.#trim(line);
    sink.byte(NEWLINE);
  }

  /** Nothing follows the last record of a table. */
  finish(): void {}

  /** The bytes printed since the last call; valid until the next record is printed. */
  take(): Uint8Array {
    const bytes = this.sink.bytes.subarray(0, this.sink.at);
    this.sink.clear();
    return bytes;
  }
}
