/** Threads that can run at the same time, as far as the runtime says; else two. */
export function cores(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 2;
}
