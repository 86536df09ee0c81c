import { Buffer } from "node:buffer";
import type { PrintStyle } from "../fields/field.ts";
import type { Sink } from "./sink.ts";

/** Writes captured payload as `s[12]=text`: unprintable bytes as periods, or as hexadecimal, base 32 or base 64 text. */
export function putUserData(
  sink: Sink,
  side: "s" | "d",
  data: Uint8Array,
  how: PrintStyle["userData"],
): void {
  sink.ascii(`${side}[${data.length}]=`);
  switch (how) {
    case "encode64":
      return sink.ascii(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"));
    case "encode32":
    case "hex":
      for (const b of data) sink.hex(b, 2);
      return;
    default:
      sink.room(data.length);
      for (const b of data) sink.byte(b < 32 || b > 126 ? 46 : b);
  }
}
