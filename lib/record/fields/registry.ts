import { Problem } from "../../base/mod.ts";
import { ADDRESS_FIELDS } from "./address.ts";
import { AGGREGATION_FIELDS } from "./aggregation.ts";
import { ATTRIBUTE_FIELDS } from "./attributes.ts";
import { COUNTER_FIELDS } from "./counters.ts";
import { EXTENSION_FIELDS } from "./extensions.ts";
import type { Field } from "./field.ts";
import { FLAG_FIELDS } from "./flags.ts";
import { GAP_HISTOGRAM_FIELDS, JITTER_FIELDS } from "./jitter.ts";
import { CORRELATION_FIELDS, OTHER_FIELDS, UDT_FIELDS } from "./rest.ts";
import { STATE_FIELDS } from "./state.ts";
import { TCP_FIELDS } from "./tcp.ts";
import { TIME_FIELDS } from "./time.ts";

/** The order of the original's own table, which XML output follows (fields.md sections 9 and 10). */
const ORDER = `
stime ltime trans dur mean min max saddr daddr proto sport dport stos dtos sdsb ddsb sttl dttl bytes
sbytes dbytes appbytes sappbytes dappbytes pkts spkts dpkts load sload dload loss sloss dloss ploss
sploss dploss rate srate drate srcid flgs smac dmac dir sintpkt dintpkt sintpktact dintpktact
sintpktidl dintpktidl sintpktmax sintpktmin dintpktmax dintpktmin sintpktactmax sintpktactmin
dintpktactmax dintpktactmin sintpktidlmax sintpktidlmin dintpktidlmax dintpktidlmin xxx sjit djit
sjitact djitact sjitidl djitidl state dldur dlstime dlltime dlspkt dldpkt dspkts ddpkts dsbytes
ddbytes pdspkts pddpkts pdsbytes pddbytes suser duser tcpext swin dwin jdelay ldelay seq bins binnum
smpls dmpls svlan dvlan svid dvid svpri dvpri sipid dipid srng erng stcpb dtcpb tcprtt inode stddev
rtime offset snet dnet sdur ddur stcpmax dtcpmax synack ackdat sstime sltime dstime dltime senc denc
spktsz smaxsz sminsz dpktsz dmaxsz dminsz sco dco shops dhops icmpid label sintdist dintdist
sintdistact dintdistact sintdistidl dintdistidl retrans sretrans dretrans pretrans spretrans
dpretrans nacks snacks dnacks pnacks spnacks dpnacks solo ssolo dsolo psolo spsolo dpsolo first
sfirst dfirst pfirst spfirst dpfirst autoid sas das ias cause bssid ssid nstroke snstroke dnstroke
smeansz dmeansz rank sum runtime idle tcpopt resp sgap dgap soui doui cor laddr raddr lnet rnet abr
pcr tf stf dtf ico
`.trim().split(/\s+/);

const BY_NAME = new Map<string, Field>();
for (
  const group of [
    TIME_FIELDS,
    ADDRESS_FIELDS,
    COUNTER_FIELDS,
    TCP_FIELDS,
    JITTER_FIELDS,
    GAP_HISTOGRAM_FIELDS,
    ATTRIBUTE_FIELDS,
    FLAG_FIELDS,
    STATE_FIELDS,
    AGGREGATION_FIELDS,
    UDT_FIELDS,
    CORRELATION_FIELDS,
    OTHER_FIELDS,
    EXTENSION_FIELDS,
  ]
) for (const f of group) BY_NAME.set(f.name, f);

/**
 * The field registry: one row per field, ra's in the order of its table, then the extensions. Printing, CSV headers, SQL, Parquet,
 * Arrow and IPFIX schemas and the reference page are all read from these rows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FIELDS } from "./registry.ts";
 *
 * assertEquals(FIELDS.find((f) => f.name === "spkts")?.ipfix?.name, "packetDeltaCount");
 * ```
 */
export const FIELDS: readonly Field[] = [
  ...ORDER.map((name) => BY_NAME.get(name)!),
  ...EXTENSION_FIELDS,
];

/** The field of a name, `undefined` when there is none. */
export function findField(name: string): Field | undefined {
  return BY_NAME.get(name);
}

/**
 * The field of a name.
 *
 * @throws {Problem} `unknown-name` when there is none.
 */
export function fieldOf(name: string): Field {
  const found = BY_NAME.get(name);
  if (found === undefined) {
    throw new Problem("unknown-name", `Expected the name of a field but found "${name}"`, {
      expected: "one of the names in docs/fields.md",
      found: name,
    });
  }
  return found;
}

/** What ra prints when it is not told otherwise (fields.md section 1). */
export const DEFAULT_FIELDS: readonly string[] = [
  "stime",
  "flgs",
  "proto",
  "saddr",
  "sport",
  "dir",
  "daddr",
  "dport",
  "pkts",
  "bytes",
  "state",
];
