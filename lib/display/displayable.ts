/** What an object looks like in each place it can be shown. */
export interface Faces {
  /** For terminals, the REPL and as the fallback everywhere. */
  text(): string;
  /** For notebooks. */
  html?(): string | Promise<string>;
  markdown?(): string | Promise<string>;
  /** For notebooks, as `image/svg+xml`. */
  svg?(): string | Promise<string>;
}

/** The MIME bundle a notebook shows. */
export type MimeBundle = Record<string, string>;

/** The name under which the Deno kernel asks an object for its MIME bundle. */
export const JUPYTER: unique symbol = Symbol.for("Jupyter.display") as never;
/** The name under which Deno's console and REPL ask an object for its text. */
export const INSPECT: unique symbol = Symbol.for("Deno.customInspect") as never;
/** The same for Node. */
export const NODE_INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** An object that shows itself in notebooks, terminals and the REPL. */
export interface Displayable {
  /** The MIME bundle for a notebook. */
  [JUPYTER](): Promise<MimeBundle>;
  /** Text for Deno's console. */
  [INSPECT](): string;
  /** Text for Node's console. */
  [NODE_INSPECT](): string;
}

/** The MIME bundle of these faces. */
export async function mimeBundle(faces: Faces): Promise<MimeBundle> {
  const bundle: MimeBundle = { "text/plain": faces.text() };
  if (faces.html) bundle["text/html"] = await faces.html();
  if (faces.markdown) bundle["text/markdown"] = await faces.markdown();
  if (faces.svg) bundle["image/svg+xml"] = await faces.svg();
  return bundle;
}

/**
 * Gives an object (or the prototype of a class) the methods by which notebooks, terminals and the REPL show it.
 *
 * The methods are not enumerable, so data stay plain data when compared or printed as JSON.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { displayable, JUPYTER } from "./displayable.ts";
 *
 * const x = displayable({ packets: 3 }, (self) => ({ text: () => `${self.packets} packets` }));
 * assertEquals(await x[JUPYTER](), { "text/plain": "3 packets" });
 * assertEquals(Deno.inspect(x), "3 packets");
 * ```
 */
export function displayable<T extends object>(target: T, faces: (self: T) => Faces): T & Displayable {
  const hidden = { enumerable: false, configurable: true, writable: true };
  function text(this: T) {
    return faces(this).text();
  }
  Object.defineProperties(target, {
    [JUPYTER]: {
      ...hidden,
      value(this: T) {
        return mimeBundle(faces(this));
      },
    },
    [INSPECT]: { ...hidden, value: text },
    [NODE_INSPECT]: { ...hidden, value: text },
  });
  return target as T & Displayable;
}
