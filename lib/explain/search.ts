import type { PacketTimes } from "./packet_times.ts";

/** Place of the first element that is not below `value`, in a list in order of size. */
function lowerBound(list: Float64Array, value: number): number {
  let a = 0, b = list.length;
  while (a < b) {
    const m = (a + b) >>> 1;
    if (list[m]! < value) a = m + 1;
    else b = m;
  }
  return a;
}

/**
 * Whether an entry would be dropped between two packets of its connection, by the timers alone (TIM-3, TIM-4). A quick model for
 * choosing candidates; what it chooses is verified by metering.
 */
export function losesEntry(times: PacketTimes, status: number, timeout: number, exact: boolean): boolean {
  const { own, ticks } = times;
  let queued = own[0]!;
  for (;;) {
    const boundary = queued + status;
    const n = lowerBound(own, boundary);
    if (n === own.length) return false;
    const next = own[n]!;
    if (exact) {
      if (boundary + timeout <= next) return true;
    } else {
      const parked = ticks[lowerBound(ticks, boundary)];
      if (parked !== undefined && parked < next) {
        const dropped = ticks[lowerBound(ticks, parked + timeout)];
        if (dropped !== undefined && dropped < next) return true;
      }
    }
    queued = next;
  }
}

/**
 * Smallest whole number of seconds from `from` on as status interval under which the connection is never forgotten, microseconds.
 * Past the life of the connection every interval does.
 */
export function smallestStatus(times: PacketTimes, timeout: number, exact: boolean, from: number): number {
  const life = times.own.at(-1)! - times.own[0]!;
  let s = Math.max(1, Math.ceil(from / 1e6));
  while (s * 1e6 <= life && losesEntry(times, s * 1e6, timeout, exact)) s++;
  return s * 1e6;
}

/**
 * Smallest whole number in (`bad`, `good`] that passes a test which fails below some number and passes above it; several numbers are
 * tried at once. `good` must pass.
 */
export async function smallestPassing(
  bad: number,
  good: number,
  atOnce: number,
  passes: (numbers: readonly number[]) => Promise<readonly boolean[]>,
): Promise<number> {
  while (good - bad > 1) {
    const step = Math.max(1, Math.floor((good - bad) / (atOnce + 1)));
    const numbers: number[] = [];
    for (let n = bad + step; n < good && numbers.length < atOnce; n += step) numbers.push(n);
    // The number just below is where the search usually ends.
    if (!numbers.includes(good - 1)) numbers.push(good - 1);
    const results = await passes(numbers);
    const first = results.indexOf(true);
    if (first < 0) return good;
    good = numbers[first]!;
    if (first > 0) bad = numbers[first - 1]!;
  }
  return good;
}
