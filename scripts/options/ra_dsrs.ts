import { Problem } from "../../lib/base/mod.ts";
import * as R from "../../lib/record/mod.ts";

/** Takes sections out of a record. */
export type Strip = (batch: R.RecordBatch, row: number) => void;

const clear = (flags: number): Strip => (batch, row) => {
  batch.words[row * R.WORDS + R.FLAGS]! &= ~flags;
};

const noMore = (...keys: (keyof R.More)[]): Strip => (batch, row) => {
  const more = batch.more?.get(row);
  if (more) { for (const key of keys) delete more[key]; }
};

/** Without aggregation section `trans` prints 0, as after racluster -M norep. */
const noAggregation: Strip = (batch, row) => {
  batch.words[row * R.WORDS + R.FLAGS]! |= R.FLAG_AGR;
  batch.agrBank().fill(0, row * R.AGR_DOUBLES, (row + 1) * R.AGR_DOUBLES);
};

const noUser = (side: 0 | 1): Strip => (batch, row) => {
  if (batch.user) batch.user[2 * row + side] = undefined;
};

/** How each section of ra(1) is taken out. */
const STRIPS: Readonly<Record<string, Strip>> = {
  trans: clear(R.FLAG_TRANSPORT),
  flow: (batch, row) => void (batch.words[row * R.WORDS + R.KEY_TYPE] = R.KEY_NONE),
  time: (batch, row) => void batch.doubles.fill(NaN, row * R.DOUBLES, row * R.DOUBLES + 4),
  metric: (batch, row) => {
    clear(R.FLAG_METRIC)(batch, row);
    noAggregation(batch, row);
  },
  agr: () => {},
  net: (batch, row) => void (batch.words[row * R.WORDS + R.NET] = R.NET_NONE),
  vlan: clear(R.FLAG_S_VLAN | R.FLAG_D_VLAN),
  mpls: clear(R.FLAG_S_MPLS | R.FLAG_D_MPLS),
  jitter: clear(R.FLAG_JITTER),
  ipattr: clear(R.FLAG_S_IP | R.FLAG_D_IP | R.FLAG_S_IPOPT | R.FLAG_D_IPOPT),
  psize: clear(R.FLAG_PSIZE),
  mac: clear(R.FLAG_MAC),
  icmp: clear(R.FLAG_ICMP_MAP),
  encaps: (batch, row) => {
    clear(R.FLAG_ENCAPS)(batch, row);
    batch.words[row * R.WORDS + R.S_ENCAPS] = batch.words[row * R.WORDS + R.D_ENCAPS] = 0;
  },
  behavior: noMore("strokes"),
  tadj: () => {},
  cor: noMore("cor"),
  cocode: noMore("countries"),
  asn: noMore("asn"),
  suser: noUser(0),
  duser: noUser(1),
  label: noMore("label"),
};

/**
 * Reads `-M dsrs=`: sections separated by commas; when the first begins with `-` all others stay, else only those named stay
 * (ra(1)).
 *
 * @throws {Problem} `unknown-name` for a section that does not exist.
 */
export function parseDsrs(list: string): Strip {
  const words = list.replaceAll(/["']/g, "").split(",").map((w) => w.trim()).filter((w) => w !== "");
  const gone = new Set<string>(/^[-+]/.test(words[0] ?? "-") ? [] : Object.keys(STRIPS));
  for (const word of words) {
    const name = word.replace(/^[-+]/, "");
    if (!(name in STRIPS)) {
      throw new Problem(
        "unknown-name",
        `Expected one of ${Object.keys(STRIPS).join(", ")} but found "${name}"`,
        { found: name },
      );
    }
    if (word.startsWith("-")) gone.add(name);
    else gone.delete(name);
  }
  const strips = [...gone].map((name) => STRIPS[name]!);
  // Statistics are those of the metric that is missing or was not asked for.
  if (gone.has("agr") && gone.has("metric") === false && !/^[-+]/.test(words[0] ?? "-")) {
    strips.push(noAggregation);
  }
  return (batch, row) => {
    if ((batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) !== 0) return;
    for (const strip of strips) strip(batch, row);
  };
}
