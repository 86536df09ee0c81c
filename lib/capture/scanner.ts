import { Problem } from "../base/mod.ts";
import type { CaptureComment, CaptureInterface } from "./frames.ts";
import type { FrameRows } from "./rows.ts";
import type { ByteWindow } from "./window.ts";

/** All whole frames of the window are taken; `need` bytes make the next one. */
export const MORE = 0;
/** The rows are full. */
export const FULL = 1;
/** The next frame has another link type (or clock) and must begin a new batch. */
export const SPLIT = 2;
/** What comes next is damaged, see `damage`. */
export const STOP = 3;

/** Largest captured length libpcap accepts (`MAXIMUM_SNAPLEN`). */
export const MAX_CAPTURED = 262_144;

/** What was expected and what was there. */
export interface Mismatch {
  readonly expected: string;
  readonly found: string;
}

/** Reads frames of one file format out of a window. */
export interface Scanner {
  /** Name of the format. */
  readonly format: "pcap" | "pcapng";
  /** Bytes wanted from the window's start on, after `MORE`. */
  readonly need: number;
  /** What is wrong, after `STOP`. */
  readonly damage: Mismatch | undefined;
  /** Takes whole frames out of the window into the rows; one of `MORE`, `FULL`, `SPLIT`, `STOP`. */
  scan(window: ByteWindow, rows: FrameRows): number;
  /** What is missing when the source ends here with bytes left in the window. */
  missing(window: ByteWindow): Mismatch;
}

/** Who wants to know what a capture says beside its frames. */
export interface Listeners {
  readonly source: string;
  readonly onComment?: ((comment: CaptureComment) => void) | undefined;
  readonly onInterface?: ((facts: CaptureInterface) => void) | undefined;
}

/** The sentence of a mismatch as a problem. */
export function mismatch(
  code: "truncated" | "damaged" | "unsupported" | "not-a-capture" | "empty",
  what: Mismatch,
  place: { source: string; frame?: number; offset?: number },
): Problem {
  return new Problem(code, `Expected ${what.expected} but found ${what.found}`, { ...place, ...what });
}

/** `1 byte`, `5 bytes`. */
export function bytes(n: number): string {
  return `${n} byte${n === 1 ? "" : "s"}`;
}
