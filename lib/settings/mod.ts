/**
 * Settings: frozen values that say how packets become records.
 *
 * @module
 */
export * from "./settings.ts";
export * from "./peer_rules.ts";
export * from "./presets.ts";
export * from "./argus_conf.ts";
