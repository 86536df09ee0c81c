import { FIELDS, findField } from "../record/mod.ts";
import { isKeyword } from "./vocabulary.ts";

/** Whether a registry field holds numbers or text; words of ra's own language are not fields. */
export function fieldType(name: string): "number" | "text" | undefined {
  const field = isKeyword(name) ? undefined : findField(name);
  return field && (field.type === "text" ? "text" : "number");
}

/** Names of the fields that can be compared. */
export const fieldNames = (): string[] =>
  FIELDS.map((f) => f.name).filter((name) => fieldType(name) !== undefined);
