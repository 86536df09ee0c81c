import dgram from "node:dgram";
import net from "node:net";
import { Problem } from "../base/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import { IpfixWriter } from "./ipfix_writer.ts";

/** IANA port of IPFIX. */
const PORT = 4739;
/**
 * Fits an Ethernet frame with room for tunnels; IPFIX over UDP must not be fragmented (RFC 7011 section
 * 10.3.3).
 */
const DATAGRAM = 1_400;
const TEMPLATES_EVERY = 128;
/** Datagrams sent before the collector gets a moment. */
const BURST = 32;

/** Whether the text names an IPFIX collector. */
export function isCollectorUrl(text: string): boolean {
  return /^ipfix(\+tcp)?:\/\//i.test(text);
}

/**
 * Sends records to an IPFIX collector: `ipfix://host:4739` by UDP (templates repeated),
 * `ipfix+tcp://host:4739` by TCP.
 *
 * UDP has no acknowledgement: what the network or the collector drops is lost unseen; bursts are kept short.
 *
 * @throws {Problem} `bad-value` for a bad URL, `network` when the collector cannot be reached (TCP) or the system refuses.
 */
export async function openCollector(url: string): Promise<{
  readonly rows: number;
  write(batch: RecordBatch): Promise<void>;
  end(): Promise<void>;
}> {
  const match = /^ipfix(\+tcp)?:\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/i.exec(url);
  if (!match) {
    throw new Problem("bad-value", "Expected ipfix://host:port or ipfix+tcp://host:port", { source: url });
  }
  const host = match[2]!.replace(/^\[|\]$/g, ""), port = Number(match[3] ?? PORT);
  const waiting: Uint8Array[] = [];
  const writer = new IpfixWriter(
    (message) => waiting.push(message.slice()),
    match[1] ? {} : { messageBytes: DATAGRAM, templatesEvery: TEMPLATES_EVERY },
  );
  const wire = match[1] ? await openTcp(url, host, port) : openUdp(url, host, port);
  const drain = async () => {
    for (const message of waiting.splice(0)) await wire.send(message);
  };
  return {
    get rows() {
      return writer.rows;
    },
    async write(batch) {
      writer.write(batch);
      await drain();
    },
    async end() {
      try {
        writer.end();
        await drain();
      } finally {
        await wire.close();
      }
    },
  };
}

interface Wire {
  send(message: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

function refused(url: string, error: unknown): Problem {
  const found = (error as { code?: string }).code ?? (error as Error).message;
  return new Problem("network", `Expected an IPFIX collector but found ${found}`, {
    source: url,
    found,
    cause: error,
  });
}

function openUdp(url: string, host: string, port: number): Wire {
  const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("error", () => {});
  let sent = 0;
  return {
    async send(message) {
      await new Promise<void>((resolve, reject) => {
        socket.send(message, port, host, (error) => error ? reject(refused(url, error)) : resolve());
      });
      if (++sent % BURST === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function openTcp(url: string, host: string, port: number): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    socket.once("error", (error) => reject(refused(url, error)));
    socket.once("connect", () => {
      let failed: unknown;
      socket.on("error", (error) => (failed = error));
      resolve({
        async send(message) {
          if (failed) throw refused(url, failed);
          if (!socket.write(message)) {
            await new Promise<void>((resume, fail) => {
              socket.once("drain", resume);
              socket.once("close", () => fail(refused(url, failed ?? new Error("the connection closed"))));
            });
          }
        },
        close: () =>
          new Promise((resolve) => {
            socket.once("close", () => resolve());
            socket.end(() => socket.destroySoon());
          }),
      });
    });
  });
}
