/**
 * The REPL with everything imported and a capture open: `deno task repl [capture]`.
 *
 * @module
 */
import { join } from "node:path";
import { readPcap } from "../mod.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** The code that a session begins with: every export is a name of its own, so that completion finds it. */
export function prelude(capture: string): string {
  const path = JSON.stringify(capture);
  return [
    `import * as panoptes from ${JSON.stringify(new URL("../mod.ts", import.meta.url).href)};`,
    `Object.assign(globalThis, panoptes);`,
    `const capture = panoptes.readPcap(${path});`,
    `console.log("Panoptes: everything is imported, the capture is open as  capture  (" + ${path} + ")");`,
    `console.log('Try  await capture.meter({ status: "60s" }).filter("tcp").show()  or  await capture.study({ status: ["5s", "1h"] })');`,
    `console.log("Tab completes names; an unevaluated chain prints its plan; Ctrl+D leaves.");`,
  ].join(" ");
}

async function main(args: readonly string[]): Promise<number> {
  const capture = args[0] ?? join(ROOT, "fixtures/thread-full.pcap.gz");
  readPcap(capture);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "repl",
      "--quiet",
      "--allow-all",
      `--config=${join(ROOT, "deno.json")}`,
      `--eval=${prelude(capture)}`,
    ],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  return (await child.spawn().status).code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
