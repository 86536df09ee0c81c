import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PassThrough } from "node:stream";
import { type Broadcast, progress } from "../../lib/display/mod.ts";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

Deno.test("a cell has one display, updated in place, which ends complete", async () => {
  const sent: { type: string; content: Record<string, unknown> }[] = [];
  const broadcast: Broadcast = (type, content) => {
    sent.push({ type, content });
    return Promise.resolve();
  };
  const p = progress({ label: "metering <b>", total: 100, host: "notebook", broadcast, patience: 0 });
  p.update(10);
  await pause(120);
  p.update(60);
  await p.stop();
  assertEquals(sent.map((s) => s.type), ["display_data", "update_display_data", "update_display_data"]);
  const ids = sent.map((s) => (s.content["transient"] as { display_id: string }).display_id);
  assertEquals(new Set(ids).size, 1);
  const last = sent.at(-1)!.content["data"] as Record<string, string>;
  assertEquals(last["text/plain"], "metering <b>: 100 of 100 packets");
  assertStringIncludes(last["text/html"]!, "metering &#60;b&#62;");
});

Deno.test("updates keep their order when the page is slow", async () => {
  const order: string[] = [];
  const broadcast: Broadcast = async (type) => {
    if (type === "display_data") await pause(50);
    order.push(type);
  };
  const p = progress({ label: "x", total: 2, host: "notebook", broadcast, patience: 0 });
  p.update(1);
  await p.stop();
  assertEquals(order, ["display_data", "update_display_data"]);
});

Deno.test("short work shows nothing", async () => {
  const sent: string[] = [];
  const p = progress({
    label: "x",
    host: "notebook",
    broadcast: (type) => Promise.resolve(void sent.push(type)),
  });
  p.update(1);
  await p.stop();
  assertEquals(sent, []);
});

Deno.test("a pipe gets nothing", async () => {
  const stream = new PassThrough();
  const p = progress({ label: "x", total: 5, host: "piped", stream, patience: 0 });
  p.update(3);
  await p.stop();
  assertEquals(stream.read(), null);
});

const PROGRAM = `
import { progress } from "./lib/display/mod.ts";
const p = progress({ label: "metering", total: 10, patience: 0 });
for (let i = 0; i <= 10; i++) { p.update(i); await new Promise((r) => setTimeout(r, 110)); }
await p.stop();
console.log("done");
`;
const root = new URL("../..", import.meta.url).pathname;

Deno.test("a terminal has a bar, the same program in a pipe has none", async () => {
  const file = `${root}/.progress_test_${crypto.randomUUID()}.ts`;
  await Deno.writeTextFile(file, PROGRAM);
  try {
    const run = (command: string, args: string[]) =>
      new Deno.Command(command, { args, cwd: root, stdin: "null", env: { TERM: "xterm" } }).output();
    const text = (b: Uint8Array) => new TextDecoder().decode(b);
    const deno = [Deno.execPath(), "run", "-A", "--no-check", file];
    const piped = await run(deno[0]!, deno.slice(1));
    assertEquals([text(piped.stdout), text(piped.stderr)], ["done\n", ""]);
    // script(1) gives the program a pseudo terminal.
    const terminal = text((await run("script", ["-qec", deno.join(" "), "/dev/null"])).stdout);
    assertStringIncludes(terminal, "metering");
    assert(/█+░* \d+% \d+\/10 packets/.test(terminal), terminal);
  } finally {
    await Deno.remove(file);
  }
});
