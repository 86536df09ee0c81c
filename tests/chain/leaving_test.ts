import { assertEquals } from "@std/assert";
import { encodePcap } from "../../lib/capture/mod.ts";
import { eth, ip4, udp } from "../decode/packets.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("whoever leaves a large capture at its first records leaves no thread behind", async () => {
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    // Large enough for a decoding thread, each packet a flow of its own.
    const frames = Array.from({ length: 24_000 }, (_, i) => {
      const bytes = new Uint8Array(1400);
      bytes.set(eth(0x0800, ip4(17, udp(1024 + i, 9))));
      return { time: i * 1000, bytes };
    });
    await Deno.writeFile(path, encodePcap(frames));
    const code = `import { argus, readPcap } from "./mod.ts";
      for await (const batch of readPcap(${JSON.stringify(path)}).meter(argus({ status: "1s" })).batches()) {
        console.log(batch.length > 0);
        break;
      }`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", code],
      cwd: ROOT,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const { success, stdout } = await child.output();
    clearTimeout(late);
    assertEquals([success, new TextDecoder().decode(stdout)], [true, "true\n"]);
  } finally {
    await Deno.remove(path);
  }
});
