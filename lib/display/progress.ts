import process from "node:process";
import { SingleBar } from "cli-progress";
import { escapeHtml, printable } from "./escape.ts";
import { type Broadcast, findHost, type Host, kernelBroadcast } from "./host.ts";

/** A running display of how far long work has come. */
export interface Progress {
  /** Work done so far, in the unit of the total. */
  update(done: number): void;
  /** Ends the display; a terminal's bar is wiped, a cell's stays with its last state. */
  stop(): Promise<void>;
}

/** What a progress display needs to know, and for tests where it goes. */
export interface ProgressOptions {
  /** What is going on, for example `metering thread-full.pcap.gz`. */
  readonly label: string;
  /** Amount of work; undefined when unknown. */
  readonly total?: number | undefined;
  /** Unit of the numbers, default `packets`. */
  readonly unit?: string;
  /** Where it is shown; found out when not given. */
  readonly host?: Host;
  /** Where a terminal's bar is written; standard error when not given. */
  readonly stream?: NodeJS.WritableStream;
  /** How a notebook is told; by the kernel when not given. */
  readonly broadcast?: Broadcast;
  /** Milliseconds of work before anything is shown, default 400. */
  readonly patience?: number;
}

const SILENT: Progress = { update() {}, stop: () => Promise.resolve() };

function words(options: ProgressOptions, done: number): string {
  const of = options.total === undefined ? "" : ` of ${options.total.toLocaleString("en-US")}`;
  return `${options.label}: ${done.toLocaleString("en-US")}${of} ${options.unit ?? "packets"}`;
}

function terminalBar(options: ProgressOptions): Progress {
  const known = options.total !== undefined && options.total > 0;
  const unit = printable(options.unit ?? "packets");
  const bar = new SingleBar({
    stream: options.stream ?? process.stderr,
    format: known
      ? `${printable(options.label)} {bar} {percentage}% {value}/{total} ${unit}`
      : `${printable(options.label)} {value} ${unit}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    fps: 8,
  });
  bar.start(options.total ?? 0, 0);
  return {
    update: (done) => bar.update(done),
    stop() {
      bar.stop();
      return Promise.resolve();
    },
  };
}

let displays = 0;

function notebookDisplay(options: ProgressOptions): Progress {
  const broadcast = options.broadcast ?? kernelBroadcast();
  if (!broadcast) return SILENT;
  const id = `panoptes-progress-${Date.now().toString(36)}-${++displays}`;
  let done = 0, shown = -1, sent = false, queue: Promise<unknown> = Promise.resolve();
  const send = () => {
    if (shown === done) return;
    shown = done;
    const text = words(options, done);
    const total = options.total === undefined ? "" : ` value="${done}" max="${options.total}"`;
    const html = `<div role="status">${escapeHtml(text)}<br>` +
      `<progress aria-label="${escapeHtml(options.label)}"${total} style="width:24em"></progress></div>`;
    const type = sent ? "update_display_data" : "display_data";
    sent = true;
    // One message after the other: an update must not overtake the display it updates.
    queue = queue.then(() =>
      broadcast(type, {
        data: { "text/plain": text, "text/html": html },
        metadata: { panoptes: { volatile: "progress" } },
        transient: { display_id: id },
      })
    ).catch(() => {});
  };
  return {
    update(next) {
      done = next;
      send();
    },
    async stop() {
      if (sent) send();
      await queue;
    },
  };
}

/**
 * Shows progress where somebody is looking: a bar on a terminal's standard error, one display updated in place in a notebook cell,
 * nothing when output is piped. Short work shows nothing.
 *
 * @example
 * ```ts
 * import { progress } from "./progress.ts";
 *
 * const p = progress({ label: "metering", total: 1000, host: "piped" });
 * p.update(500); // prints nothing: nobody is looking
 * await p.stop();
 * ```
 */
export function progress(options: ProgressOptions): Progress {
  const host = options.host ?? findHost();
  if (host === "piped") return SILENT;
  const begun = performance.now();
  let display: Progress | undefined, last = -Infinity;
  return {
    update(done) {
      const now = performance.now();
      if (now - begun < (options.patience ?? 400) || now - last < 100) return;
      last = now;
      display ??= host === "notebook" ? notebookDisplay(options) : terminalBar(options);
      display.update(done);
    },
    async stop() {
      if (!display) return;
      if (options.total !== undefined) display.update(options.total);
      await display.stop();
    },
  };
}
