import { type Duration, parseDuration, Problem } from "../base/mod.ts";
import { Key } from "./key.ts";

/** One model line of a racluster.conf, with the global settings that stood above it (cluster.md section 5). */
export interface ClusterModel {
  /** Filter expression; empty accepts every record. */
  readonly filter: string;
  /** Pattern the label of a record has to match. */
  readonly grep?: RegExp | undefined;
  /** Key fields; the default key when empty. */
  readonly by: readonly string[];
  /** Longest span of a merged record. */
  readonly status: Duration;
  /** Longest silence within one. */
  readonly idle: Duration;
  /** What its records are labelled with. */
  readonly label?: string | undefined;
  /** Records that are taken here go on to the next line as well. */
  readonly cont: boolean;
  /** `RACLUSTER_AUTO_CORRECTION`. */
  readonly correct: boolean;
  /** `RACLUSTER_PRESERVE_FIELDS`. */
  readonly preserve: boolean;
  /** `RACLUSTER_REPORT_AGGREGATION`. */
  readonly report: boolean;
  /** `RACLUSTER_AGG_METRIC`. */
  readonly metric?: string | undefined;
  /** Line number, from 1. */
  readonly line: number;
}

/** A racluster.conf: what it is called and its models in order. */
export interface ClusterConf {
  /** `RACLUSTER_MODEL_NAME`. */
  readonly name?: string | undefined;
  /** Its lines, in the order in which they are tried. */
  readonly models: readonly ClusterModel[];
  /** Settings in force at the end, for records that no line takes. */
  readonly rest: Pick<ClusterModel, "correct" | "preserve" | "report" | "metric">;
}

const GLOBALS = [
  "RACLUSTER_MODEL_NAME",
  "RACLUSTER_PRESERVE_FIELDS",
  "RACLUSTER_REPORT_AGGREGATION",
  "RACLUSTER_AUTO_CORRECTION",
  "RACLUSTER_HISTOGRAM",
  "RACLUSTER_AGG_METRIC",
];
const KEYWORDS = ["filter", "grep", "model", "status", "idle", "label", "cont"];

/**
 * Reads a racluster.conf (cluster.md section 5).
 *
 * @throws {Problem} `syntax` with the line, `unsupported` for `RACLUSTER_HISTOGRAM`, `unknown-name` for a key field.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRaclusterConf } from "./racluster_conf.ts";
 *
 * const conf = parseRaclusterConf(`
 * RACLUSTER_AUTO_CORRECTION=yes
 * filter="tcp" model="proto daddr" status=60s label="web" cont
 * `);
 * const [model] = conf.models;
 * assertEquals([model!.filter, model!.by, model!.status, model!.cont], ["tcp", ["proto", "daddr"], "60s", true]);
 * ```
 */
export function parseRaclusterConf(text: string, source?: string): ClusterConf {
  const models: ClusterModel[] = [];
  let name: string | undefined;
  const globals = { correct: false, preserve: true, report: true, metric: undefined as string | undefined };
  text.split("\n").forEach((raw, i) => {
    const line = raw.trim(), number = i + 1;
    if (line === "" || /^[#"!]/.test(line)) return;
    const wrong = (expected: string, found: string, position?: number) =>
      new Problem("syntax", `Expected ${expected} but found "${found}"`, {
        ...(source === undefined ? {} : { source }),
        line: number,
        ...(position === undefined ? {} : { position }),
        expected,
        found,
      });
    const global = /^(RACLUSTER_\w+)\s*=\s*(.*)$/.exec(line);
    if (global) {
      const key = global[1]!, value = global[2]!.replaceAll('"', "").trim();
      if (!GLOBALS.includes(key)) throw wrong(`one of ${GLOBALS.join(", ")}`, key, 0);
      if (key === "RACLUSTER_MODEL_NAME") name = value;
      else if (key === "RACLUSTER_AUTO_CORRECTION") globals.correct = value.includes("yes");
      else if (key === "RACLUSTER_PRESERVE_FIELDS") globals.preserve = value.includes("yes");
      else if (key === "RACLUSTER_REPORT_AGGREGATION") globals.report = value.includes("yes");
      else if (key === "RACLUSTER_AGG_METRIC") globals.metric = value;
      else {
        throw new Problem("unsupported", "Expected no RACLUSTER_HISTOGRAM: histograms are not made here", {
          ...(source === undefined ? {} : { source }),
          line: number,
          found: line,
        });
      }
      return;
    }
    models.push({ ...parseModel(line, wrong), ...globals, line: number });
  });
  return { name, models, rest: globals };
}

type Wrong = (expected: string, found: string, position?: number) => Problem;

function parseModel(line: string, wrong: Wrong): Omit<ClusterModel, keyof ClusterConf["rest"] | "line"> {
  const words = /\s*(?:(cont)(?=\s|$)|(\w+)\s*=\s*(?:"([^"]*)"|([^\s"]+)))/y;
  const given = new Map<string, string>();
  let cont = false;
  for (let at = 0; line.slice(at).trim() !== "";) {
    words.lastIndex = at;
    const m = words.exec(line);
    if (!m) {
      throw wrong(`keyword="value" with a keyword of ${KEYWORDS.join(", ")}`, line.slice(at).trim(), at);
    }
    at = words.lastIndex;
    if (m[1]) {
      cont = true;
      continue;
    }
    const key = m[2]!;
    if (!KEYWORDS.includes(key)) {
      throw wrong(`one of ${KEYWORDS.join(", ")}`, key, at - m[0].trimStart().length);
    }
    given.set(key, m[3] ?? m[4]!);
  }
  const by = (given.get("model") ?? "").split(/\s+/).filter((w) => w !== "");
  Key.parse(by);
  const grep = given.get("grep");
  let pattern: RegExp | undefined;
  try {
    if (grep) pattern = new RegExp(grep);
  } catch {
    throw wrong("a regular expression after grep=", grep!);
  }
  return {
    filter: given.get("filter") ?? "",
    grep: pattern,
    by,
    status: timer(given.get("status"), "status", wrong),
    idle: timer(given.get("idle"), "idle", wrong),
    label: given.get("label"),
    cont,
  };
}

function timer(text: string | undefined, what: string, wrong: Wrong): Duration {
  if (text === undefined) return 0;
  if (!/^\d+[smhd]?$/.test(text)) throw wrong(`a number with s, m, h or d after ${what}=`, text);
  parseDuration(text, what);
  return text;
}
