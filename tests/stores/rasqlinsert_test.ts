import { assert, assertEquals } from "@std/assert";
import { openEngine, parseStoreUrl } from "../../lib/stores/mod.ts";
import { NO_SERVER, startServer } from "../../scripts/cluster/mariadb.ts";

const SCRIPT = new URL("../../scripts/rasqlinsert.ts", import.meta.url).pathname;
const THREAD = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;
const COLUMNS =
  "stime ltime trans srcid proto saddr sport dir daddr dport pkts spkts dpkts bytes sbytes dbytes dur state sttl"
    .split(" ");
/** The real program does not always end by itself: how long its table may stay unchanged before it is taken for done. */
const QUIET_MS = 6000;

function found(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["-h"], stdout: "null", stderr: "null", stdin: "null" }).outputSync();
    return true;
  } catch {
    return false;
  }
}

const missing = NO_SERVER ||
  (["rasqlinsert", "argus"].every(found)
    ? ""
    : "argus and rasqlinsert are not installed (argus-server, argus-client)");

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], env: { TZ: "UTC" } })
    .output();
  assert(success, `${program}: ${new TextDecoder().decode(stderr)}`);
}

Deno.test({
  name: missing
    ? `rasqlinsert -M cache: skipped, ${missing}`
    : "rasqlinsert -M cache gives the table of the real program, once and again",
  ignore: missing !== "",
  async fn() {
    const server = await startServer();
    const folder = await Deno.makeTempDir();
    try {
      const capture = `${folder}/thread.pcap`, file = `${folder}/thread.argus`;
      await Deno.writeFile(
        capture,
        new Uint8Array(
          await new Response(
            (await Deno.open(THREAD)).readable.pipeThrough(new DecompressionStream("gzip")),
          ).arrayBuffer(),
        ),
      );
      await run("argus", ["-S", "60", "-r", capture, "-w", file]);
      const url = (table: string) => server.url(table);
      const lines = async (table: string) => {
        const engine = await openEngine(parseStoreUrl(url(table)));
        try {
          if (!await engine.columns(table)) return [];
          const rows = await engine.all(`SELECT ${COLUMNS.join(", ")} FROM ${table}`);
          return rows.map((row) => row.join("|")).sort();
        } finally {
          await engine.close();
        }
      };
      const args = (
        table: string,
      ) => ["-X", "-M", "cache", "-r", file, "-w", url(table), "-s", ...COLUMNS, "-", "ip"];
      for (const turn of ["first", "second"]) {
        const before = (await lines("theirs")).join("\n");
        const real = new Deno.Command("rasqlinsert", {
          args: args("theirs"),
          env: { TZ: "UTC" },
          stdout: "null",
          stderr: "null",
        }).spawn();
        let exited = false;
        const status = real.status.then(() => exited = true);
        for (let last = before, since = performance.now(); !exited;) {
          await new Promise((resolve) => setTimeout(resolve, 250));
          const now = (await lines("theirs")).join("\n");
          if (now !== last) since = performance.now();
          last = now;
          if (now !== before && performance.now() - since > QUIET_MS) break;
          assert(performance.now() - since < 30_000, "the real program wrote nothing");
        }
        if (!exited) real.kill("SIGKILL");
        await status;
        await run(Deno.execPath(), ["run", "-A", "--no-check", SCRIPT, ...args("ours")]);
        const [theirs, ours] = [await lines("theirs"), await lines("ours")];
        assert(theirs.length > 10_000);
        assertEquals(ours, theirs, `${turn} run`);
      }
    } finally {
      await server.remove();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
