import { Problem } from "../../lib/base/mod.ts";
import {
  type Column,
  defaultColumns,
  parseColumns,
  type PortRule,
  type PrintOptions,
  zoneOf,
} from "../../lib/record/mod.ts";
import { type CommandLine, type Flag, type FlagKind, takeApart } from "./arguments.ts";
import { type Limits, parseLimits } from "./limits.ts";
import { readRarc, type Setting, systemSettings } from "./rarc.ts";

/** What all ra programs understand, after configuration files and command line were read. */
export interface RaOptions {
  /** Names after `-r`; empty means standard input. */
  readonly files: string[];
  /** Directories after `-R`. */
  readonly directories: string[];
  /** Filter expression, empty when there is none. */
  filter: string;
  /** `-w` and its own filter. */
  readonly outputs: { readonly path: string; readonly filter: string }[];
  /** `-E`. */
  rejects: string | undefined;
  /** `-t`. */
  times: string | undefined;
  /** `-N` for input and output. */
  readonly limits: Limits[];
  /** `-e` expressions over user data. */
  readonly patterns: string[];
  /** Words after `-M`, `man` and `noman` taken out. */
  readonly modes: string[];
  /** Words after `-m`. */
  readonly keys: string[];
  /** Whether management records print. */
  management: boolean;
  /** `-h`. */
  help: boolean;
  quiet: boolean;
  summary: boolean;
  columns: Column[];
  /** Whether the user chose the columns. */
  chosen: boolean;
  portDirection: PortRule[];
  print: { -readonly [K in keyof PrintOptions]: PrintOptions[K] };
  /** Values of flags that belong to one program only, by letter. */
  readonly own: Map<string, string[]>;
}

/** Flags that all ra programs share. */
export const RA_FLAGS: Readonly<Record<string, FlagKind>> = {
  A: "none",
  c: "value",
  D: "value",
  e: "value",
  E: "value",
  F: "value",
  h: "none",
  H: "none",
  L: "value",
  m: "words",
  M: "words",
  n: "none",
  N: "value",
  p: "value",
  q: "none",
  r: "words",
  R: "words",
  s: "words",
  t: "value",
  u: "none",
  w: "output",
  X: "none",
  z: "none",
  Z: "value",
  "%": "none",
};

/** Flags of the real programs that are refused, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  b: "there is no packet-matching code to dump",
  C: "Netflow sources are not read here",
  d: "running as a daemon is not supported",
  S: "remote sources are not read here",
  T: "remote sources are not read here",
};

function initial(): RaOptions {
  return {
    files: [],
    directories: [],
    filter: "",
    outputs: [],
    rejects: undefined,
    times: undefined,
    limits: [],
    patterns: [],
    modes: [],
    keys: [],
    management: false,
    help: false,
    quiet: false,
    summary: false,
    columns: defaultColumns(),
    chosen: false,
    portDirection: [],
    print: { numbers: 0, titles: 0 },
    own: new Map(),
  };
}

/** What `-X` leaves: modes, keys, patterns and the delimiter given before it stay (observed). */
function forgetful(before: RaOptions): RaOptions {
  const { modes, keys, patterns, management, print: { delimiter, zone } } = before;
  return {
    ...initial(),
    modes,
    keys,
    patterns,
    management,
    print: { numbers: 0, titles: 0, delimiter, zone },
  };
}

const isYes = (value: string) => value.toLowerCase() === "yes";

/** Applies one setting of an rarc file; those without meaning here are left alone, as the original does. */
function applySetting(options: RaOptions, { key, value }: Setting): void {
  const print = options.print;
  switch (key) {
    case "RA_PRINT_MAN_RECORDS":
      options.management = isYes(value);
      break;
    case "RA_PRINT_LABELS":
      print.titles = Number.parseInt(value) || 0;
      break;
    case "RA_FIELD_SPECIFIER":
      options.columns = parseColumns([value]);
      options.chosen = true;
      break;
    case "RA_FIELD_DELIMITER":
      print.delimiter = delimiterOf(value.replace(/^'(.*)'$/, "$1"));
      break;
    case "RA_FIELD_WIDTH":
      if (value === "variable" && !print.delimiter) print.delimiter = " ";
      break;
    case "RA_FIELD_QUOTED":
      print.quote = value === "double" ? '"' : value === "single" ? "'" : "";
      break;
    case "RA_PRINT_NAMES":
      print.numbers = value === "none" ? 2 : value === "proto" ? 1 : value === "all" ? 3 : 0;
      break;
    case "RA_PRINT_UNIX_TIME":
      print.unix = isYes(value);
      break;
    case "RA_TIME_FORMAT":
      print.timeFormat = value;
      break;
    case "RA_TZ":
      print.zone = zoneOf(value);
      break;
    case "RA_USEC_PRECISION":
      print.digits = Number.parseInt(value) || 0;
      break;
    case "RA_USERDATA_ENCODE":
      print.userData = printerOf(value);
      break;
    case "RA_TIMERANGE":
      options.times = value;
      break;
    case "RA_FILTER":
      options.filter = value;
      break;
    case "RA_PORT_DIRECTION":
      options.portDirection = portRules(value);
      break;
    case "RA_PRINT_SUMMARY":
      options.summary = isYes(value);
      break;
  }
}

