import process from "node:process";

/** Sends a message to the notebook's page. */
export type Broadcast = (
  type: string,
  content: Record<string, unknown>,
  extra?: { metadata?: Record<string, unknown>; buffers?: Uint8Array[] },
) => Promise<void>;

/** The Deno kernel's way to the page, or undefined outside of it. */
export function kernelBroadcast(): Broadcast | undefined {
  try {
    // Deno.jupyter exists only in the kernel; elsewhere the property is missing or throws.
    const deno = (globalThis as { Deno?: { jupyter?: { broadcast?: Broadcast } } }).Deno;
    return deno?.jupyter?.broadcast?.bind(deno.jupyter);
  } catch {
    return undefined;
  }
}

/** Where the program runs: a notebook cell, a terminal, or with its output in a file or pipe. */
export type Host = "notebook" | "terminal" | "piped";

/** Finds out where the program runs, by the Deno kernel's presence and by standard error being a terminal. */
export function findHost(): Host {
  if (kernelBroadcast()) return "notebook";
  return process.stderr.isTTY === true ? "terminal" : "piped";
}
