import { Problem } from "../base/mod.ts";
import { type Connections, type KeptStretch, STRETCH_FACTS, type Turned } from "../cluster/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { ByteReader, type ByteWriter } from "./byte_writer.ts";
import { readRow, writeRow } from "./row_codec.ts";

/** First byte of the kept state, so that a later layout can be told from this one. */
const VERSION = 1;
const NO_LABEL = new Uint8Array();

/** The rules by which a chain becomes connections; microseconds, 0 for never. */
export interface ChainRules {
  readonly idle: number;
  readonly status: number;
  readonly label?: string | undefined;
}

/**
 * Writes the stretches of one chain, not yet settled: what is unclear between them stays open until it is read again, so the table
 * does not depend on how the records were divided into transactions.
 */
export function writeChain(out: ByteWriter, chain: readonly KeptStretch[], rules: ChainRules): void {
  const label = rules.label ? new TextEncoder().encode(rules.label) : NO_LABEL;
  out.reserve(32 + label.length);
  out.u8(VERSION);
  out.f64(rules.idle);
  out.f64(rules.status);
  out.u16(label.length);
  out.raw(label);
  out.u16(chain.length);
  for (const kept of chain) {
    out.reserve(24 + 4 * STRETCH_FACTS);
    for (let i = 0; i < STRETCH_FACTS; i++) out.i32(kept.facts[i]!);
    out.f64(kept.start);
    out.f64(kept.end);
    out.u16(kept.turned.length);
    for (const turned of kept.turned) {
      const text = new TextEncoder().encode(JSON.stringify({ ...turned, at: finite(turned.at) }));
      out.reserve(4 + text.length);
      out.i32(text.length);
      out.raw(text);
    }
    writeRow(out, kept.batch, kept.row);
  }
}

/** Reads the rules that a kept chain was settled by. */
export function rulesOf(bytes: Uint8Array): ChainRules {
  const input = new ByteReader(bytes);
  input.at = 1;
  const idle = input.f64(), status = input.f64();
  const label = new TextDecoder().decode(input.raw(input.u16()));
  return { idle, status, ...(label === "" ? {} : { label }) };
}

/**
 * Puts a kept chain back into a clusterer.
 *
 * @throws {Problem} `store` when the bytes were written by a newer version.
 */
export function restoreChain(bytes: Uint8Array, into: Connections): void {
  const input = new ByteReader(bytes);
  const version = input.u8();
  if (version !== VERSION) {
    throw new Problem("store", `Expected kept state of version ${VERSION} but found ${version}`, {
      expected: String(VERSION),
      found: String(version),
    });
  }
  input.at += 16;
  input.raw(input.u16());
  const count = input.u16();
  const batch = new RecordBatch(1);
  for (let i = 0; i < count; i++) {
    const facts = new Int32Array(STRETCH_FACTS);
    for (let j = 0; j < STRETCH_FACTS; j++) facts[j] = input.i32();
    const start = input.f64(), end = input.f64();
    const turned: Turned[] = [];
    for (let left = input.u16(); left > 0; left--) {
      const read = JSON.parse(new TextDecoder().decode(input.raw(input.i32()))) as Turned & {
        at: number | null;
      };
      turned.push({ ...read, at: read.at ?? Infinity });
    }
    batch.clear();
    const row = readRow(input, batch);
    into.restore({ batch, row, facts, start, end, turned });
  }
}

/** JSON knows no infinity: `null` stands for it. */
function finite(n: number): number | null {
  return Number.isFinite(n) ? n : null;
}
