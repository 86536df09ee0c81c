import { Problem } from "../../lib/base/mod.ts";

/**
 * What a flag takes: nothing, one value, or one value and then every following word up to the next that begins with `-` (as `-r`,
 * `-s`, `-m` and `-M` of the real programs do); `output` takes one value and then, if the next word does not begin with `-`,
 * an expression.
 */
export type FlagKind = "none" | "value" | "words" | "output";

/** One flag as it stood on the command line. */
export interface Flag {
  /** The letter. */
  readonly letter: string;
  /** Its words; empty for flags that take none. */
  readonly words: readonly string[];
}

/** A command line taken apart. */
export interface CommandLine {
  readonly flags: readonly Flag[];
  /** Words after a lone `-` or `--` (or after the last flag), joined by blanks: a filter expression. */
  readonly expression: string;
}

/**
 * Takes a command line apart the way the ra programs do: clustered letters (`-nnu`), attached values (`-L4`, `-Zb`), flags that
 * take several words, and everything after `-` or `--` as filter expression.
 *
 * @throws {Problem} `unsupported` naming a flag that is not known, `bad-value` for a flag without its value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { takeApart } from "./arguments.ts";
 *
 * const line = takeApart(["-nr", "a", "b", "-L-1", "-", "tcp"], { n: "none", r: "words", L: "value" });
 * assertEquals(line.flags.map((f) => f.letter + f.words.join("+")), ["n", "ra+b", "L-1"]);
 * assertEquals(line.expression, "tcp");
 * ```
 */
export function takeApart(words: readonly string[], kinds: Readonly<Record<string, FlagKind>>): CommandLine {
  const flags: Flag[] = [];
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i]!;
    if (word === "-" || word === "--") {
      i++;
      break;
    }
    if (!word.startsWith("-")) break;
    for (let k = 1; k < word.length; k++) {
      const letter = word[k]!;
      const kind = kinds[letter];
      if (kind === undefined) {
        throw new Problem(
          "unsupported",
          `Expected one of the flags -${Object.keys(kinds).sort().join(" -")} but found "-${letter}"`,
          {
            found: `-${letter}`,
          },
        );
      }
      if (kind === "none") {
        flags.push({ letter, words: [] });
        continue;
      }
      let value = word.slice(k + 1);
      if (value === "") {
        if (i + 1 >= words.length) {
          throw new Problem(
            "bad-value",
            `Expected a value after -${letter} but found the end of the command line`,
          );
        }
        value = words[++i]!;
      }
      const taken = [value];
      if (kind === "words") {
        while (i + 1 < words.length && !words[i + 1]!.startsWith("-")) taken.push(words[++i]!);
      }
      if (kind === "output" && i + 1 < words.length && !words[i + 1]!.startsWith("-")) {
        taken.push(words[++i]!);
      }
      flags.push({ letter, words: taken });
      break;
    }
  }
  return { flags, expression: words.slice(i).join(" ") };
}
