/**
 * The part of `@std/assert` that this project uses, over `node:assert`; `deno.jsr.json` maps the same name to the real package.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Thrown by every function here when an assertion does not hold. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function plain(value: unknown, seen = new Map<object, unknown>()): unknown {
  // node:sqlite and parseArgs give null-prototype objects, which @std/assert treats as plain ones.
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    seen.set(value, copy);
    for (const x of value) copy.push(plain(x, seen));
    return copy;
  }
  const proto = Object.getPrototypeOf(value);
  if (proto !== null && proto !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  seen.set(value, copy);
  for (const key of Object.keys(value)) copy[key] = plain((value as Record<string, unknown>)[key], seen);
  return copy;
}

function rethrow(run: () => void, msg?: string): void {
  try {
    run();
  } catch (e) {
    throw new AssertionError((msg ? `${msg}: ` : "") + (e instanceof Error ? e.message : String(e)));
  }
}

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg || "Expected value to be truthy but found " + String(expr));
}

/** Fails unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  rethrow(() => nodeAssert.deepStrictEqual(plain(actual), plain(expected)), msg);
}

/** Fails when both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  rethrow(() => nodeAssert.notDeepStrictEqual(plain(actual), plain(expected)), msg);
}

/** Fails unless both are the same value. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  rethrow(() => nodeAssert.strictEqual(actual, expected), msg);
}

/** Fails when the value is null or undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(
      (msg ? `${msg}: ` : "") + `Expected actual: "${actual}" to not be null or undefined`,
    );
  }
}

/** Fails unless the two numbers differ by no more than `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = Math.abs(expected) * 1e-7,
  msg?: string,
): void {
  if (Object.is(actual, expected) || Math.abs(expected - actual) <= tolerance) return;
  throw new AssertionError(
    `${msg ? `${msg}: ` : ""}Expected actual: "${actual}" to be close to "${expected}"`,
  );
}

/** Fails unless the text contains the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expected actual: "${actual}" to contain: "${expected}"`,
    );
  }
}

/** Fails unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    throw new AssertionError(`${msg ? `${msg}: ` : ""}Expected actual: "${actual}" to match: "${expected}"`);
  }
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any
  expected: abstract new (...args: any[]) => T,
  msg?: string,
): asserts actual is T {
  if (!(actual instanceof expected)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expected object to be an instance of "${expected.name}"`,
    );
  }
}

/** Fails unless `a >= b`. */
export function assertGreaterOrEqual<T>(a: T, b: T, msg?: string): void {
  if (!(a >= b)) throw new AssertionError(`${msg ? `${msg}: ` : ""}Expect ${a} >= ${b}`);
}

/** Fails unless `a <= b`. */
export function assertLessOrEqual<T>(a: T, b: T, msg?: string): void {
  if (!(a <= b)) throw new AssertionError(`${msg ? `${msg}: ` : ""}Expect ${a} <= ${b}`);
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function checkThrown<E extends Error>(error: unknown, type?: ErrorClass<E>, includes?: string): E {
  if (type && !(error instanceof type)) {
    throw new AssertionError(
      `Expected error to be instance of "${type.name}" but was "${
        (error as Error)?.constructor?.name
      }": ${error}`,
    );
  }
  if (includes && !(error as Error).message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include "${includes}" but got "${(error as Error).message}"`,
    );
  }
  return error as E;
}

/** Fails unless the function throws (an error of the class, with the text in its message); gives the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type?: ErrorClass<E>,
  includes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkThrown(error, type, includes);
  }
  throw new AssertionError("Expected function to throw.");
}

/** Fails unless the promise rejects (with an error of the class, with the text in its message); gives the error. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkThrown(error, type, includes);
  }
  throw new AssertionError("Expected function to reject.");
}

/** Always fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Marks code that is never reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(msg ?? "Unreachable.");
}
