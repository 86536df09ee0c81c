import { type Duration, parseDuration, Problem } from "../base/mod.ts";
import { compileRecordFilter, type RecordPredicate } from "../expression/mod.ts";
import type { CacheOptions } from "./cache.ts";
import type { WindowRules } from "./window.ts";

/** A line of a racluster.conf: which records are kept, and how. */
export interface CacheModel {
  readonly accepts: RecordPredicate | undefined;
  readonly grep: RegExp | undefined;
  /** Records go on to the next line, too. */
  readonly cont: boolean;
  readonly rules: WindowRules;
}

/**
 * The lines of a racluster.conf, and one for all that they leave.
 *
 * @throws {Problem} `unsupported` for `model=`, `bad-value` for a wrong timeout.
 */
export function modelsOf(options: CacheOptions): CacheModel[] {
  const { conf } = options;
  const idle = options.idle ?? 0, status = options.status ?? 0;
  const rest = { accepts: undefined, grep: undefined, cont: false };
  if (!conf) return [{ ...rest, rules: { model: 0, idle: timer(idle), status: timer(status) } }];
  const models = conf.models.map((m, i): CacheModel => {
    if (m.by.length > 0) {
      throw new Problem(
        "unsupported",
        'Expected no model= in a cache by evidence: rows are connections (correct: "argus" has models)',
        {
          line: m.line,
          found: m.by.join(" "),
        },
      );
    }
    return {
      accepts: m.filter.trim() === "" ? undefined : compileRecordFilter(m.filter),
      grep: m.grep,
      cont: m.cont,
      rules: { model: i + 1, idle: timer(m.idle || idle), status: timer(m.status || status), label: m.label },
    };
  });
  return [...models, { ...rest, rules: { model: 0, idle: timer(idle), status: timer(status) } }];
}

function timer(value: Duration): number {
  const us = parseDuration(value, "timeout");
  return us === Infinity ? 0 : us;
}
