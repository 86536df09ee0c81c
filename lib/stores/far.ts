import { encodeRecord, recordBytes } from "../formats/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { ByteWriter } from "./byte_writer.ts";

/** Makes the Argus record (FAR, as in a file) of a row. */
export function farOf(out: ByteWriter, batch: RecordBatch, row: number): Uint8Array {
  out.reserve(recordBytes(batch, row));
  out.at = encodeRecord(out.view, out.bytes, out.at, batch, row, 0);
  return out.piece();
}
