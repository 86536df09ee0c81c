import * as R from "../record/mod.ts";
import { tokenize } from "./lexer.ts";
import { ENCAPSULATIONS } from "./qualifiers.ts";
import { fieldType } from "./field_type.ts";
import {
  COMPARISONS,
  LINK_WORDS,
  PLAIN_WORDS,
  PROTOCOL_WORDS,
  QUALIFIERS,
  SIDED_WORDS,
} from "./vocabulary.ts";

/** What may stand at a place in a filter. */
export interface Completions {
  /** Where the word being written begins; the words replace the text from there to the position. */
  readonly from: number;
  /** Words that begin with what is already written, those of ra first. */
  readonly words: readonly string[];
}

const COMPARISON_WORDS = Object.keys(COMPARISONS).filter((w) => /^[a-z]+$/.test(w) && w.length <= 3);
/** Services people filter for most; the whole table would drown them. */
const SERVICES = [
  "domain",
  "ftp",
  "http",
  "https",
  "imap2",
  "ldap",
  "ntp",
  "pop3",
  "smtp",
  "snmp",
  "ssh",
  "syslog",
  "telnet",
];

/**
 * The words that may stand at a position of a record filter, for editors and the REPL.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { completions } from "./complete.ts";
 *
 * assertEquals(completions("tcp and src po", 14), { from: 12, words: ["port"] });
 * assertEquals(completions("dur g", 5).words, ["gt", "gte"]);
 * ```
 */
export function completions(text: string, position = text.length): Completions {
  const before = text.slice(0, position), from = position - /[A-Za-z0-9._-]*$/.exec(before)![0].length;
  const started = before.slice(from);
  const words = [...new Set(candidates(wordsOf(before.slice(0, from))))];
  return { from, words: words.filter((w) => w.startsWith(started) && w !== started) };
}

function wordsOf(text: string): readonly string[] {
  try {
    // A quoted or escaped text is a value, whatever word it looks like.
    return tokenize(text).slice(0, -1).map((t) =>
      t.kind === "string" || t.kind === "escaped" ? `"${t.text}"` : t.text
    );
  } catch {
    return text.trim().split(/\s+/).filter((w) => w !== "");
  }
}

function candidates(words: readonly string[]): readonly string[] {
  const last = words.at(-1), earlier = words.at(-2);
  if ((last === "and" || last === "or") && (earlier === "src" || earlier === "dst")) {
    return [earlier === "src" ? "dst" : "src"];
  }
  if (last === undefined || ["and", "or", "not", "(", "!", "&&", "||", "local"].includes(last)) {
    return beginnings();
  }
  if (last === "src" || last === "dst") {
    const other = last === "src" ? "dst" : "src";
    return [...qualifiers(), ...SIDED_WORDS, "dup", `and ${other}`, `or ${other}`];
  }
  if (Object.hasOwn(QUALIFIERS, last)) return valuesOf(last);
  if (PROTOCOL_WORDS.has(last)) {
    const more = ["src", "dst", ...qualifiers(), "proto", "multicast", "broadcast"];
    return LINK_WORDS.has(last) ? more : ["and", "or", ...more];
  }
  if (Object.hasOwn(COMPARISONS, last)) return earlier === undefined ? [] : textsOf(earlier);
  if (fieldType(last)) return fieldType(last) === "number" ? COMPARISON_WORDS : ["eq", ...textsOf(last)];
  return ["and", "or", ")"];
}

const qualifiers = () =>
  Object.keys(QUALIFIERS).filter((q) => !["broken", "gateway"].includes(QUALIFIERS[q]!) && q !== "proto");

function beginnings(): readonly string[] {
  return [
    "not",
    "src",
    "dst",
    ...PROTOCOL_WORDS,
    ...qualifiers(),
    "proto",
    ...SIDED_WORDS,
    ...PLAIN_WORDS,
    ...R.FIELDS.map((f) => f.name).filter((name) => fieldType(name)),
  ];
}

function valuesOf(qualifier: string): readonly string[] {
  switch (QUALIFIERS[qualifier]) {
    case "port":
      return [...COMPARISON_WORDS, ...SERVICES];
    case "proto":
      return Array.from({ length: 256 }, (_, n) => R.protocolName(n)).filter((n, i, all) =>
        n !== "unas" && all.indexOf(n) === i
      )
        .map((n) => PROTOCOL_WORDS.has(n) ? `\\${n}` : n);
    case "dsb":
      return [
        ...COMPARISON_WORDS,
        ...Array.from({ length: 64 }, (_, n) => R.dscpName(n)).filter((n) => n !== undefined),
      ];
    case "encaps":
      return Object.keys(ENCAPSULATIONS);
    case "integer":
    case "number":
      return COMPARISON_WORDS;
    default:
      return [];
  }
}

function textsOf(field: string): readonly string[] {
  if (field === "evidence") return R.EVIDENCES;
  return field === "endreason" ? R.END_REASONS : [];
}
