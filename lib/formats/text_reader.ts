import { Problem } from "../base/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { ReadFlowsOptions } from "./argus_reader.ts";
import type { ByteSource } from "../capture/mod.ts";
import { type FlowSource, openBytes } from "./bytes.ts";
import { FlowDraft } from "./flow_draft.ts";
import { type Line, readLines } from "./lines.ts";
import { eveFlow, isEve, isZeek, zeekFlow } from "./text_json.ts";
import { RA, raName } from "./text_ra.ts";
import { CICFLOWMETER, type Columns, NFDUMP, NFSTREAM, ZEEK } from "./text_tables.ts";

const WHAT = "a flow table (ra, nfdump, NFStream or CICFlowMeter CSV, Zeek conn.log, Suricata EVE)";
const BATCH = 1024;
/** Characters that separate columns, tried in this order. */
const DELIMITERS = [",", "\t", ";", "|"];

/**
 * Reads flows that other tools wrote as text; the kind is told by the content: ra CSV (titles or field names,
 * any delimiter), Zeek conn.log (TSV or JSON lines), nfdump `-o csv`, Suricata EVE flow events, NFStream CSV,
 * CICFlowMeter CSV.
 *
 * Each flow becomes one row with what the table says; times without zone are UTC. A line that cannot be
 * understood is left out and told to `onProblem` with its number; `strict` throws it.
 *
 * @throws {Problem} `not-found`, `no-permission`, `empty`, or `unsupported` when the first line is of no known kind.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readFlowText } from "./text_reader.ts";
 *
 * const table =
 * "StartTime,Dur,Proto,SrcAddr,Sport,DstAddr,Dport,SrcPkts\n1.5,0.25,udp,10.0.0.1,5,10.0.0.2,53,2\n"; for
 * await (const batch of readFlowText(new TextEncoder().encode(table))) {
 *   assertEquals(batch.length, 1);
 *   assertEquals(batch.doubles.slice(0, 2), new Float64Array([1_500_000, 1_750_000]));
 * }
 * ```
 */
export async function* readFlowText(
  source: FlowSource,
  options: ReadFlowsOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const bytes = await openBytes(source, options.name, WHAT);
  try {
    yield* readFlowTextBytes(bytes, options);
  } finally {
    await bytes.close();
  }
}

/** Reads text flows from bytes that are already open; see {@linkcode readFlowText}. */
export async function* readFlowTextBytes(
  source: ByteSource,
  options: ReadFlowsOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const most = Math.max(1, options.batch ?? BATCH);
  const draft = new FlowDraft();
  let kind: Kind | undefined;
  let batch = new RecordBatch(most), last = 0;
  const report = (error: unknown, line: number) => {
    if (!(error instanceof Problem)) throw error;
    const problem = new Problem(error.code, error.reason, { source: source.name, line });
    if (options.strict) throw problem;
    options.onProblem?.(problem);
  };
  try {
    for await (const line of readLines(source)) {
      last = line.number;
      if (line.text.trim() === "") continue;
      if (kind === undefined) {
        kind = detect(line, source.name);
        if (!kind.first) continue;
      }
      if (kind.ends?.(line.text)) break;
      draft.reset();
      try {
        kind.parse(draft, line.text);
        if (draft.skip) continue;
        draft.addTo(batch);
      } catch (error) {
        report(error, line.number);
        continue;
      }
      if (batch.length === most) {
        yield batch;
        batch = new RecordBatch(most);
      }
    }
  } catch (error) {
    // What was read stands; damage is told once, behind it.
    if (batch.length > 0) yield batch;
    batch = new RecordBatch(1);
    if (kind === undefined || !(error instanceof Problem) || options.strict) throw error;
    options.onProblem?.(error);
  }
  if (batch.length > 0) yield batch;
  if (last === 0) throw new Problem("empty", `Expected ${WHAT} but found no line`, { source: source.name });
}

/** How the lines of one source are read. */
interface Kind {
  /** The first line is data already. */
  readonly first: boolean;
  readonly parse: (draft: FlowDraft, line: string) => void;
  /** Whether the table ends before this line. */
  readonly ends?: (line: string) => boolean;
}

