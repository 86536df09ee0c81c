import { CONNECTION_KEY_WORDS, connectionKey, KeyTable } from "../cluster/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";

/** Words of a key in their bytes: kind, protocol, source id, ports, addresses; the last word is not used. */
const USED_WORDS = CONNECTION_KEY_WORDS - 1;

/** Bytes of a key: 14 for IPv4 and its like, 38 for the rest. */
function keyBytes(key: Int32Array): Uint8Array {
  const wide = key[6] !== 0 || key[7] !== 0 || key[8] !== 0 || key[10] !== 0 || key[11] !== 0 || key[12] !== 0;
  const words = wide ? USED_WORDS - 3 : 4;
  const bytes = new Uint8Array(8 + 4 * words + (wide ? 2 : 0));
  const view = new DataView(bytes.buffer);
  // The flags of the kind stand above bit 8.
  view.setUint8(0, key[0]! & 0xff);
  view.setUint8(1, (key[0]! >>> 10) & 0xff | (key[0]! >>> 8 & 0xff) << 0 & 0xff);
  view.setUint16(2, key[1]!);
  view.setInt32(4, key[2]!);
  return bytes;
}
void keyBytes;
void connectionKey;
void KeyTable;
void R;
export type { RecordBatch };
