/**
 * The part of `@std/cli/parse-args` that this project uses, with the real package's names, signatures and behaviour;
 * `deno.jsr.json` maps the same name to the real package.
 *
 * @module
 */

type Names = string | readonly string[];
type NameOf<N> = N extends string ? N
  : N extends readonly (infer S)[] ? (S extends string ? S : never)
  : never;
type OneOrMany<T, K, C> = K extends NameOf<C> ? T[] : T;

/** What an option called `K` comes out as. */
type ValueOf<K, B, S, C> = K extends NameOf<B> ? OneOrMany<boolean, K, C>
  : K extends NameOf<S> ? (K extends NameOf<C> ? string[] : string | undefined)
  : unknown;

type DefaultsOf<D> = { [K in keyof D]: D[K] };

/** Parsed arguments: a property for each option, the rest in `_`. */
export type Args<B = undefined, S = undefined, C = undefined, D = undefined, DD = undefined> =
  & { [name: string]: unknown }
  & { _: "_" extends NameOf<S> ? string[] : (string | number)[] }
  & {
    [K in Exclude<NameOf<B> | NameOf<S> | NameOf<C>, "_">]: K extends keyof DefaultsOf<D>
      ? NonNullable<ValueOf<K, B, S, C>> | DefaultsOf<D>[K]
      : ValueOf<K, B, S, C>;
  }
  & (DD extends true ? { "--": string[] } : unknown);

/** How to parse. */
export interface ParseOptions<
  B = Names | boolean | undefined,
  S = Names | undefined,
  C = Names | undefined,
  D = object | undefined,
  DD = boolean | undefined,
