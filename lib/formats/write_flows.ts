import { Problem } from "../base/mod.ts";
import type { ByteSink } from "../capture/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { ArgusWriter } from "./argus_writer.ts";
import { isCollectorUrl, openCollector } from "./ipfix_exporter.ts";
import { IpfixWriter } from "./ipfix_writer.ts";
import { JsonWriter } from "./json_writer.ts";
import { Output } from "./output.ts";
import { type ParquetCompression, ParquetWriter } from "./parquet_writer.ts";

/** Fields of a table that is written without a choice of fields. */
export const EXPORT_FIELDS: readonly string[] =
  ("stime ltime dur proto saddr sport dir daddr dport state spkts dpkts sbytes dbytes sappbytes dappbytes sttl dttl stos dtos " +
    "sloss dloss swin dwin stcpb dtcpb tcprtt seq cause endreason evidence").split(" ");

/** How records are written. */
export interface WriteFlowsOptions {
  /**
   * Names of the fields of a table (CSV, JSON lines, Parquet, Arrow), in order; `EXPORT_FIELDS` unless
   * given.
   */
  readonly fields?: readonly string[] | undefined;
  /**
   * The settings the records were made with: kept in the file's metadata (Parquet, Arrow) or its start
   * record (Argus).
   */
  readonly settings?: Settings | undefined;
  /** More metadata for Parquet and Arrow, for example the digest of the input. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Pages of Parquet: `none` unless given. */
  readonly compression?: ParquetCompression | undefined;
}

/** Takes batches of records; rows of management records are left out of tables. */
export interface FlowWriter {
  /** Flow records written. */
  readonly rows: number;
  /** Adds all flow records of a batch. */
  write(batch: R.RecordBatch): void | Promise<void>;
  /** Writes what is left and closes the target. */
  end(): void | Promise<void>;
}

type Maker = (sink: ByteSink, options: WriteFlowsOptions) => FlowWriter | Promise<FlowWriter>;

/** Writers by what the name of the target ends with. */
const MAKERS: Readonly<Record<string, Maker>> = {
  argus: argusWriter,
  arg: argusWriter,
  out: argusWriter,
  csv: (sink, options) => csvWriter(sink, options, ","),
  tsv: (sink, options) => csvWriter(sink, options, "\t"),
  jsonl: (sink, options) => new JsonWriter(sink, fieldsOf(options)),
  ndjson: (sink, options) => new JsonWriter(sink, fieldsOf(options)),
  parquet: (sink, options) =>
    new ParquetWriter(sink, fieldsOf(options), {
      metadata: metadataOf(options),
      compression: options.compression,
    }),
  arrow: arrowWriter,
  ipfix: (sink) => new IpfixWriter(sink),
  feather: arrowWriter,
};

/** The fields of the registry that the options name. */
function fieldsOf(options: WriteFlowsOptions): R.Field[] {
  return columnsOf(options).map((column) => column.field);
}

function columnsOf(options: WriteFlowsOptions): R.Column[] {
  return R.parseColumns(options.fields ?? EXPORT_FIELDS, { strict: true });
}

function metadataOf(options: WriteFlowsOptions): Record<string, string> {
  return {
    "panoptes.format": "1",
    ...(options.settings ? { "panoptes.settings": JSON.stringify(options.settings, infinity) } : {}),
    ...options.metadata,
  };
}

/** JSON has no infinity; a timer that never fires is "never". */
function infinity(_: string, value: unknown): unknown {
  return value === Infinity ? "never" : value;
}

async function arrowWriter(sink: ByteSink, options: WriteFlowsOptions): Promise<FlowWriter> {
  // The library is large: loaded only by those who want it.
  const { ArrowWriter } = await import("./arrow_writer.ts");
  return new ArrowWriter(sink, fieldsOf(options), metadataOf(options));
}

