import { assertEquals } from "@std/assert";
import { encodePcap } from "../../lib/capture/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { address, ethernet, ip, udp } from "../../scripts/synth/packets.ts";
import { meterAll } from "./metering.ts";

const MAC = address("02:00:00:00:00:01"), A = address("10.0.0.1"), B = address("10.0.0.2");
const START = 1_600_000_000_000_000;

/** A piece of a datagram: seconds, id, first byte, bytes, whether more follow. */
type Piece = readonly [seconds: number, id: number, offset: number, length: number, more: boolean];

/** Records of such pieces, and of whole datagrams to another host at `others`, which move the clock. */
async function records(pieces: readonly Piece[], status: string, others: readonly number[] = []) {
  const frames = pieces.map(([seconds, id, offset, length, mf]) => {
    const whole = udp(A, B, 1024, 80, new Uint8Array(1000));
    const data = whole.slice(offset, offset + length);
    return {
      time: START + Math.round(seconds * 1e6),
      bytes: ethernet(MAC, MAC, 0x0800, ip(A, B, 17, data, { id, mf, offset })),
    };
  });
  for (const seconds of others) {
    const to = address("10.0.0.9");
    frames.push({
      time: START + Math.round(seconds * 1e6),
      bytes: ethernet(MAC, MAC, 0x0800, ip(A, to, 17, udp(A, to, 5, 6, new Uint8Array(10)))),
    });
  }
  frames.sort((a, b) => a.time - b.time);
  const { batch } = (await meterAll(encodePcap(frames), [argus({ status })]))[0]!;
  const lines: string[] = [];
  for (let row = 0; row < batch.length; row++) {
    if (R.addressText(batch, row, R.DADDR) === "10.0.0.9") continue;
    const at = (us: number) => (us - START) / 1e6;
    const packets = batch.doubles[row * R.DOUBLES + R.S_PKTS];
    const letter = R.flagLetters(batch, row)[6];
    lines.push(`${letter} ${packets} ${at(R.startTime(batch, row))}..${at(R.lastTime(batch, row))}`);
  }
  return lines;
}

// Every line is what the real argus gave for these packets.
for (
  const [what, pieces, status, others, wanted] of [
    ["a first fragment alone", [[0, 7, 0, 64, true]], "5s", [], ["F 1 0..0"]],
    ["the last fragment came first", [[0, 7, 64, 40, false], [1, 7, 0, 64, true]], "5s", [], ["F 2 0..0"]],
    [
      "the same in the second record: the start is the parent's own",
      [[0, 6, 0, 64, true], [0.1, 6, 64, 40, false], [1.8, 7, 64, 40, false], [1.9, 7, 0, 64, true]],
      "1s",
      [1.2],
      ["F 2 0..0.1", "F 2 1.9..1.9"],
    ],
    [
      "late fragments give no start",
      [[0, 7, 0, 64, true], [0.1, 7, 64, 64, true], [1.3, 7, 128, 64, true], [1.7, 7, 192, 40, false]],
      "1s",
      [1.2],
      ["F 2 0..0.1", "F 2 1.7..1.7"],
    ],
    [
      "late fragments, then a first one",
      [[0, 7, 0, 64, true], [0.1, 7, 64, 64, true], [1.3, 7, 128, 40, false], [1.8, 8, 0, 64, true], [
        1.9,
        8,
        64,
        40,
        false,
      ]],
      "1s",
      [1.2],
      ["F 2 0..0.1", "F 3 1.8..1.9"],
    ],
    ["the whole stretch again is no overlap", [[0, 7, 64, 64, true], [1, 7, 64, 64, true]], "5s", [], [
      "f 2 0..1",
    ]],
    ["a part of it is", [[0, 7, 64, 64, true], [1, 7, 64, 40, true]], "5s", [], ["V 2 0..1"]],
    [
      "one of two fragments again is",
      [[0, 7, 128, 72, true], [1, 7, 64, 64, true], [2, 7, 128, 72, true]],
      "5s",
      [],
      [
        "V 3 0..2",
      ],
    ],
  ] as const
) {
  Deno.test(`fragments: ${what}`, async () => {
    assertEquals(await records(pieces, status, others), [...wanted]);
  });
}

Deno.test("silences whose squares do not fit 64 bits leave no jitter, unless quirks are off", async () => {
  const to = [0, 3100, 3110, 3120];
  const frames = to.map((seconds) => ({
    time: START + seconds * 1e6,
    bytes: ethernet(MAC, MAC, 0x0800, ip(A, B, 17, udp(A, B, 1024, 80, new Uint8Array(10)))),
  }));
  const settings = (["argus-3.0.8.2", "none"] as const).map((quirks) =>
    argus({ status: "never", ip: "never", jitter: true, quirks, clock: "argus" })
  );
  const spread = (await meterAll(encodePcap(frames), settings)).map(({ batch }) => batch.jitter![R.J_STDEV]!);
  assertEquals([Number.isNaN(spread[0]), Math.round(spread[1]! / 1e6)], [true, 1457]);
});
