import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";

/** Bits of the status that say what the probe's id is. */
const STATUS_NUMBER = 0x400000, STATUS_TEXT = 0x200000;

/**
 * Management record (argus-format section 2): its numbers go to `more.mar`, its two times to source start
 * and end.
 */
export function decodeManagement(view: DataView, at: number, batch: RecordBatch): void {
  const row = batch.addBlank();
  const w = row * R.WORDS, d = row * R.DOUBLES;
  const mar: Record<string, number> = {};
  for (const [name, offset, kind] of A.MAR_FIELDS) mar[name] = number(view, at + offset, kind);
  batch.moreOf(row).mar = mar;
  const status = mar.status!, text = (status & STATUS_TEXT) !== 0;
  batch.words[w + R.FLAGS] = R.FLAG_MAR |
    (text ? R.FLAG_SRCID_TEXT : status & STATUS_NUMBER ? R.FLAG_SRCID_INT : 0);
  batch.words[w + R.CAUSE] = view.getUint8(at + 1) & 0xf0;
  batch.words[w + R.SEQ] = view.getInt32(at + 20);
  // Text is stored as a little endian machine reads it.
  batch.words[w + R.SRCID] = view.getInt32(mar.argusid === A.COOKIE ? at + 120 : at + 8, text);
  batch.doubles[d + R.S_START] = view.getUint32(at + 24) * 1e6 + mar.startUsec!;
  batch.doubles[d + R.S_END] = view.getUint32(at + 32) * 1e6 + mar.nowUsec!;
}

function number(view: DataView, p: number, kind: (typeof A.MAR_FIELDS)[number][2]): number {
  switch (kind) {
    case "u8":
      return view.getUint8(p);
    case "u16":
      return view.getUint16(p);
    case "u32":
      return view.getUint32(p);
    case "i32":
      return view.getInt32(p);
    case "u64":
      return view.getUint32(p) * 0x100000000 + view.getUint32(p + 4);
  }
}
