import type { DecodeOptions } from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { KeyRules } from "./key_rules.ts";
import { keyRulesOf } from "./keys.ts";

/** How a setting sees packets. */
export type Decoding = Required<Omit<DecodeOptions, "shard">>;

/** How this setting sees packets. */
export function decodingOf(s: Settings): Decoding {
  return { quirks: s.quirks, tunnels: s.tunnels, tunnelDiscovery: s.tunnelDiscovery };
}

/** The ways in which settings see packets, in the order in which a bank decodes for them. */
export function decodingsOf(settings: readonly Settings[]): Decoding[] {
  return [...new Map(settings.map(decodingOf).map((d) => [JSON.stringify(d), d])).values()];
}

/** The one way in which settings see packets and key them. */
export interface SharedKeys {
  readonly options: Decoding;
  readonly rules: KeyRules;
}

/** What a thread must know to decode and number keys for all of the settings; undefined when they need several, or user data. */
export function sharedKeys(settings: readonly Settings[]): SharedKeys | undefined {
  const ways = settings.map((s) => JSON.stringify([decodingOf(s), keyRulesOf(s)]));
  if (new Set(ways).size !== 1 || settings.some((s) => s.userData > 0)) return undefined;
  return { options: decodingOf(settings[0]!), rules: keyRulesOf(settings[0]!) };
}
