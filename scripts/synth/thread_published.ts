/**
 * What the public mailing-list thread prints: the rows of its tables, and what follows from them about where the packets lie.
 *
 * @module
 */
import { assert } from "@std/assert";

// Published. Times are microseconds UTC since 1970 (the thread prints local time, UTC+2).
export const HOST = "10.0.2.104", HOST_PORT = 49227;
export const CNC = "147.32.83.57", CNC_PORT = 5552;

/** January `day` 1970, local time of day, as microseconds. */
function at(day: number, clock: string): number {
  const [h, m, s] = clock.split(":") as [string, string, string];
  const [seconds, fraction] = s.split(".") as [string, string];
  return ((day - 1) * 86400 + Number(h) * 3600 + Number(m) * 60 + Number(seconds) - 7200) * 1e6 +
    Number(fraction);
}

export const A_START = at(1, "02:00:17.462571");
export const B_START = at(7, "18:11:12.286232");

/** A row of a table: start, duration as printed, packets, bytes. */
type Row = readonly [start: number, duration: string, packets: number, bytes: number];

export const TABLES: readonly (readonly Row[])[] = [
  // -S 99999
  [
    [A_START, "99992.859375", 5110, 428506],
    [at(2, "05:47:05.320456"), "99218.054688", 4851, 268422],
    [at(3, "09:44:35.110556"), "39320.703125", 2054, 122152],
  ],
  // -S 59999
  [
    [A_START, "59936.800781", 3286, 327578],
    [at(1, "19:03:04.777008"), "58765.035156", 2862, 158364],
    [at(2, "11:46:17.851689"), "59764.582031", 2958, 163676],
    [at(3, "04:46:11.011105"), "57224.800781", 2909, 169462],
  ],
  // -S 19999
  [
    [A_START, "19988.533203", 1285, 216856],
    [at(1, "07:33:41.002302"), "19212.013672", 948, 52456],
    [at(1, "13:17:40.348905"), "19293.916016", 1053, 58266],
    [at(1, "19:03:04.777008"), "19990.382812", 1005, 55610],
    [at(2, "00:36:30.162685"), "19010.492188", 900, 49800],
    [at(2, "06:17:08.524192"), "19989.390625", 1008, 55776],
    [at(2, "11:50:32.922748"), "19977.240234", 996, 55112],
    [at(2, "17:47:18.393173"), "19997.363281", 1005, 55610],
    [at(2, "23:20:50.759786"), "19970.878906", 999, 55278],
    [at(3, "05:17:30.232128"), "19984.367188", 996, 55112],
    [at(3, "10:50:49.603860"), "19057.427734", 999, 55278],
    [at(3, "16:32:15.983657"), "14859.828125", 821, 53926],
  ],
];
export const A_PACKETS = 12015, A_BYTES = 819080;
export const B_DURATION = "1078.610596", B_PACKETS = 2752, B_BYTES = 435776;
// The excerpt at -S 0.0001: last answer before the silence, its ACK, then two commands and an ACK.
export const EXCERPT_PACK = at(1, "02:10:45.954957");
export const EXCERPT_COMMAND = at(1, "02:14:24.224735");
export const EXCERPT_COMMAND2 = at(1, "02:14:24.225052");
export const EXCERPT_ACK = at(1, "02:14:24.225161");
// The first command is frame 4407, Seq=9928 Ack=10145 Win=65535 Len=20.
export const FRAME_NUMBER = 4407, COMMAND_SEQ = 9928, COMMAND_ACK = 10145;
/** SYN without ACK from the host, in the whole file. */
export const HOST_SYNS = 386;

export const div = (a: number, b: number) => Math.floor(a / b);
export const micros = (text: string) => Number(text.replace(".", ""));

/** Microseconds as ra prints a duration of so many: by way of a 32-bit float, halves to even. */
function printedMicros(us: number): number {
  const exact = Math.fround(us / 1e6) * 1e6, low = Math.floor(exact), half = exact - low;
  return half > 0.5 || (half === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** Where records of connection A are cut: the last packet before lies in low..high, the next one at `next`. */
export interface Cut {
  readonly packets: number;
  readonly low: number;
  readonly high: number;
  /** Undefined at the end. */
  readonly next: number | undefined;
  readonly bytes: number;
}

/** Merges the tables, by packets before the cut. */
export function cuts(): Cut[] {
  const merged = new Map<number, Cut>();
  for (const table of TABLES) {
    let packets = 0, bytes = 0;
    for (const [i, [start, duration, n, b]] of table.entries()) {
      packets += n;
      bytes += b;
      const good = [];
      for (let d = -6000; d <= 6000; d++) {
        if (printedMicros(micros(duration) + d) === micros(duration)) good.push(start + micros(duration) + d);
      }
      const old = merged.get(packets), next = table[i + 1]?.[0];
      assert(!old || (old.next === next && old.bytes === bytes));
      const low = Math.max(old?.low ?? 0, good[0]!), high = Math.min(old?.high ?? Infinity, good.at(-1)!);
      assert(low <= high);
      merged.set(packets, { packets, low, high, next, bytes });
    }
    assert(packets === A_PACKETS && bytes === A_BYTES);
  }
  return [...merged.values()].sort((a, b) => a.packets - b.packets);
}
