import { Problem } from "../base/mod.ts";
import {
  argus,
  type KeyPart,
  type MonitorKind,
  type Quirks,
  type Settings,
  withSettings,
} from "./settings.ts";

/** Words of ARGUS_FLOW_KEY. Labels are told apart by their first word, whether called local or complete (observed). */
const KEY_WORDS: ReadonlyMap<string, KeyPart> = new Map([
  ["CLASSIC_5_TUPLE", "CLASSIC_5_TUPLE"],
  ["VLAN", "VLAN"],
  ["MPLS", "MPLS"],
  ["LOCAL_MPLS", "MPLS"],
  ["COMPLETE_MPLS", "MPLS"],
  ["LAYER_2", "LAYER_2"],
  ["LAYER_3_MATRIX", "LAYER_3_MATRIX"],
]);

/** argus.conf variables that do not change which records a file gives (spec section 7); they are read and left alone. */
const WITHOUT_EFFECT = new Set([
  "ARGUS_FLOW_PROTOCOL_STRIP",
  "ARGUS_DAEMON",
  "ARGUS_ACCESS_PORT",
  "ARGUS_BIND_IP",
  "ARGUS_INTERFACE",
  "ARGUS_GO_PROMISCUOUS",
  "ARGUS_COLLECTOR",
  "ARGUS_SETUSER_ID",
  "ARGUS_SETGROUP_ID",
  "ARGUS_CHROOT",
  "ARGUS_SET_PID",
  "ARGUS_PID_PATH",
  "ARGUS_DEBUG_LEVEL",
  "ARGUS_FILTER_OPTIMIZER",
  "ARGUS_PACKET_CAPTURE_FILE",
  "ARGUS_PACKET_CAPTURE_ON_ERROR",
  "ARGUS_SSF",
  "ARGUS_MIN_SSF",
  "ARGUS_MAX_SSF",
  "ARGUS_PCAP_BUF_SIZE",
  "ARGUS_ENV",
  "ARGUS_DEDUP",
  "ARGUS_TIMESTAMP_TYPE",
  "ARGUS_HARDWARE_TIMESTAMPS",
  "ARGUS_GENERATE_TCP_PERF_METRIC",
  "ARGUS_GENERATE_RESPONSE_TIME_DATA",
  "ARGUS_CAPTURE_FULL_CONTROL_DATA",
  "ARGUS_SELF_SYNCHRONIZE",
  "ARGUS_EVENT_DATA",
  "ARGUS_KEYSTROKE",
  "ARGUS_KEYSTROKE_CONF",
  "ARGUS_CORE_FILE",
]);

/**
 * Options of the `argus` program gathered left to right, as its configuration file and command line give them (spec section 7).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ArgusOptions } from "./argus_conf.ts";
 *
 * const options = new ArgusOptions();
 * options.readConf("ARGUS_TCP_TIMEOUT=3600\nARGUS_FLOW_STATUS_INTERVAL=60\n", "argus.conf");
 * options.status("2");
 * assertEquals(options.settings().name, "S=2s tcp=1h");
 * ```
 */
export class ArgusOptions {
  /** ARGUS_FILTER: packet filter. */
  filter: string | undefined;
  /** ARGUS_OUTPUT_FILE: file and record filter of each output. */
  outputs: { file: string; filter: string | undefined }[] = [];
  #settings: Settings;
  #seconds = 5;
  #micros = 0;
  /** Parts of the key that were named, and whether the flow type was. */
  readonly #parts = new Set<KeyPart>();
  #typed = false;

  /** Starts from what `argus -X` does. */
  constructor(quirks: Quirks = "argus-3.0.8.2") {
    this.#settings = argus({ quirks });
  }

