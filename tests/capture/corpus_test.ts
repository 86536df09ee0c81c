import { assertEquals } from "@std/assert";
import { openFrames } from "../../lib/capture/mod.ts";
import { readAll, run } from "./helpers.ts";

const shared = Deno.env.get("PANOPTES_SHARED") ?? new URL("../../../shared", import.meta.url).pathname;
const folder = `${shared}/corpus/pcap`;

function captures(): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), (entry) => entry.name).sort();
  } catch {
    console.log(`skipped: no corpus of captures in ${folder} (set PANOPTES_SHARED)`);
    return [];
  }
}

const names = captures();
const tcpdump = names.length > 0 && (await run("tcpdump", ["--version"])) !== undefined;
const tshark = names.length > 0 && (await run("tshark", ["--version"])) !== undefined;
if (names.length > 0 && !(tcpdump && tshark)) {
  console.log("skipped in part: tcpdump or tshark is not installed");
}

/** The frames as tshark prints them: time, length on the wire, captured length. */
async function printed(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of openFrames(path)) {
    for (let i = 0; i < batch.length; i++) {
      const us = batch.time[i]!, seconds = Math.floor(us / 1e6);
      const fraction = String(us - seconds * 1e6).padStart(6, "0") + String(batch.nano[i]).padStart(3, "0");
      lines.push(`${seconds}.${fraction}\t${batch.wire[i]}\t${batch.captured[i]}`);
    }
  }
  return lines;
}

Deno.test({
  name: "corpus: what libpcap reads of each capture is what is not foreign",
  ignore: !tcpdump,
  async fn() {
    const copy = await Deno.makeTempFile();
    for (const name of names) {
      const { frames } = await readAll(`${folder}/${name}`);
      await run("tcpdump", ["-n", "-r", `${folder}/${name}`, "-w", copy]);
      assertEquals(frames.filter((f) => !f.foreign).length, (await readAll(copy)).frames.length, name);
    }
    await Deno.remove(copy);
  },
});

Deno.test({
  name: "corpus: times and lengths are those of tshark",
  ignore: !tshark,
  async fn() {
    // tshark takes a third of a second each: all of the rarer format, some of the other.
    for (const name of names.filter((name, i) => /pcapng|nano|fuzz/.test(name) || i % 8 === 0)) {
      const path = `${folder}/${name}`;
      const fields = ["-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"];
      // Where a capture is damaged tshark looks for the next frame that makes sense: only those before count.
      const lines = (await run("tshark", ["-n", "-r", path, "-T", "fields", ...fields]))!.out.trimEnd().split(
        "\n",
      );
      const ours = await printed(path);
      const { problems } = await readAll(path);
      const count = problems.length > 0 ? ours.length : lines.length;
      // A simple packet block has no time: tshark prints none.
      const theirs = lines.slice(0, count).map((line) => line.startsWith("\t") ? `0.000000000${line}` : line);
      assertEquals(ours, theirs, name);
    }
  },
});