function detect(line: Line, source: string): Kind {
  const text = line.text.trimStart();
  if (text.startsWith("{")) return { first: true, parse: jsonFlow };
  if (text.startsWith("#separator")) return zeekLog();
  for (const delimiter of DELIMITERS) {
    const header = splitLine(line.text.replace(/^#/, ""), delimiter).map((name) => name.trim().toLowerCase());
    if (header.length < 3) continue;
    for (const columns of [NFDUMP, NFSTREAM, CICFLOWMETER, ZEEK]) {
      if (fits(columns, header)) return table(columns, header, delimiter);
    }
    const names = header.map(raName);
    if (fits(RA, names)) return table(RA, names, delimiter);
  }
  const found = line.text.length > 60 ? `${line.text.slice(0, 60)}...` : line.text;
  throw new Problem("unsupported", `Expected the first line of ${WHAT} but found "${found}"`, {
    source,
    line: line.number,
    expected: WHAT,
    found,
  });
}

/** Whether a header has one column of each list that the kind requires. */
function fits(columns: Columns, header: readonly string[]): boolean {
  return columns.required.every((names) => names.some((name) => header.includes(name)));
}

/** A table whose columns are those of the header. */
function table(columns: Columns, header: readonly string[], delimiter: string): Kind {
  // A name that stands twice means its first column (CICFlowMeter repeats one).
  const setters = header.map((name, i) => (header.indexOf(name) === i ? columns.set[name] : undefined));
  let cells: string[] = [];
  const get = (name: string) => cells[header.indexOf(name)]?.trim() ?? "";
  return {
    first: false,
    // nfdump closes its table with a summary.
    ends: (line) => columns === NFDUMP && /^(Summary|No matched flows)/.test(line),
    parse: (draft, line) => {
      cells = splitLine(line, delimiter);
      if (cells.length > header.length || cells.length < Math.min(header.length, 3)) {
        throw new Problem("syntax", `Expected ${header.length} columns but found ${cells.length}`);
      }
      // The header again: tables that were put one behind the other.
      if (columns === RA && raName(cells[0]!.trim().toLowerCase()) === header[0]) {
        draft.skip = true;
        return;
      }
      fill(columns, setters, cells, header, draft);
      if (!draft.skip) columns.finish?.(draft, get);
    },
  };
}

function fill(
  columns: Columns,
  setters: readonly (Columns["set"][string] | undefined)[],
  cells: readonly string[],
  header: readonly string[],
  draft: FlowDraft,
): void {
  for (let i = 0; i < cells.length; i++) {
    const set = setters[i];
    if (!set) continue;
    try {
      set(draft, cells[i]!.trim());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem("bad-value", `${columns.name}, column ${header[i]}: ${error.reason}`);
    }
  }
}

/** Zeek's own table: directives begin with `#`, columns come with `#fields`. */
function zeekLog(): Kind {
  let header: string[] = [], separator = "\t", unset = "-", empty = "(empty)";
  let inner: Kind | undefined;
  return {
    first: true,
    parse: (draft, line) => {
      if (!line.startsWith("#")) {
        if (!inner) throw new Problem("syntax", "Expected #fields before the first line of conn.log");
        const plain = line.split(separator).map((cell) => (cell === unset || cell === empty ? "" : cell));
        return inner.parse(draft, plain.join(separator));
      }
      draft.skip = true;
      const name = /^#\w+/.exec(line)?.[0] ?? "";
      const rest = line.slice(name.length + 1);
      if (name === "#separator") {
        separator = rest.replace(
          /\\x([0-9a-f]{2})/gi,
          (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
        );
      } else if (name === "#unset_field") unset = rest;
      else if (name === "#empty_field") empty = rest;
      else if (name === "#fields") {
        header = rest.split(separator);
        if (!fits(ZEEK, header)) {
          throw new Problem(
            "unsupported",
            "Expected the columns of conn.log but found those of another Zeek log",
          );
        }
        inner = table(ZEEK, header, separator);
      }
    },
  };
}

function jsonFlow(draft: FlowDraft, line: string): void {
  let object: unknown;
  try {
    object = JSON.parse(line);
  } catch (error) {
    throw new Problem("syntax", `Expected a JSON object but found ${(error as Error).message}`);
  }
  if (typeof object !== "object" || object === null) {
    throw new Problem("syntax", `Expected a JSON object but found ${typeof object}`);
  }
  const flow = object as Record<string, unknown>;
  if (isEve(flow)) eveFlow(draft, flow);
  else if (isZeek(flow)) zeekFlow(draft, flow);
  else {throw new Problem(
      "unsupported",
      "Expected an EVE event or a line of conn.log but found another JSON object",
    );}
}

/** Cells of a line; quotes keep delimiters and stand doubled for themselves (RFC 4180). */
export function splitLine(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const cells: string[] = [];
  let cell = "", quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (line[i + 1] === '"') cell += line[++i];
      else quoted = false;
    } else if (c === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (line.startsWith(delimiter, i)) {
      cells.push(cell);
      cell = "";
    } else cell += c;
  }
  cells.push(cell);
  return cells;
}
