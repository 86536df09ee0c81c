import { Problem } from "../base/mod.ts";
import type { FrameBatch } from "../capture/mod.ts";
import type { PacketNode } from "./packet_ast.ts";
import { compilePackets } from "./packet_compile.ts";
import { linkLayout } from "./packet_links.ts";
import { PacketView, type Test, TRUE } from "./packet_machine.ts";
import { parsePacketFilter } from "./packet_parse.ts";

const LINK_ETHERNET = 1;

/** Whether frame `i` of a batch passes a packet filter. */
export type PacketPredicate = (frames: FrameBatch, i: number) => boolean;

/**
 * Compiles a packet filter in the language of tcpdump, pcap-filter(7), with tcpdump's meaning: only the outermost headers are looked
 * at, fragments other than the first have no ports, and a frame too short to tell is rejected.
 *
 * @throws {Problem} `syntax` at once, with position, expectation and nearest word. The returned predicate throws `unsupported` at the
 * first frame of a link type that the filter cannot be asked of.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { compilePacketFilter } from "./packet_filter.ts";
 *
 * const frame = new Uint8Array(60);
 * frame.set([0x08, 0x00, 0x45], 12);
 * const frames = {
 *   bytes: frame,
 *   length: 1,
 *   offset: Int32Array.of(0),
 *   captured: Int32Array.of(60),
 *   wire: Int32Array.of(60),
 *   time: Float64Array.of(0),
 *   nano: Int32Array.of(0),
 *   firstFrame: 1,
 *   linkType: 1,
 *   position: 24,
 * };
 * assertEquals(compilePacketFilter("ip and less 60")(frames, 0), true);
 * assertEquals(compilePacketFilter("tcp port 80 or 443")(frames, 0), false);
 * assertThrows(() => compilePacketFilter("tcp prot 80"), Error, "did you mean port or proto?");
 * ```
 */
export function compilePacketFilter(text: string): PacketPredicate {
  const tree = parsePacketFilter(text);
  if (!tree) return () => true;
  checkIds(tree, text);
  const view = new PacketView();
  let linkType = -1, test: Test = () => 0, payload = 0, prepare: ((p: PacketView) => void) | undefined;
  const change = (next: number): void => {
    const layout = linkLayout(next);
    if (!layout) {
      throw new Problem(
        "unsupported",
        `Expected a link type that packet filters know but found ${next} in filter "${text}"`,
        {
          expected: "Ethernet, Linux cooked, raw IP, null, PPP, Cisco HDLC, FDDI or 802.11",
          found: String(next),
        },
      );
    }
    test = compilePackets(tree, layout, text);
    payload = layout.payload;
    prepare = layout.prepare;
    linkType = next;
  };
  return (frames, i) => {
    if (frames.linkType !== linkType) change(frames.linkType);
    if (frames.bytes !== view.bytes) {
      const b = frames.bytes;
      view.bytes = b;
      view.data = new DataView(b.buffer, b.byteOffset, b.byteLength);
    }
    const at = frames.offset[i]!;
    view.link = at;
    view.payload = at + payload;
    view.end = at + frames.captured[i]!;
    view.wire = frames.wire[i]!;
    if (prepare) prepare(view);
    return test(view) === TRUE;
  };
}

/** Reports ids that never fit their qualifiers before any frame comes; what only other link types can say is left for later. */
function checkIds(tree: PacketNode, text: string): void {
  try {
    compilePackets(tree, linkLayout(LINK_ETHERNET)!, text);
  } catch (e) {
    if (!(e instanceof Problem && e.code === "unsupported")) throw e;
  }
}

/**
 * The frames of a batch that pass, as a batch over the same bytes whose `number` keeps their frame numbers; the batch itself when
 * all pass.
 */
export function selectFrames(frames: FrameBatch, passes: PacketPredicate): FrameBatch {
  const n = frames.length;
  const rows = new Int32Array(n);
  let kept = 0;
  for (let i = 0; i < n; i++) if (passes(frames, i)) rows[kept++] = i;
  if (kept === n) return frames;
  const pick = <A extends Int32Array | Float64Array>(from: A, to: A): A => {
    for (let j = 0; j < kept; j++) to[j] = from[rows[j]!]!;
    return to;
  };
  const number = new Float64Array(kept);
  for (let j = 0; j < kept; j++) number[j] = frames.number?.[rows[j]!] ?? frames.firstFrame + rows[j]!;
  return {
    ...frames,
    length: kept,
    offset: pick(frames.offset, new Int32Array(kept)),
    captured: pick(frames.captured, new Int32Array(kept)),
    wire: pick(frames.wire, new Int32Array(kept)),
    time: pick(frames.time, new Float64Array(kept)),
    nano: pick(frames.nano, new Int32Array(kept)),
    number,
  };
}
