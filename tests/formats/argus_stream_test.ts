import dgram from "node:dgram";
import net from "node:net";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { ArgusWriter, readArgus, type ReadFlowsOptions } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { installed } from "./real_programs.ts";

/** A sensor of our own that speaks as the real one was seen to. */
async function sensor(body: (url: string, heard: () => string) => Promise<void>, status = 0): Promise<void> {
  let heard = "";
  const server = net.createServer((socket) => {
    const writer = new ArgusWriter();
    writer.begin({ status });
    socket.write(writer.take());
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const text = String(data);
      heard += text;
      if (text.startsWith("FILTER: ")) socket.write(text.includes("nonsense") ? "SY" : "OK");
      if (text.includes("nonsense")) socket.end();
      if (text.startsWith("START: ")) socket.end(writer.end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body(`argus://127.0.0.1:${(server.address() as net.AddressInfo).port}`, () => heard);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function collect(url: string, options: ReadFlowsOptions = {}): Promise<number | Problem> {
  try {
    let records = 0;
    for await (const batch of readArgus(url, options)) records += batch.length;
    return records;
  } catch (error) {
    assert(error instanceof Problem, String(error));
    return error;
  }
}

Deno.test("a sensor is asked to start and its records come", async () => {
  await sensor(async (url, heard) => {
    assertEquals(await collect(url), 2);
    assertEquals(heard(), "START: ");
  });
});

Deno.test("a filter goes to the sensor first; one it refuses is a syntax problem", async () => {
  await sensor(async (url, heard) => {
    assertEquals(await collect(url, { filter: "udp port 53" }), 2);
    assertEquals(heard(), "FILTER: udp port 53START: ");
    const refused = await collect(`${url}?filter=nonsense`);
    assert(refused instanceof Problem && refused.code === "syntax");
  });
});

Deno.test("a sensor that wants SASL, and nobody there, are clear problems", async () => {
  let free = "";
  await sensor(async (url) => {
    free = url;
    const answer = await collect(url);
    assert(answer instanceof Problem && answer.code === "unsupported");
  }, 0x1000);
  const nobody = await collect(free);
  assert(nobody instanceof Problem && nobody.code === "network");
  assertStringIncludes(nobody.message, `${free}: Expected a running argus sensor but found ECONNREFUSED`);
});

const missing = !installed("argus")
  ? "argus not installed"
  : Deno.uid() !== 0
  ? "needs root to listen on lo"
  : undefined;

Deno.test({
  name: `records of the real argus -P on loopback come as they are due${
    missing ? ` [skipped: ${missing}]` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    const port = 20_000 + (Deno.pid % 10_000);
    const argus = new Deno.Command("argus", {
      args: ["-X", "-P", String(port), "-B", "127.0.0.1", "-i", "lo", "-S", "1", "-M", "1"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const url = `argus://127.0.0.1:${port}`;
    const leave = new AbortController();
    const giveUp = setTimeout(() => leave.abort(), 15_000);
    const udp = dgram.createSocket("udp4");
    udp.on("error", () => {});
    const ping = setInterval(() => {
      udp.send(new Uint8Array(2), 9, "127.0.0.1");
    }, 200);
    try {
      while (!await reachable(port)) await new Promise((r) => setTimeout(r, 100));
      const port9: number[] = [];
      let managers = 0;
      for await (const batch of readArgus(url, { filter: "udp and port 9", signal: leave.signal })) {
        for (let row = 0; row < batch.length; row++) {
          const w = row * R.WORDS;
          if (batch.words[w + R.FLAGS]! & R.FLAG_MAR) managers++;
          else {port9.push(
              batch.words[w + R.DPORT] === 9 ? batch.words[w + R.DPORT]! : batch.words[w + R.SPORT]!,
            );}
        }
        if (port9.length >= 2 && managers >= 1) break;
      }
      assertEquals(port9.slice(0, 2), [9, 9]);
      assert(managers >= 1);
    } finally {
      clearTimeout(giveUp);
      clearInterval(ping);
      udp.close();
      argus.kill("SIGTERM");
      await argus.status;
    }
  },
});

async function reachable(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
