import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodePcap } from "../../lib/capture/mod.ts";
import { readArgus } from "../../lib/formats/mod.ts";
import { readArguments } from "../../scripts/options/argus_main.ts";
import { file, runScript } from "./run.ts";

Deno.test("the word behind -w's file is a record filter, a lone - ends it (TIM-7)", () => {
  const a = readArguments(["-X", "-r", "f.pcap", "-w", "-", "host 10.0.0.1"]);
  assertEquals([a.outputs, a.packetFilter], [[{ file: "-", filter: "host 10.0.0.1" }], ""]);
  const b = readArguments(["-X", "-r", "f.pcap", "-w", "-", "-", "host", "10.0.0.1"]);
  assertEquals([b.outputs, b.packetFilter], [[{ file: "-", filter: undefined }], "host 10.0.0.1"]);
  const c = readArguments(["-X", "-r", "f.pcap", "-w", "out", "--", "tcp"]);
  assertEquals([c.outputs, c.packetFilter], [[{ file: "out", filter: undefined }], "tcp"]);
});

Deno.test("options apply left to right, and joined flags are several", () => {
  const { settings } = readArguments(["-X", "-AJZm", "-S", "2", "-U", "16", "-r", "f.pcap"]);
  assertEquals(
    [
      settings.appBytes,
      settings.jitter,
      settings.packetSize,
      settings.mac,
      settings.userData,
      settings.status,
    ],
    [true, true, true, true, 16, 2e6],
  );
});

Deno.test("-S keeps the original's reading of fractions (TIM-2)", () => {
  const status = (text: string) => readArguments(["-X", "-S", text, "-r", "f"]).settings.status;
  assertEquals(["0.5", "0.7", "1.5", "1.7", "3"].map(status), [
    500_000,
    300_000,
    1_500_000,
    1_300_000,
    3_000_000,
  ]);
});

for (
  const [title, args, says] of [
    ["a missing capture", ["-r", "/nowhere/x.pcap", "-w", "-"], "/nowhere/x.pcap"],
    ["-S x", ["-S", "x", "-r", "f"], 'found "x"'],
    ["a negative -S", ["-S", "-5", "-r", "f"], '"-5"'],
    ["an option it does not have", ["-P", "561", "-r", "f"], "-P"],
    ["no capture", ["-w", "-"], "-r"],
    [
      "an unknown filter word",
      ["-r", "fixtures/port-reuse.pcap", "-w", "-", "--", "tpc port 80"],
      "position 0",
    ],
  ] as const
) {
  Deno.test(`argus.ts: ${title} is a clear error, exit status 1, no stack trace`, async () => {
    const { code, err } = await runScript("argus.ts", args, { cwd: file("") });
    assertEquals(code, 1);
    assertStringIncludes(err, says);
    assert(!err.includes("    at "), err);
  });
}

Deno.test("what was metered before the damage is written, and the damage told", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const whole = Deno.readFileSync(file("fixtures/port-reuse.pcap"));
    Deno.writeFileSync(`${folder}/cut.pcap`, whole.subarray(0, whole.length - 5));
    const { code, err } = await runScript("argus.ts", ["-X", "-r", "cut.pcap", "-w", "out.argus"], {
      cwd: folder,
    });
    assertEquals(code, 0);
    assertStringIncludes(err, "cut.pcap: frame ");
    let records = 0;
    for await (const batch of readArgus(`${folder}/out.argus`)) records += batch.length;
    assert(records > 1);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** One UDP packet as an Ethernet frame. */
function udpFrame(lastByte: number): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 38, 0, 1, 0, 0, 64, 17, 0, 0]);
  frame.set([10, 0, 0, lastByte, 10, 0, 0, 99, 0, 5, 0, 6, 0, 18], 26);
  return frame;
}

Deno.test("records of a silent live pipe come when they are due, and SIGINT writes the last ones", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", file("scripts/argus.ts"), "-X", "-S", "1", "-r", "-", "-w", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const capture = (last: number) => encodePcap([{ time: Date.now() * 1000, bytes: udpFrame(last) }]);
  await writer.write(capture(1));
  const reader = child.stdout.getReader();
  let bytes = 0;
  const begun = performance.now();
  // The start record has 128 bytes; the flow's own follows though no packet does.
  while (bytes <= 128) bytes += (await reader.read()).value?.length ?? 0;
  assert(performance.now() - begun < 20_000);
  await writer.write(capture(2).subarray(24));
  await new Promise((resolve) => setTimeout(resolve, 400));
  child.kill("SIGINT");
  const before = bytes;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) bytes += chunk.value.length;
  assert(bytes >= before + 128 + 64, "the last flow and the stop record must still come");
  assertEquals((await child.status).code, 0);
  await writer.close().catch(() => {});
});
