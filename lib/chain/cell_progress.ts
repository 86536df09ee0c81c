import { kernelBroadcast, type Progress, progress } from "../display/mod.ts";

/** Progress of a pass over a capture in a notebook cell. */
export interface CellProgress {
  /** Told the bytes read so far, and in all where known. */
  onProgress(read: number, total: number | undefined): void;
  /** Ends the display. */
  stop(): Promise<void>;
}

/** Progress in the cell that is running, or undefined outside of notebooks: elsewhere only programs that ask for a bar have one. */
export function cellProgress(label: string): CellProgress | undefined {
  if (!kernelBroadcast()) return undefined;
  let display: Progress | undefined;
  return {
    onProgress(read, total) {
      display ??= progress({ label, total, unit: "bytes", host: "notebook" });
      display.update(read);
    },
    async stop() {
      await display?.stop();
    },
  };
}