function portRules(value: string): PortRule[] {
  return value.split(/[\s,]+/).filter((w): w is PortRule =>
    w === "wellknown" || w === "services" || w === "registered"
  );
}

function delimiterOf(value: string): string {
  return value.startsWith("\\t") ? "\t" : value.slice(0, 1);
}

function printerOf(value: string): PrintOptions["userData"] {
  const name = value.toLowerCase();
  if (
    name === "ascii" || name === "hex" || name === "encode32" || name === "encode64" || name === "obfuscate"
  ) return name;
  throw new Problem(
    "bad-value",
    `Expected ascii, obfuscate, hex, encode32 or encode64 but found "${value}"`,
    { found: value },
  );
}

/**
 * Reads configuration files and command line of a ra program, later ones winning; `-X` forgets most of what came before it.
 *
 * `own` are flags that only this program has; their words arrive in `own`.
 *
 * @throws {Problem} naming the flag that is not supported or has a wrong value.
 */
export function readRaOptions(
  words: readonly string[],
  own: Readonly<Record<string, FlagKind>> = {},
): RaOptions {
  const refused = Object.fromEntries(Object.keys(REFUSED).map((k) => [k, "none" as FlagKind]));
  const line: CommandLine = takeApart(words, { ...refused, ...RA_FLAGS, ...own });
  let options = initial();
  if (!line.flags.some((f) => f.letter === "X")) {
    for (const s of systemSettings()) {
      applySetting(options, s);
    }
  }
  let fields: string[] = [], numbers = 0;
  for (const flag of line.flags) {
    if (flag.letter === "X") {
      options = forgetful(options);
      fields = [];
      numbers = 0;
    } else if (flag.letter === "n") {
      numbers++;
      options.print.numbers = numbers % 4;
    } else if (flag.letter === "s") {
      fields.push(...flag.words);
    } else if (flag.letter in own) {
      options.own.set(flag.letter, [...(options.own.get(flag.letter) ?? []), ...flag.words]);
    } else applyFlag(options, flag);
  }
  if (line.expression.trim() !== "") options.filter = line.expression;
  if (fields.length > 0) {
    options.columns = parseColumns(fields, { base: options.columns });
    options.chosen = true;
  }
  options.print.columns = options.columns;
  return options;
}

function applyFlag(options: RaOptions, { letter, words }: Flag): void {
  const print = options.print, value = words[0] ?? "";
  switch (letter) {
    case "A":
      options.summary = true;
      break;
    case "c":
      print.delimiter = delimiterOf(value) || " ";
      break;
    case "e":
      options.patterns.push(value);
      break;
    case "E":
      options.rejects = value;
      break;
    case "F":
      for (const s of readRarc(value)) applySetting(options, s);
      break;
    case "h":
      options.help = true;
      break;
    case "H":
      print.human = true;
      break;
    case "L":
      print.titles = Number.parseInt(value) || 0;
      break;
    case "m":
      options.keys.push(...words);
      break;
    case "M":
      for (const word of words) applyMode(options, word);
      break;
    case "N":
      options.limits.push(parseLimits(value));
      break;
    case "p":
      print.digits = Math.max(0, Number.parseInt(value) || 0);
      break;
    case "q":
      options.quiet = true;
      break;
    case "r":
      options.files.push(...words);
      break;
    case "R":
      options.directories.push(...words);
      break;
    case "t":
      options.times = value;
      break;
    case "u":
      print.unix = true;
      break;
    case "w":
      options.outputs.push({ path: value, filter: words[1] ?? "" });
      break;
    case "z":
      print.state = "z";
      break;
    case "Z":
      // -z is stronger, wherever it stands.
      if (print.state !== "z") {
        print.state = value === "s" || value === "d" || value === "b" ? value : "words";
      }
      break;
    default:
      if (letter in REFUSED) {
        throw new Problem("unsupported", `Expected no -${letter}: ${REFUSED[letter]}`, {
          found: `-${letter}`,
        });
      }
  }
}

function applyMode(options: RaOptions, word: string): void {
  if (word === "man") options.management = true;
  else if (word === "noman") options.management = false;
  else if (word.startsWith("TZ=")) options.print.zone = zoneOf(word.slice(3).replaceAll(/["']/g, ""));
  else if (word.startsWith("printer=")) {
    options.print.userData = printerOf(word.slice(8).replaceAll(/["']/g, ""));
  } else options.modes.push(word);
}