function argusWriter(sink: ByteSink, options: WriteFlowsOptions): FlowWriter {
  const writer = new ArgusWriter(sink, { userLimit: options.settings?.userData });
  const status = options.settings?.status ?? 0;
  let begun = false;
  const begin = () => {
    begun = true;
    writer.begin({ reportInterval: Math.min(0xffff, Math.floor(status / 1e6)) });
  };
  return {
    get rows() {
      return writer.records;
    },
    write(batch) {
      // A stream that brings its own start record keeps it.
      if (!begun && batch.length > 0) {
        if (batch.words[R.FLAGS]! & R.FLAG_MAR) begun = true;
        else begin();
      }
      writer.writeBatch(batch);
    },
    end() {
      if (!begun) begin();
      writer.flush();
    },
  };
}

function csvWriter(sink: ByteSink, options: WriteFlowsOptions, delimiter: string): FlowWriter {
  const printer = new R.Printer({
    columns: columnsOf(options),
    delimiter,
    numbers: 1,
    unix: true,
    digits: 6,
  });
  let rows = 0;
  const flush = () => {
    if (printer.sink.at > 0) sink(printer.sink.bytes.subarray(0, printer.sink.at));
    printer.sink.clear();
  };
  return {
    get rows() {
      return rows;
    },
    write(batch) {
      for (let row = 0; row < batch.length; row++) {
        printer.print(batch, row);
        if (printer.sink.at >= 1 << 18) flush();
      }
      rows += batch.length;
    },
    end: flush,
  };
}

/** The format that the name of a target stands for. */
function formatOf(target: string): string {
  return /\.([a-z0-9]+)$/i.exec(target)?.[1]?.toLowerCase() ?? "";
}

/**
 * Makes a writer for a file, the format told by its suffix: `.argus` (`.arg`, `.out`), `.csv`, `.tsv`,
 * `.jsonl` (`.ndjson`), `.parquet`,
 * `.arrow` (`.feather`), `.ipfix`; or for a collector, `ipfix://host:4739` by UDP and `ipfix+tcp://host:4739`
 * by TCP.
 *
 * @throws {Problem} `unsupported` for another suffix, `unknown-name` for an unknown field, `no-permission`, `not-found`.
 */
export async function openFlowWriter(target: string, options: WriteFlowsOptions = {}): Promise<FlowWriter> {
  if (isCollectorUrl(target)) return await openCollector(target);
  const make = MAKERS[formatOf(target)];
  if (!make) {
    const known = Object.keys(MAKERS).map((suffix) => `.${suffix}`).join(" ");
    throw new Problem("unsupported", `Expected a file name that ends in one of ${known}`, {
      source: target,
      expected: known,
    });
  }
  // A wrong field must not cost the file that stands there.
  columnsOf(options);
  const output = new Output(target);
  const writer = await make((bytes) => output.write(bytes), options);
  return {
    get rows() {
      return writer.rows;
    },
    write: (batch) => writer.write(batch),
    async end() {
      await writer.end();
      output.close();
    },
  };
}

/**
 * Writes all records of a stream to a file and gives their number; see {@linkcode openFlowWriter} for the
 * formats.
 *
 * @throws {Problem} see {@linkcode openFlowWriter}.
 */
export async function writeFlows(
  target: string,
  batches: AsyncIterable<R.RecordBatch> | Iterable<R.RecordBatch>,
  options: WriteFlowsOptions = {},
): Promise<number> {
  const writer = await openFlowWriter(target, options);
  const whole = /^(argus|arg|out)$/.test(formatOf(target));
  try {
    for await (const batch of batches) await writer.write(whole ? batch : flowsOnly(batch));
  } finally {
    await writer.end();
  }
  return writer.rows;
}

/** The batch without management records; the batch itself where it has none. */
function flowsOnly(batch: R.RecordBatch): R.RecordBatch {
  const isFlow = (row: number) => (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) === 0;
  let row = 0;
  while (row < batch.length && isFlow(row)) row++;
  if (row === batch.length) return batch;
  const flows = new R.RecordBatch(batch.length);
  for (row = 0; row < batch.length; row++) if (isFlow(row)) flows.append(batch, row);
  return flows;
}
