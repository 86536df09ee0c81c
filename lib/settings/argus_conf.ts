import { Problem } from "../base/mod.ts";
import { argus, type KeyPart, type Quirks, type Settings, withSettings } from "./settings.ts";

const KEY_PARTS: readonly KeyPart[] = ["CLASSIC_5_TUPLE", "VLAN", "MPLS", "LAYER_2", "LAYER_3_MATRIX"];

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
      this.#variable(m[1]!, (m[2] ?? m[3] ?? m[4] ?? "").trim(), source, index + 1);
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
        return void this.with({ monitorId: parseMonitorId(value) });
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
    const parts = value.split("+").map((p) => p.trim()).filter((p) => p !== "");
    const unknown = parts.find((p) => !KEY_PARTS.includes(p as KeyPart));
    if (unknown !== undefined) {
      throw new Problem(
        "bad-value",
        `Expected ARGUS_FLOW_KEY to join ${KEY_PARTS.join(", ")} by + but found "${unknown}"`,
        {
          source,
          line,
        },
      );
    }
    this.with({ flowKey: parts as KeyPart[] });
  }
}

/**
 * Reads a probe id (-e): dotted quad, whole number, or up to four characters in double quotes, as one 32-bit word.
 *
 * @throws {Problem} `bad-value`.
 */
export function parseMonitorId(text: string): number {
  const quad = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (quad) return quad.slice(1).reduce((word, byte) => (word << 8) | (Number(byte) & 255), 0);
  if (/^\d+$/.test(text)) return Number(text) | 0;
  const name = /^"?([\x20-\x7e]{1,4})"?$/.exec(text);
  if (name) return [...name[1]!.padEnd(4, "\0")].reduce((word, ch) => (word << 8) | ch.charCodeAt(0), 0);
  throw new Problem(
    "bad-value",
    `Expected a probe id (IPv4 address, number or up to 4 characters) but found "${text}"`,
  );
}
