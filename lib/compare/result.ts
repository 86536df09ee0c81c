import type { Settings } from "../settings/mod.ts";
import type { KeptDifferences } from "./kept_differences.ts";
import type { Sums, TwoSides } from "./two_sides.ts";
import type { Conservation, Difference, DiffResult, SideSummary } from "./types.ts";

/** Who is compared. */
export interface SideInfo {
  /** What to call the side. */
  readonly name: string;
  /** Settings it was metered with, when it was. */
  readonly settings?: Settings;
}

/** Packets and bytes the meter saw, told when the side is complete. */
export interface SideSeen {
  /** Packets. */
  readonly packets: number;
  /** Bytes. */
  readonly bytes: number;
}

/** What the differences of a result are made of. */
const KEPT = new WeakMap<DiffResult, KeptDifferences>();

/** The result of a comparison that has seen all records. */
export function resultOf(
  info: readonly [SideInfo, SideInfo],
  sums: readonly [Sums, Sums],
  seen: readonly [SideSeen?, SideSeen?],
  two: TwoSides,
): DiffResult {
  const [l, r] = two.sums, { kept } = two, leftOut = kept.close();
  const totals: Conservation = Object.freeze({
    left: l.plain(),
    right: r.plain(),
    complete: sums[0].equals(l) && sums[1].equals(r),
    equal: l.packets === r.packets && l.bytes === r.bytes,
    packetsApart: r.packets - l.packets,
    bytesApart: r.bytes - l.bytes,
  });
  let made: readonly Difference[] | undefined;
  const result = Object.freeze({
    left: summary(info[0], sums[0], seen[0]),
    right: summary(info[1], sums[1], seen[1]),
    get differences(): readonly Difference[] {
      return made ??= Object.freeze([...eachKept(kept)]);
    },
    counts: Object.freeze(two.counts()),
    leftOut,
    totals,
  });
  KEPT.set(result, kept);
  return result;
}

/** The differences of a result one after the other, each made when it is its turn: what `differences` holds all at once. */
export function eachDifference(result: DiffResult): Iterable<Difference> {
  const kept = KEPT.get(result);
  return kept === undefined ? result.differences : eachKept(kept);
}

/** The first differences of a result that are not `same`, `most` at most. */
export function firstDifferences(result: DiffResult, most: number): readonly Difference[] {
  const found: Difference[] = [];
  for (const d of eachDifference(result)) {
    if (found.length >= most) break;
    if (d.class !== "same") found.push(d);
  }
  return found;
}

function* eachKept(kept: KeptDifferences): Generator<Difference> {
  for (let place = 0; place < kept.length; place++) yield kept.difference(place);
}

function summary(info: SideInfo, sums: Sums, seen: SideSeen | undefined): SideSummary {
  return Object.freeze({
    name: info.name,
    settings: info.settings,
    ...sums.plain(),
    unknownDirections: sums.unknown,
    seenPackets: seen?.packets ?? NaN,
    seenBytes: seen?.bytes ?? NaN,
  });
}
