import { etherTypeName, fieldOf, type NumberGetter } from "../record/mod.ts";

/** The number of a field of the registry, 0 where the record has none, as the reader's memory holds it. */
export function numberField(name: string): NumberGetter {
  const get = fieldOf(name).number!;
  return (batch, row) => {
    const v = get(batch, row);
    return v === v ? v : 0;
  };
}

/** Ethernet type of a printed name, `undefined` when there is none. */
export function etherTypeNumber(name: string): number | undefined {
  if (name === "unknown") return undefined;
  if (name === "ipv6") return 0x86dd;
  for (let type = 0; type < 65536; type++) if (etherTypeName(type) === name) return type;
  return undefined;
}
