import { join } from "node:path";
import { denoSpec, exists, installSpecs, ROOT } from "../../scripts/notebooks/kernelspec.ts";

/** JupyterLab from PyPI where `deno task kernel --lab` installed it, else Debian's notebook. */
export interface Flavour {
  readonly name: "lab" | "notebook";
  readonly program: string;
}

/** The Jupyter programs of this machine. */
export async function findJupyter(): Promise<Flavour[]> {
  const all: Flavour[] = [
    { name: "lab", program: join(ROOT, ".kernels/lab/bin/jupyter-lab") },
    { name: "notebook", program: "/usr/bin/jupyter-notebook" },
  ];
  const there = await Promise.all(all.map((f) => exists(f.program)));
  return all.filter((_, i) => there[i]);
}

/** The Chromium of this machine. */
export async function findChromium(): Promise<string | undefined> {
  for (const path of [Deno.env.get("CHROMIUM") ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"]) {
    if (path !== "" && await exists(path)) return path;
  }
  return undefined;
}

/** A Jupyter server on loopback with a folder of notebooks of its own. */
export interface Server {
  /** Address of a notebook in the folder. */
  url(notebook: string): string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return await Promise.resolve(port);
}

async function waitFor(url: string, child: Deno.ChildProcess): Promise<void> {
  let over = false;
  child.status.then(() => over = true);
  for (let n = 0; n < 150; n++) {
    if (over) throw new Error("Jupyter ended before it answered");
    try {
      const answer = await fetch(url);
      await answer.body?.cancel();
      if (answer.ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("Jupyter did not answer within 30 s");
}

/**
 * Starts Jupyter with its own data, settings and token; the notebooks stand in a folder beside `notebooks/`, so that their relative
 * imports hold and nothing committed is written to.
 */
export async function startJupyter(flavour: Flavour, notebooks: Record<string, string>): Promise<Server> {
  const home = await Deno.makeTempDir({ prefix: "panoptes-browser-" });
  const folder = await Deno.makeTempDir({ dir: ROOT, prefix: ".browser-test-" });
  for (const [name, text] of Object.entries(notebooks)) await Deno.writeTextFile(join(folder, name), text);
  await installSpecs(join(home, "data"), [denoSpec()]);
  const tracker = join(home, "settings/@jupyterlab/notebook-extension");
  await Deno.mkdir(tracker, { recursive: true });
  // Cells out of sight must be in the page too.
  await Deno.writeTextFile(join(tracker, "tracker.jupyterlab-settings"), '{ "windowingMode": "none" }');
  const notes = join(home, "settings/@jupyterlab/apputils-extension");
  await Deno.mkdir(notes, { recursive: true });
  await Deno.writeTextFile(
    join(notes, "notification.jupyterlab-settings"),
    '{ "fetchNews": "false", "checkForUpdates": false }',
  );
  const port = await freePort(), token = crypto.randomUUID();
  const app = flavour.name === "lab" ? "ServerApp" : "NotebookApp";
  const child = new Deno.Command(flavour.program, {
    args: [
      "--no-browser",
      "--allow-root",
      "--ip=127.0.0.1",
      `--port=${port}`,
      flavour.name === "lab" ? `--IdentityProvider.token=${token}` : `--NotebookApp.token=${token}`,
      flavour.name === "lab" ? `--ServerApp.root_dir=${folder}` : `--notebook-dir=${folder}`,
      `--${app}.allow_origin=http://127.0.0.1:${port}`,
      "--ContentsManager.allow_hidden=True",
      ...(flavour.name === "lab" ? ["--LabApp.expose_app_in_browser=True"] : []),
    ],
    cwd: folder,
    env: {
      HOME: home,
      JUPYTER_DATA_DIR: join(home, "data"),
      JUPYTER_CONFIG_DIR: join(home, "config"),
      JUPYTER_RUNTIME_DIR: join(home, "runtime"),
      JUPYTERLAB_SETTINGS_DIR: join(home, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: join(home, "workspaces"),
      DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/root", ".cache/deno"),
      TZ: "UTC",
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const base = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 8000);
    await child.status;
    clearTimeout(timer);
    for (const path of [home, folder]) await Deno.remove(path, { recursive: true }).catch(() => {});
  };
  try {
    await waitFor(`${base}/api/status?token=${token}`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const path = flavour.name === "lab" ? "lab/tree" : "notebooks";
  return { url: (notebook) => `${base}/${path}/${notebook}?token=${token}`, stop };
}
