/** Bytes of a record in the file: record header, Ethernet, IPv4, UDP without data. */
const FRAME = 42, RECORD = 16 + FRAME;
const PIECE = 16_384;
const START = 1_700_000_000;

/**
 * Makes a pcap file of as many UDP flows as asked for, all alive at once: one packet each within a minute, and an answer to every
 * `answered`-th of them in the half minute after it. Pieces are valid only during the call.
 */
export function manyFlows(flows: number, answered: number, sink: (bytes: Uint8Array) => void): void {
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, 0xa1b2c3d4, true);
  head.setUint32(4, 2 | 4 << 16, true);
  head.setUint32(16, 65535, true);
  head.setUint32(20, 1, true);
  sink(new Uint8Array(head.buffer));
  const bytes = new Uint8Array(RECORD * PIECE), view = new DataView(bytes.buffer);
  let count = 0;
  const packet = (flow: number, us: number, back: boolean) => {
    const o = count * RECORD, e = o + 16;
    view.setUint32(o, START + Math.floor(us / 1e6), true);
    view.setUint32(o + 4, us % 1e6, true);
    view.setUint32(o + 8, FRAME, true);
    view.setUint32(o + 12, FRAME, true);
    bytes.fill(0, e, e + FRAME);
    view.setUint16(e + 12, 0x0800);
    view.setUint16(e + 14, 0x4500);
    view.setUint16(e + 16, FRAME - 14);
    view.setUint16(e + 22, 64 << 8 | 17);
    const client = 0x0a000000 + (flow >>> 4), port = 1024 + (flow & 15) * 1000 + flow % 997;
    const server = 0xc0a80000 + flow % 60_000;
    view.setUint32(e + 26, back ? server : client);
    view.setUint32(e + 30, back ? client : server);
    view.setUint16(e + 34, back ? 53 : port);
    view.setUint16(e + 36, back ? port : 53);
    view.setUint16(e + 38, 8);
    if (++count === PIECE) {
      sink(bytes);
      count = 0;
    }
  };
  for (let i = 0; i < flows; i++) packet(i, Math.floor(i * 60e6 / flows), false);
  for (let i = 0; i < flows; i += answered) packet(i, 60e6 + Math.floor(i * 30e6 / flows), true);
  sink(bytes.subarray(0, count * RECORD));
}
