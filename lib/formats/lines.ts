import { Problem } from "../base/mod.ts";
import type { ByteSource } from "../capture/mod.ts";

/** One line of text without its end, and its number from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** No flow table has longer lines; what is longer is no text. */
const LONGEST = 4 << 20;
const CHUNK = 1 << 18;

/**
 * Reads text line by line in constant memory; `\r\n` and a byte order mark are taken off.
 *
 * @throws {Problem} `damaged` on a line of more than 4 MiB, or when the source is damaged.
 */
export async function* readLines(source: ByteSource): AsyncGenerator<Line, void, void> {
  const buffer = new Uint8Array(CHUNK);
  const decoder = new TextDecoder();
  let rest = "", number = 0;
  for (;;) {
    const n = await source.read(buffer, 0);
    rest += n > 0 ? decoder.decode(buffer.subarray(0, n), { stream: true }) : decoder.decode();
    const lines = rest.split("\n");
    rest = n > 0 ? lines.pop()! : "";
    if (n === 0 && lines.at(-1) === "") lines.pop();
    for (const line of lines) {
      number++;
      yield { text: line.endsWith("\r") ? line.slice(0, -1) : line, number };
    }
    if (rest.length > LONGEST) {
      const reason = `Expected lines of text but found more than ${LONGEST} bytes without a line end`;
      throw new Problem("damaged", reason, { source: source.name, line: number + 1 });
    }
    if (n === 0) break;
  }
  if (source.damage) {
    throw new Problem(source.damage.code, source.damage.reason, { source: source.name, line: number });
  }
}