> {
  /** Put what follows `--` into the property `--` instead of `_`. */
  "--"?: DD;
  /** Other names of an option. */
  alias?: Readonly<Record<string, Names>>;
  /** Options without a value, false unless given; `true`: all options written with two hyphens and no equals sign. */
  boolean?: B;
  /** Values of options that are not given. */
  default?: D;
  /** Options whose value is never turned into a number; `_` for the other arguments. */
  string?: S;
  /** Options that may be given several times and come out as an array. */
  collect?: C;
  /** Options that `--no-NAME` sets to false. */
  negatable?: Names;
  /** Everything from the first argument that is no option goes to `_`. */
  stopEarly?: boolean;
  /** Called for what was not described; false keeps it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

const FLAG = /^-(?:(?<double>-)(?<no>no-)?)?(?<key>.+?)(?:=(?<value>.+?))?$/s;
const NUMBER_TAIL = /^-?\d+(?:\.\d*)?(?:e-?\d+)?$/;

function isNumber(text: string): boolean {
  return /^0x[0-9a-f]+$/i.test(text) || /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text);
}

function list(names: Names | boolean | undefined): readonly string[] {
  return names === undefined || typeof names === "boolean" ? [] : typeof names === "string" ? [names] : names;
}

type Tree = { [name: string]: unknown };

function put(tree: Tree, path: readonly string[], value: unknown, collect: boolean): void {
  // Only own properties: an option called __proto__ must not reach the prototype of everything.
  const own = (at: Tree, name: string) => Object.hasOwn(at, name) ? at[name] : undefined;
  if (path.includes("__proto__")) return;
  let at = tree;
  for (const name of path.slice(0, -1)) at = (own(at, name) ?? (at[name] = {})) as Tree;
  const name = path.at(-1)!;
  const before = own(at, name);
  if (!collect) at[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else at[name] = before === undefined ? [value] : [before, value];
}

function has(tree: Tree, path: readonly string[]): boolean {
  let at: unknown = tree;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return false;
    at = (at as Tree)[name];
  }
  return true;
}

/**
 * Reads command line arguments.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseArgs } from "./parse_args.ts";
 *
 * const args = parseArgs(["-n", "--status=5s", "a.pcap"], { boolean: ["n"], string: ["status"] });
 * assertEquals(args.n, true);
 * assertEquals(args.status, "5s");
 * assertEquals(args._, ["a.pcap"]);
 * ```
 */
export function parseArgs<
  const B extends Names | boolean | undefined = undefined,
  const S extends Names | undefined = undefined,
  const C extends Names | undefined = undefined,
  const D extends object | undefined = undefined,
  const DD extends boolean | undefined = undefined,
>(args: string[], options: ParseOptions<B, S, C, D, DD> = {}): Args<B, S, C, D, DD> {
  const aliases = new Map<string, Set<string>>();
  for (const [key, others] of Object.entries(options.alias ?? {})) {
    const group = new Set([key, ...list(others)]);
    for (const name of group) aliases.set(name, new Set([...group].filter((other) => other !== name)));
  }
  const withAliases = (names: Names | boolean | undefined) =>
    new Set(list(names).flatMap((name) => [name, ...(aliases.get(name) ?? [])]));
  const booleans = withAliases(options.boolean), strings = withAliases(options.string);
  const collects = withAliases(options.collect), negatables = withAliases(options.negatable);
  const allBooleans = options.boolean === true;
  const rest: (string | number)[] = [];
  const result: Tree = { _: rest };

  const set = (key: string, given: unknown, arg: string, collect = true): void => {
    const known = booleans.has(key) || strings.has(key) || aliases.has(key) || collects.has(key);
    if (!known && !(allBooleans && /^--[^=]+$/.test(arg)) && options.unknown?.(arg, key, given) === false) {
      return;
    }
    const value = typeof given === "string" && !strings.has(key) && isNumber(given) ? Number(given) : given;
    for (const name of [key, ...(aliases.get(key) ?? [])]) {
      put(result, name.split("."), value, collect && collects.has(name));
    }
  };

  const dashes = args.indexOf("--");
  const behind = dashes < 0 ? [] : args.slice(dashes + 1);
  const all = dashes < 0 ? args : args.slice(0, dashes);
  for (let i = 0; i < all.length; i++) {
    const arg = all[i]!, flag = FLAG.exec(arg)?.groups;
    if (!flag) {
      if (options.unknown?.(arg) !== false) {
        rest.push(strings.has("_") || !isNumber(arg) ? arg : Number(arg));
      }
      if (options.stopEarly) {
        rest.push(...all.slice(i + 1));
        break;
      }
    } else if (flag["double"]) {
      if (long(arg, flag["key"]!, flag["no"] !== undefined, flag["value"], all[i + 1])) i++;
    } else if (short(arg, all[i + 1])) i++;
  }

  /** One option with two hyphens; true when it took the next argument as its value. */
  function long(
    arg: string,
    name: string,
    no: boolean,
    value: string | undefined,
    next: string | undefined,
  ): boolean {
    if (value !== undefined) {
      const key = no ? `no-${name}` : name;
      set(key, booleans.has(key) ? value !== "false" : value, arg);
      return false;
    }
    if (no && negatables.has(name)) {
      set(name, false, arg, false);
      return false;
    }
    const key = no ? `no-${name}` : name;
    if (next) {
      if (!booleans.has(key) && !allBooleans && !next.startsWith("-")) {
        set(key, next, arg);
        return true;
      }
      if (next === "true" || next === "false") {
        set(key, next === "true", arg);
        return true;
      }
    }
    set(key, strings.has(key) ? "" : true, arg);
    return false;
  }

  /** A cluster of one-letter options; true when the last one took the next argument as its value. */
  function short(arg: string, next: string | undefined): boolean {
    for (let j = 1; j < arg.length - 1; j++) {
      const letter = arg[j]!, tail = arg.slice(j + 1);
      if (tail === "-") {
        set(letter, tail, arg);
        continue;
      }
      if (/[A-Za-z]/.test(letter)) {
        const value = /^=(.+)/s.exec(tail)?.[1];
        if (value !== undefined || NUMBER_TAIL.test(tail)) {
          set(letter, value ?? tail, arg);
          return false;
        }
      }
      if (/\W/.test(tail[0]!)) {
        set(letter, tail, arg);
        return false;
      }
      set(letter, strings.has(letter) ? "" : true, arg);
    }
    const key = arg.at(-1)!;
    if (key === "-") return false;
    if (next) {
      if (!/^--?[^-]/.test(next) && !booleans.has(key)) {
        set(key, next, arg);
        return true;
      }
      if (next === "true" || next === "false") {
        set(key, next === "true", arg);
        return true;
      }
    }
    set(key, strings.has(key) ? "" : true, arg);
    return false;
  }

  const fill = (key: string, value: unknown): void => {
    if (!has(result, key.split("."))) put(result, key.split("."), value, false);
  };
  for (const [key, value] of Object.entries(options.default ?? {})) {
    for (const name of [key, ...(aliases.get(key) ?? [])]) fill(name, value);
  }
  for (const key of booleans) fill(key, collects.has(key) ? [] : false);
  for (const key of strings) if (key !== "_" && collects.has(key)) fill(key, []);
  for (const key of collects) fill(key, []);
  if (options["--"]) result["--"] = behind;
  else rest.push(...behind);
  return result as Args<B, S, C, D, DD>;
}
