import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { ROOT } from "../../scripts/notebooks/kernelspec.ts";
import { findChromium, findJupyter, type Flavour, startJupyter } from "./jupyter.ts";

const ARTIFACTS = join(ROOT, ".artifacts");

interface Cell {
  cell_type: string;
  id: string;
  source: string[];
  outputs?: unknown[];
  execution_count?: number | null;
  metadata: Record<string, unknown>;
}

const HOSTILE = `import { table, timeline } from "../mod.ts";
const evil = "<script>window.__reached = 1</script><img src=x onerror='window.__reached = 2'>";
await Deno.jupyter.display(table({ title: evil, columns: [{ name: evil }], rows: [[evil]], note: evil }));
timeline({ title: evil, subtitle: evil, sides: [evil, evil], packets: [0, 1e6], lanes: [{ name: evil, records: [{ start: 0, end: 1e6, evidence: "none", direction: evil, packets: 1, label: evil, detail: evil }] }] })`;

/** Notebook 01 without its outputs, and with a cell that shows hostile texts at the end. */
async function notebook(): Promise<string> {
  const book = JSON.parse(await Deno.readTextFile(join(ROOT, "notebooks/01-the-case.ipynb"))) as {
    cells: Cell[];
  };
  for (const cell of book.cells) {
    if (cell.cell_type !== "code") continue;
    cell.outputs = [];
    cell.execution_count = null;
  }
  book.cells.push({
    cell_type: "code",
    id: "hostile",
    metadata: {},
    source: [HOSTILE],
    outputs: [],
    execution_count: null,
  });
  return JSON.stringify(book);
}

/** A run that gives no outputs for so long is begun anew, so often: on a busy machine a kernel may miss what it is asked at its start. */
const PATIENCE_MS = 60_000, ATTEMPTS = 4;

/** Runs all cells in the page and waits until every code cell has an output. */
async function runAll(page: Page, flavour: Flavour, cells: number): Promise<string> {
  const lab = flavour.name === "lab";
  await page.waitForFunction(
    lab
      ? `window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === "connected"`
      : `window.Jupyter?.notebook?.kernel?.is_connected?.()`,
    undefined,
    { timeout: 90_000 },
  );
  const cell = lab ? ".jp-CodeCell" : ".code_cell";
  const output = lab ? ".jp-CodeCell .jp-OutputArea-output" : ".code_cell .output_subarea";
  const inner = output.split(" ")[1]!;
  for (let attempt = 1;; attempt++) {
    await page.evaluate(
      lab
        ? `window.jupyterapp.commands.execute("notebook:run-all-cells").then(() => {})`
        : `Jupyter.notebook.set_autosave_interval(0); Jupyter.notebook.execute_all_cells()`,
    );
    try {
      await page.waitForFunction(
        `[...document.querySelectorAll("${cell}")].filter(c => c.querySelector("${inner}")).length >= ${cells}`,
        undefined,
        { timeout: PATIENCE_MS },
      );
      return output;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

const chrome = await findChromium(), jupyters = await findJupyter();
const missing = !chrome
  ? "chromium"
  : jupyters.length === 0
  ? "jupyter-notebook or deno task kernel --lab"
  : undefined;

if (missing) Deno.test({ name: `browser: skipped, not installed: ${missing}`, ignore: true, fn: () => {} });

for (const flavour of jupyters) {
  Deno.test({
    name: `browser: notebook 01 in ${
      flavour.name === "lab" ? "JupyterLab" : "Jupyter Notebook"
    } shows table and timeline`,
    ignore: chrome === undefined,
    // Chromium and the server are processes of their own, which end a moment after they are told to.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const text = await notebook();
      const cells = (JSON.parse(text) as { cells: Cell[] }).cells.filter((c) =>
        c.cell_type === "code"
      ).length;
      const server = await startJupyter(flavour, { "01-the-case.ipynb": text });
      const browser = await chromium.launch({ executablePath: chrome!, args: ["--no-sandbox"] });
      try {
        const page = await browser.newPage({ viewport: { width: 1500, height: 1100 } });
        await page.goto(server.url("01-the-case.ipynb"));
        const output = await runAll(page, flavour, cells);
        await page.waitForSelector(`${output} svg.panoptes-picture`, { state: "attached" });
        await page.waitForTimeout(1000);
        await Deno.mkdir(ARTIFACTS, { recursive: true });

        // Everything asked of the page is a string: its types are not those of this program.
        const all = (selector: string) => `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
        const tables = await page.evaluate(
          `${all(`${output} .panoptes table`)}.map(t => t.tBodies[0].rows.length)`,
        );
        assertEquals((tables as number[]).slice(0, 2), [2, 13], "records under S=999999s and S=19999s");

        const sorted = await page.evaluate(`(() => {
          const table = ${all(`${output} .panoptes table`)}[1], heads = [...table.tHead.rows[0].cells];
          const at = heads.findIndex(h => h.textContent.startsWith("TotPkts"));
          heads[at].querySelector("button").click();
          return [...table.tBodies[0].rows].map(r => Number(r.cells[at].textContent));
        })()`) as number[];
        assertEquals(sorted, sorted.toSorted((a, b) => a - b), "a click on a heading sorts by numbers");

        const seen = async () =>
          await page.evaluate(
            `${all(`${output} svg.panoptes-picture`)}.filter(s => s.getBoundingClientRect().width > 0)` +
              `.map(s => ({ width: Number(s.getAttribute("width")), shown: s.getBoundingClientRect().width, ` +
              `bars: s.querySelectorAll("g rect").length }))`,
          ) as { width: number; shown: number; bars: number }[];
        const wide = await seen();
        assertEquals(wide[0]!.width, 1000);
        assert(wide[0]!.bars >= 24, "a bar for each of the 24 records");
        const picture = page.locator(`${output} svg.panoptes-picture`).first();
        await picture.scrollIntoViewIfNeeded();
        await picture.screenshot({ path: join(ARTIFACTS, `timeline-1000-${flavour.name}.png`) });
        await page.screenshot({ path: join(ARTIFACTS, `notebook-01-${flavour.name}.png`) });

        assertEquals(await page.evaluate("window.__reached"), undefined, "no text of the data became markup");
        assertEquals(
          await page.$$eval(`${output} .panoptes img, ${output} .panoptes script`, (all) => all.length),
          0,
        );

        if (flavour.name === "lab") {
          await page.evaluate(
            `window.jupyterapp.commands.execute("application:toggle-left-area").then(() => {})`,
          );
        }
        await page.setViewportSize({ width: 640, height: 1000 });
        await page.waitForTimeout(500);
        const narrow = await seen();
        assertEquals(narrow[0]!.width, 400, "a narrow page gets the narrow drawing");
        assert(narrow[0]!.shown >= 380, `the narrow drawing is shown ${narrow[0]!.shown} px wide`);
        const small = page.locator(`${output} .pn-narrow svg.panoptes-picture`).first();
        await small.scrollIntoViewIfNeeded();
        await small.screenshot({ path: join(ARTIFACTS, `timeline-400-${flavour.name}.png`) });
      } finally {
        await browser.close();
        await server.stop();
      }
    },
  });
}
