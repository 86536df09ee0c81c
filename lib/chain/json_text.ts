/** Pieces are handed on when they have about so many characters. */
const PIECE = 1 << 16;

/**
 * JSON as `JSON.stringify(value, undefined, 2)` writes it, in pieces, so that it may be longer than a string can be. An iterable that is
 * no array is written as one, item by item.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jsonText } from "./json_text.ts";
 *
 * const pieces = jsonText({ a: new Set([1, 2]), b: [] });
 * assertEquals([...pieces].join(""), JSON.stringify({ a: [1, 2], b: [] }, undefined, 2));
 * ```
 */
export function* jsonText(value: unknown): Generator<string> {
  let piece = "";
  for (const part of parts(value, "\n")) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

/** `margin` is a line's end and the indentation of what follows. */
function* parts(value: unknown, margin: string): Generator<string> {
  if (!holdsIterable(value)) {
    // Line ends inside texts are escaped: those that are there are between values.
    yield JSON.stringify(value, undefined, 2).replaceAll("\n", margin);
    return;
  }
  const isList = Symbol.iterator in value, inner = margin + "  ";
  let count = 0;
  yield isList ? "[" : "{";
  if (isList) {
    for (const item of value as Iterable<unknown>) {
      yield (count++ === 0 ? "" : ",") + inner;
      yield* parts(item, inner);
    }
  } else {
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      yield `${count++ === 0 ? "" : ","}${inner}${JSON.stringify(key)}: `;
      yield* parts(item, inner);
    }
  }
  yield (count === 0 ? "" : margin) + (isList ? "]" : "}");
}

function holdsIterable(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsIterable);
  return Symbol.iterator in value || Object.values(value).some(holdsIterable);
}
