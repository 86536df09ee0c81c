/**
 * Settings: frozen values that say how packets become records.
 *
 * @module
 */
export * from "./settings.ts";
export * from "./argus_conf.ts";
