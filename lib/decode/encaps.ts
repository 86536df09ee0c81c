/**
 * Encapsulation, IP option and TCP option bits: the values that a record carries. Decoding stands above the record room, so they
 * are declared here and a test keeps them equal to `lib/record/layout.ts`.
 *
 * @module
 */

export const ENCAPS_ETHER = 1 << 1;
export const ENCAPS_MPLS = 1 << 0;
export const ENCAPS_8021Q = 1 << 2;
export const ENCAPS_LLC = 1 << 3;
export const ENCAPS_PPP = 1 << 4;
export const ENCAPS_ISL = 1 << 5;
export const ENCAPS_GRE = 1 << 6;
export const ENCAPS_AH = 1 << 7;
export const ENCAPS_IPNIP = 1 << 8;
export const ENCAPS_IPNIP6 = 1 << 9;
export const ENCAPS_HDLC = 1 << 10;
export const ENCAPS_CHDLC = 1 << 11;
export const ENCAPS_SLL = 1 << 13;
export const ENCAPS_FDDI = 1 << 14;
export const ENCAPS_SLIP = 1 << 15;
export const ENCAPS_WLAN = 1 << 17;
export const ENCAPS_PRISM = 1 << 18;
export const ENCAPS_AVS = 1 << 19;
export const ENCAPS_TEREDO = 1 << 22;
export const ENCAPS_VXLAN = 1 << 28;
export const ENCAPS_JUNIPER = 1 << 25;
export const ENCAPS_ERSPAN = 1 << 26;
export const ENCAPS_GENEVE = 1 << 29;
export const ENCAPS_GTPU = 1 << 30;

/** IP option bits of a record (fields.md section 6, seen in the binary stream). */
export const IPOPT_RECORD_ROUTE = 0x01;
export const IPOPT_TIMESTAMP = 0x02;
export const IPOPT_SECURITY = 0x04;
export const IPOPT_LOOSE_ROUTE = 0x08;
export const IPOPT_SATNET = 0x10;
export const IPOPT_STRICT_ROUTE = 0x20;
export const IPOPT_ROUTER_ALERT = 0x40;

export const OPT_MSS = 0x00100000;
export const OPT_WSCALE = 0x00200000;
export const OPT_SACKOK = 0x00400000;
export const OPT_SACK = 0x00800000;
export const OPT_ECHO = 0x01000000;
export const OPT_ECHOREPLY = 0x02000000;
export const OPT_TIMESTAMP = 0x04000000;
export const OPT_CC = 0x08000000;
export const OPT_CCNEW = 0x10000000;
export const OPT_CCECHO = 0x20000000;
