import { assert, assertEquals } from "@std/assert";
import { SHARED } from "../formats/real_programs.ts";
import { ALL, corpus, fixtures, MISSING } from "./captures.ts";
import { KNOWN_METER, KNOWN_READER } from "./known.ts";
import { type Call, CALLS, OF_OURS } from "./option_sets.ts";
import { firstDifference, ours, real, realArgus } from "./programs.ts";

/** One capture: the file that the real argus makes of it, and what the real clients print of that. */
interface Expected {
  readonly capture: string;
  readonly name: string;
  readonly file: string;
  /** Whether argus wrote a whole file (it crashes on some captures, and knows some link types not at all). */
  readonly made: boolean;
  readonly outputs: readonly { readonly call: Call; readonly text: string }[];
}

const ARGUS = ["-X", "-AJ"];

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

async function expect(capture: string, folder: string): Promise<Expected> {
  const name = capture.slice(capture.lastIndexOf("/") + 1);
  const file = `${folder}/${name}.real`;
  const made = await realArgus([...ARGUS, "-r", capture, "-w", file]) && sizeOf(file) > 0;
  const outputs = await Promise.all(
    made
      ? CALLS.map(async (c) => ({ call: c, text: await real(c.program, [...c.options, "-r", file]) }))
      : [],
  );
  return { capture, name, file, made, outputs };
}

/** Our clients on the real file. */
async function readsWhatArgusWrote(e: Expected): Promise<string[]> {
  const found: string[] = [];
  for (const { call, text } of e.outputs) {
    const difference = firstDifference(text, await ours(call.program, [...call.options, "-r", e.file]));
    if (difference) found.push(`${call.program} ${call.options.join(" ")}: ${difference}`);
  }
  return found;
}

/** The real clients on our file against the real clients on the real file. */
async function writesWhatArgusWrites(e: Expected, folder: string): Promise<string[]> {
  const file = `${folder}/${e.name}.ours`;
  await ours("argus", [...ARGUS, "-r", e.capture, "-w", file]);
  const found = await Promise.all(OF_OURS.map(async (c) => {
    const [theirs, mine] = await Promise.all(
      [e.file, file].map((f) => real(c.program, [...c.options, "-r", f])),
    );
    const difference = firstDifference(theirs!, mine!);
    return difference ? [`${c.program} ${c.options.join(" ")}: ${difference}`] : [];
  }));
  return found.flat();
}

/** Both ways for a list of captures; a capture in the list of known differences has to differ, or it is to be struck off. */
async function bothWays(t: Deno.TestContext, list: (folder: string) => Promise<string[]> | string[]) {
  const folder = await Deno.makeTempDir();
  try {
    // All of them at once: the real argus sleeps for most of its time.
    const expected = (await list(folder)).map((capture) => expect(capture, folder));
    for (const promise of expected) {
      const e = await promise;
      await t.step({
        name: e.made ? e.name : `${e.name} [skipped: the real argus wrote nothing, or crashed]`,
        ignore: !e.made,
        fn: async () => {
          judge(e.name, "real argus, our clients", await readsWhatArgusWrote(e), KNOWN_READER);
          judge(e.name, "our argus, real clients", await writesWhatArgusWrites(e, folder), KNOWN_METER);
        },
      });
    }
    const made = await Promise.all(expected);
    assert(made.some((e) => e.made));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function judge(name: string, what: string, found: string[], known: Readonly<Record<string, string>>): void {
  const cause = known[name];
  if (cause === undefined) assertEquals(found.join("\n"), "", `${name}: ${what}`);
  else {assert(
      found.length > 0,
      `${name} is in the list of known differences (${cause}) but is equal: ${what}`,
    );}
}

function interopTest(name: string, missing: string, list: (folder: string) => Promise<string[]> | string[]) {
  Deno.test({
    name: missing ? `${name} [skipped: ${missing}]` : name,
    ignore: missing !== "",
    fn: (t) => bothWays(t, list),
  });
}

const programs = MISSING && `not installed: ${MISSING}`;
const shared = programs || (SHARED === undefined ? "no shared folder beside the project" : "");

interopTest("argus and its clients, real and ours, over fixtures", programs, fixtures);
interopTest("the same over the thread capture", shared, () => [`${SHARED}/thread/thread-full.pcap`]);
interopTest(`the same over ${ALL ? "the whole corpus" : "30 corpus captures"}`, shared, corpus);
