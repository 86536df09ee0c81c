import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { Problem } from "../../lib/base/mod.ts";

/** One setting of an rarc file, in file order. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Reads the text of an rarc file: `KEY=value` lines, double quotes removed, empty values and comments left out (rarc(5)). */
export function parseRarc(text: string): Setting[] {
  const settings: Setting[] = [];
  text.split("\n").forEach((raw, i) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const at = line.indexOf("=");
    if (at < 1) return;
    const key = line.slice(0, at).trim();
    let value = line.slice(at + 1).trim();
    if (value.startsWith('"')) {
      value = value.slice(1, value.indexOf('"', 1) < 0 ? undefined : value.indexOf('"', 1));
    } else value = value.replaceAll('"', "");
    if (value !== "") settings.push({ key, value, line: i + 1 });
  });
  return settings;
}

/**
 * Reads an rarc file.
 *
 * @throws {Problem} `not-found` or `no-permission`.
 */
export function readRarc(path: string): Setting[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    const denied = code === "EACCES" || code === "EPERM";
    throw new Problem(
      denied ? "no-permission" : "not-found",
      `Expected a readable configuration file but ${denied ? "permission was denied" : "there is none"}`,
      { source: path, cause },
    );
  }
  return parseRarc(text);
}

/** The settings every ra program begins with unless `-X` is given: /etc/ra.conf, then `.rarc` of $ARGUSHOME or $HOME. */
export function systemSettings(): Setting[] {
  const settings: Setting[] = [];
  if (existsSync("/etc/ra.conf")) settings.push(...readRarc("/etc/ra.conf"));
  for (const home of [process.env.ARGUSHOME, process.env.HOME]) {
    const path = home ? `${home}/.rarc` : "";
    if (path !== "" && existsSync(path)) {
      settings.push(...readRarc(path));
      break;
    }
  }
  return settings;
}
