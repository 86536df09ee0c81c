import { compileRecordFilter } from "../expression/mod.ts";
import { joinLabels, RecordBatch } from "../record/mod.ts";

/** A label and which records get it: those that a filter expression takes, or all. */
export interface LabelRule {
  /** Text of the label: parts between colons, each a name or `name=value,value`. */
  readonly label: string;
  /** Filter expression. */
  readonly filter?: string | undefined;
}

/**
 * Labels records: every rule whose filter takes a record adds its label to those the record has. The batches that come in are not
 * changed.
 *
 * @throws {Problem} `syntax` or `unknown-name` when a filter is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "../record/mod.ts";
 * import { labelRecords } from "./label.ts";
 *
 * const batch = new RecordBatch(1);
 * batch.addBlank();
 * async function* records() {
 *   yield batch;
 * }
 * for await (const out of labelRecords(records(), "site=lab")) assertEquals(out.more?.get(0)?.label, "site=lab");
 * ```
 */
export async function* labelRecords(
  batches: AsyncIterable<RecordBatch>,
  rules: string | readonly LabelRule[],
): AsyncGenerator<RecordBatch, void, void> {
  const list = typeof rules === "string" ? [{ label: rules }] : rules;
  const compiled = list.map((rule: LabelRule) => ({
    label: rule.label,
    accepts: rule.filter?.trim() ? compileRecordFilter(rule.filter) : () => true,
  }));
  for await (const batch of batches) {
    const out = new RecordBatch(batch.length);
    for (let row = 0; row < batch.length; row++) {
      const at = out.append(batch, row);
      for (const { label, accepts } of compiled) {
        if (!accepts(out, at)) continue;
        const more = out.moreOf(at);
        more.label = more.label === undefined ? label : joinLabels(more.label, label, false);
      }
    }
    yield out;
  }
}