  /** The frozen result. */
  settings(): Settings {
    return this.with({ status: this.#seconds + this.#micros / 1e6 });
  }

  /** Changes plain settings. */
  with(input: Parameters<typeof withSettings>[1]): Settings {
    return this.#settings = withSettings(this.#settings, input);
  }

  /**
   * -S / ARGUS_FLOW_STATUS_INTERVAL (TIM-2): the real program reads a fraction above .5 wrongly (0.7 becomes 0.3) and keeps old
   * microseconds when whole seconds come later.
   *
   * @throws {Problem} `bad-value` when it is not a number of seconds, or negative.
   */
  status(text: string): void {
    const value = Number(text);
    if (!/^\d*\.?\d*(e\d+)?$/i.test(text) || text === "" || text === "." || !Number.isFinite(value)) {
      throw new Problem(
        "bad-value",
        `Expected -S to be a number of seconds such as 5 or 0.5 but found "${text}"`,
        {
          expected: "seconds",
          found: text,
        },
      );
    }
    if (this.#settings.quirks === "none") {
      this.#seconds = Math.floor(value);
      this.#micros = Math.round((value - this.#seconds) * 1e6);
      return;
    }
    this.#seconds = Math.floor(value);
    if (text.includes(".")) {
      const floor = Math.floor(value), half = value - floor === 0.5;
      const nearest = half ? (floor % 2 === 0 ? floor : floor + 1) : Math.round(value);
      this.#micros = Math.trunc(Math.fround(Math.fround(Math.abs(value - nearest)) * 1e6));
    }
  }

  /**
   * An idle timeout in whole seconds (TIM-5): 0 means the default; the real program keeps 16 bits.
   *
   * @throws {Problem} `bad-value` when it is not a whole number of seconds, or negative.
   */
  timeout(
    which: "tcp" | "ip" | "icmp" | "arp" | "igmp" | "frag" | "other",
    text: string,
    source?: string,
    line?: number,
  ): void {
    const value = Number(text);
    if (!/^\d+$/.test(text)) {
      throw new Problem(
        "bad-value",
        `Expected the ${which} timeout to be a whole number of seconds but found "${text}"`,
        {
          ...(source === undefined ? {} : { source }),
          ...(line === undefined ? {} : { line }),
          expected: "seconds, 0 or more",
          found: text,
        },
      );
    }
    if (value === 0) {
      this.with({ [which]: argus().timeouts[which] / 1e6 });
      return;
    }
    let seconds = value;
    if (this.#settings.quirks !== "none") {
      // 65534, 65535 and multiples of 65536 make the real program hang or abort; the nearest value it survives stands for them.
      seconds = value % 65536;
      if (seconds === 0 || seconds > 65533) seconds = 65533;
    }
    this.with({ [which]: seconds });
  }

  /**
   * Reads a configuration file's text.
   *
   * @throws {Problem} `syntax` or `bad-value` with file and line.
   */
  readConf(text: string, source: string): void {
    text.split("\n").forEach((raw, index) => {
      const line = raw.trim();
      if (line === "" || /^[#"!]/.test(line)) return;
      const m = /^(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#]*))/.exec(line);
      if (!m) {
        throw new Problem("syntax", `Expected NAME=value but found "${line}"`, { source, line: index + 1 });
      }
      const name = m[1]!, value = (m[2] ?? m[3] ?? m[4] ?? "").trim();
      // The quotes of a probe id say that it is text.
      const quoted = name === "ARGUS_MONITOR_ID" && m[2] !== undefined;
      this.#variable(name, quoted ? `"${value}"` : value, source, index + 1);
    });
  }

  #variable(name: string, value: string, source: string, line: number): void {
    const yes = value.toLowerCase() === "yes";
    const whole = () => {
      if (!/^\d+$/.test(value)) {
        throw new Problem("bad-value", `Expected ${name} to be a whole number but found "${value}"`, {
          source,
          line,
        });
      }
      return Number(value);
    };
    switch (name) {
      case "ARGUS_FLOW_STATUS_INTERVAL":
        return this.status(value);
      case "ARGUS_TCP_TIMEOUT":
        return this.timeout("tcp", value, source, line);
      case "ARGUS_IP_TIMEOUT":
        return this.timeout("ip", value, source, line);
      case "ARGUS_ICMP_TIMEOUT":
        return this.timeout("icmp", value, source, line);
      case "ARGUS_ARP_TIMEOUT":
        return this.timeout("arp", value, source, line);
      case "ARGUS_IGMP_TIMEOUT":
        return this.timeout("igmp", value, source, line);
      case "ARGUS_FRAG_TIMEOUT":
        return this.timeout("frag", value, source, line);
      case "ARGUS_OTHER_TIMEOUT":
        return this.timeout("other", value, source, line);
      case "ARGUS_MAR_STATUS_INTERVAL":
        return void this.with({ marInterval: whole() });
      case "ARGUS_FLOW_TYPE":
        this.#typed = true;
        return void this.with({ flowType: /^uni/i.test(value) ? "unidirectional" : "bidirectional" });
      case "ARGUS_FLOW_KEY":
        return this.#flowKey(value, source, line);
      case "ARGUS_GENERATE_APPBYTE_METRIC":
        return void this.with({ appBytes: yes });
      case "ARGUS_GENERATE_BIDIRECTIONAL_TIMESTAMPS":
        return void this.with({ bidirectionalTimes: yes });
      case "ARGUS_GENERATE_JITTER_DATA":
        return void this.with({ jitter: yes });
      case "ARGUS_GENERATE_PACKET_SIZE":
        return void this.with({ packetSize: yes });
      case "ARGUS_GENERATE_MAC_DATA":
        return void this.with({ mac: yes });
      case "ARGUS_GENERATE_START_RECORDS":
        return void this.with({ startRecords: yes });
      case "ARGUS_TRACK_DUPLICATES":
        return void this.with({ trackDuplicates: yes });
      case "ARGUS_TUNNEL_DISCOVERY":
        return void this.with({ tunnelDiscovery: yes });
      case "ARGUS_CAPTURE_DATA_LEN":
        return void this.with({ userData: whole() });
      case "ARGUS_MONITOR_ID":
        return void this.with(parseMonitorId(value));
      case "ARGUS_FILTER":
        this.filter = value;
        return;
      case "ARGUS_OUTPUT_FILE": {
        const m = /^(\S+)\s*(?:"?(.*?)"?)?$/.exec(value);
        if (m) this.outputs.push({ file: m[1]!, filter: m[2] || undefined });
        return;
      }
      default:
        if (WITHOUT_EFFECT.has(name)) return;
        throw new Problem("unknown-name", `Expected an argus.conf variable but found "${name}"`, {
          source,
          line,
        });
    }
  }

  #flowKey(value: string, source: string, line: number): void {
    for (const word of value.split("+").map((p) => p.trim()).filter((p) => p !== "")) {
      const part = KEY_WORDS.get(word);
      if (part === undefined) {
        throw new Problem(
          "bad-value",
          `Expected ARGUS_FLOW_KEY to join ${[...KEY_WORDS.keys()].join(", ")} by + but found "${word}"`,
          {
            source,
            line,
          },
        );
      }
      // 3.0.8.2 does not know the word it documents.
      if (word !== "MPLS" || this.#settings.quirks === "none") this.#parts.add(part);
    }
    // KEY-10: without a flow type, other keys than the 5-tuple are one-way.
    const oneWay = !this.#typed && [...this.#parts].some((p) => p !== "CLASSIC_5_TUPLE");
    this.with({ flowKey: [...this.#parts], ...(oneWay ? { flowType: "unidirectional" } : {}) });
  }
}

/**
 * Reads a probe id (-e, ARGUS_MONITOR_ID): dotted quad, whole number, or text in double quotes, of which four characters are kept.
 *
 * @throws {Problem} `bad-value`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseMonitorId } from "./argus_conf.ts";
 *
 * assertEquals(parseMonitorId("10.0.0.1"), { monitorId: 0x0a000001, monitorKind: "address" });
 * assertEquals(parseMonitorId("7"), { monitorId: 7, monitorKind: "number" });
 * assertEquals(parseMonitorId('"ab"'), { monitorId: 0x61620000, monitorKind: "text" });
 * ```
 */
export function parseMonitorId(text: string): { monitorId: number; monitorKind: MonitorKind } {
  const quad = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (quad?.every((byte) => byte < 256)) {
    return { monitorId: quad.reduce((word, byte) => (word << 8) | byte, 0), monitorKind: "address" };
  }
  if (/^\d+$/.test(text)) return { monitorId: Number(text) | 0, monitorKind: "number" };
  const name = /^"([\x20-\x7e]{1,4})[\x20-\x7e]*"$/.exec(text)?.[1];
  if (name !== undefined) {
    const word = [...name.padEnd(4, "\0")].reduce((w, ch) => (w << 8) | ch.charCodeAt(0), 0);
    return { monitorId: word, monitorKind: "text" };
  }
  throw new Problem(
    "bad-value",
    `Expected a probe id (IPv4 address, number or text in double quotes) but found ${text}`,
  );
}
