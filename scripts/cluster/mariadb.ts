import { join } from "node:path";

/** A MariaDB server of our own: its data in a temporary folder, on loopback only. */
export interface Server {
  readonly port: number;
  /** Address of a table. */
  url(table: string, more?: string): string;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

function found(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Why there can be no server here; empty when there can. */
export const NO_SERVER: string = ["mariadbd", "mariadb-install-db"].every(found)
  ? ""
  : "mariadbd is not installed (apt-get install mariadb-server)";

/** Why there can be no sharded tables here; empty when there can. */
export const NO_SPIDER: string = NO_SERVER ||
  (pluginFolder() === undefined
    ? "the Spider engine is not installed (apt-get install mariadb-plugin-spider)"
    : "");

function pluginFolder(): string | undefined {
  if (NO_SERVER) return undefined;
  const { stdout } = new Deno.Command("mariadbd", {
    args: ["--no-defaults", "--verbose", "--help"],
    stderr: "null",
  })
    .outputSync();
  const folder = /^plugin-dir\s+(\S+)/m.exec(new TextDecoder().decode(stdout))?.[1];
  if (folder === undefined) return undefined;
  try {
    Deno.statSync(join(folder, "ha_spider.so"));
    return folder;
  } catch {
    return undefined;
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Makes and starts a server. */
export async function startServer(extra: readonly string[] = []): Promise<Server> {
  const folder = await Deno.makeTempDir({ prefix: "panoptes-mariadb-" });
  const data = join(folder, "data"), socket = join(folder, "s.sock");
  const port = freePort();
  const install = await new Deno.Command("mariadb-install-db", {
    args: [
      "--no-defaults",
      `--datadir=${data}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    // Servers that are made at the same time must not share a folder for temporary tables.
    env: { TMPDIR: folder },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!install.success) throw new Error(new TextDecoder().decode(install.stderr));
  let child: Deno.ChildProcess | undefined;
  const kill = async () => {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  };
  const start = async () => {
    child = new Deno.Command("mariadbd", {
      args: [
        "--no-defaults",
        ...(Deno.uid() === 0 ? ["--user=root"] : []),
        `--datadir=${data}`,
        `--socket=${socket}`,
        `--port=${port}`,
        "--bind-address=127.0.0.1",
        `--pid-file=${join(folder, "pid")}`,
        // What a killed process has written is safe with this; a lost power supply may cost a second.
        "--innodb-flush-log-at-trx-commit=2",
        "--skip-log-bin",
        ...extra,
      ],
      env: { TMPDIR: folder },
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let i = 0; i < 300; i++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error("mariadbd did not start");
  };
  await start();
  return {
    port,
    url: (table, more = "") => `mysql://root@127.0.0.1:${port}/panoptes/${table}${more}`,
    kill,
    start,
    async remove() {
      await kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
