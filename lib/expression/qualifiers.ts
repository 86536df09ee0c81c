/**
 * What the qualifiers of the language compare (filter.md section 5, checked with `ra -b`).
 *
 * @module
 */
import * as R from "../record/mod.ts";
import type { IntegerLoad, RealLoad } from "./loads.ts";

/** Encapsulations by name (bits observed with `ra -b`; `ipnip6` tests the bit of `ipnip` there). */
export const ENCAPSULATIONS: Readonly<Record<string, number>> = {
  mpls: R.ENCAPS_MPLS,
  eth: R.ENCAPS_ETHER,
  ether: R.ENCAPS_ETHER,
  "802q": R.ENCAPS_8021Q,
  llc: R.ENCAPS_LLC,
  pppoe: R.ENCAPS_PPP,
  isl: R.ENCAPS_ISL,
  gre: R.ENCAPS_GRE,
  ah: R.ENCAPS_AH,
  ipnip: R.ENCAPS_IPNIP,
  ipnip6: R.ENCAPS_IPNIP,
  hdlc: R.ENCAPS_HDLC,
  chdlc: R.ENCAPS_CHDLC,
  atm: R.ENCAPS_ATM,
  sll: R.ENCAPS_SLL,
  fddi: R.ENCAPS_FDDI,
  slip: R.ENCAPS_SLIP,
  arc: R.ENCAPS_ARCNET,
  arcnet: R.ENCAPS_ARCNET,
  wlan: R.ENCAPS_WLAN,
  prism: R.ENCAPS_PRISM,
  avs: R.ENCAPS_AVS,
  lrh: 1 << 20,
  grh: 1 << 21,
  teredo: R.ENCAPS_TEREDO,
  udt: 1 << 23,
  ipsec: 1 << 24,
  juniper: R.ENCAPS_JUNIPER,
  erspan: R.ENCAPS_ERSPAN,
};

/** Counters and attributes that compare a whole number on each side. */
export const SIDE_LOADS: Readonly<Record<string, readonly [IntegerLoad, IntegerLoad]>> = {
  pkts: ["spkts", "dpkts"],
  pkt: ["spkts", "dpkts"],
  bytes: ["sbytes", "dbytes"],
  byte: ["sbytes", "dbytes"],
  appbytes: ["sappbytes", "dappbytes"],
  data: ["sappbytes", "dappbytes"],
  base: ["sbase", "dbase"],
  tcpb: ["sbase", "dbase"],
};

export const REAL_SIDES: Readonly<Record<string, readonly [RealLoad, RealLoad]>> = {
  rate: ["srate", "drate"],
  load: ["sload", "dload"],
  ploss: ["zero", "zero"],
};

export const JITTER_SIDES: Readonly<Record<string, readonly [RealLoad, RealLoad]>> = {
  intpkt: ["sintpktact", "dintpktact"],
  inter: ["sintpktact", "dintpktact"],
  intpktact: ["sintpktact", "dintpktact"],
  intpktidle: ["sintpktidl", "dintpktidl"],
  jit: ["sjitact", "djitact"],
  jitter: ["sjitact", "djitact"],
  jitact: ["sjitact", "djitact"],
  jitidle: ["sjitidl", "djitidl"],
};
