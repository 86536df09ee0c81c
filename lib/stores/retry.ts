import { Problem } from "../base/mod.ts";

/** First pause after a failure, and the longest, milliseconds. */
const FIRST_PAUSE = 50, LONGEST_PAUSE = 3000;

/** How long to try again. */
export interface Patience {
  /** Milliseconds from the first failure on. */
  readonly limit: number;
  /** Told before each pause. */
  readonly onRetry?: ((error: Error, pause: number) => void) | undefined;
}

/**
 * Runs `work` until it succeeds, with growing pauses after errors that may pass.
 *
 * @throws {Problem} `network` when it still fails after all patience; errors that cannot pass as `store`.
 */
export async function persist<T>(
  name: string,
  patience: Patience,
  transient: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  let since: number | undefined, pause = FIRST_PAUSE, attempts = 0;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (!transient(error)) {
        throw new Problem("store", `Expected the store to take the records but ${messageOf(error)}`, {
          source: name,
          cause: error,
        });
      }
      since ??= performance.now();
      attempts++;
      if (performance.now() - since + pause > patience.limit) {
        throw new Problem(
          "network",
          `Expected the store to answer within ${
            Math.round(patience.limit / 1000)
          } s but ${attempts} attempts failed, the last with: ${
            messageOf(error)
          }. Nothing is lost: the same command goes on where this one stopped`,
          { source: name, cause: error },
        );
      }
      patience.onRetry?.(error as Error, pause);
      // Some chance in the pause keeps many meters from knocking at the same moment.
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    }
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error
    ? error.message || String((error as { code?: string }).code ?? error.name)
    : String(error);
  return text.split("\n")[0]!;
}
