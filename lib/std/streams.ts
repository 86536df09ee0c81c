/**
 * The part of `@std/streams` that this project uses, over web streams; `deno.jsr.json` maps the same name to the real package.
 *
 * @module
 */

/** Reads a stream of text or bytes to its end as text. */
export async function toText(stream: ReadableStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Reads a stream of text or bytes to its end as JSON. */
export async function toJson(stream: ReadableStream): Promise<unknown> {
  return JSON.parse(await toText(stream));
}

/** Reads a stream of bytes to its end. */
export async function toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all.buffer;
}

/** Chunks of several streams in one, in the order they come. */
export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  const readers = streams.map((stream) => stream.getReader());
  return new ReadableStream<T>({
    async start(controller) {
      try {
        await Promise.all(readers.map(async (reader) => {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            controller.enqueue(value);
          }
        }));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
    async cancel(reason) {
      await Promise.all(readers.map((reader) => reader.cancel(reason)));
    },
  });
}

/** Options of {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /** A carriage return alone also ends a line. */
  allowCR?: boolean;
}

/** Cuts text into lines, which end with a line feed, or carriage return and line feed. */
export class TextLineStream extends TransformStream<string, string> {
  /** Makes the stream. */
  constructor(options: TextLineStreamOptions = {}) {
    const end = options.allowCR ? /\r?\n|\r(?!$)/g : /\r?\n/g;
    let rest = "";
    super({
      transform(chunk, controller) {
        const text = rest + chunk;
        let from = 0;
        for (const { 0: mark, index } of text.matchAll(end)) {
          controller.enqueue(text.slice(from, index));
          from = index + mark.length;
        }
        rest = text.slice(from);
      },
      flush(controller) {
        if (rest === "") return;
        controller.enqueue(options.allowCR && rest.endsWith("\r") ? rest.slice(0, -1) : rest);
      },
    });
  }
}
