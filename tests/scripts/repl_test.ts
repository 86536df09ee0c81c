import { assertStringIncludes } from "@std/assert";

const root = new URL("../../", import.meta.url).pathname;

Deno.test("the REPL starts with everything imported, the capture open and a greeting", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/repl.ts", "fixtures/port-reuse.pcap"],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(
    'capture.meter(argus({ status: "60s" }))\nawait capture.count()\n(await capture.meter().rows()).length\n',
  ));
  await input.close();
  const { stdout } = await child.output();
  const said = new TextDecoder().decode(stdout);
  const lines = said.split("\n");
  assertStringIncludes(
    lines.slice(0, 3).join("\n"),
    "the capture is open as  capture  (fixtures/port-reuse.pcap)",
  );
  assertStringIncludes(said, "meter     S=1m");
  assertStringIncludes(said, "\n23\n2\n");
});
