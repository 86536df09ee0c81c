/** The ways in which the clients are called. */
import type { Program } from "./programs.ts";

/** 38 fields: everything a table of flows usually has. */
export const MANY_FIELDS = [
  ..."stime ltime dur proto saddr sport dir daddr dport state flgs spkts dpkts sbytes dbytes sappbytes dappbytes"
    .split(" "),
  ..."stos dtos sttl dttl sloss dloss swin dwin tcprtt synack ackdat sjit djit smeansz dmeansz srate drate"
    .split(" "),
  ..."sload dload trans seq".split(" "),
];

/** One call: a program and its options. */
export interface Call {
  readonly program: Program;
  readonly options: readonly string[];
}

const call = (program: Program, text: string, fields: readonly string[] = []): Call => ({
  program,
  options: [...text.split(" ").filter((w) => w !== ""), ...fields],
});

/** What is asked of every file. */
export const CALLS: readonly Call[] = [
  call("ra", "-n -u -c , -p 6 -s", MANY_FIELDS),
  call("ra", "-X -n -u -p 9 -c , -s", [
    ..."srcid smac dmac svlan dvlan smpls dmpls sid did stcpb dtcpb stcpmax tcpopt".split(" "),
    ..."inode offset sgap dgap smaxsz sminsz dmaxsz dminsz senc denc runtime".split(" "),
  ]),
  call("ra", ""),
  call("ra", "-n -Z b"),
  call("ra", "-nn -z -p 3"),
  call("racluster", "-n -u -c , -s", MANY_FIELDS),
  call("racluster", "-M correct -n -u -c , -s", MANY_FIELDS),
  call("racluster", "-n -m saddr"),
  call("racluster", "-n -u -m proto daddr dport -c , -s", MANY_FIELDS),
];

/** What is asked of the file that our argus wrote: management records, whose clock is that of the run, are left out by -X. */
export const OF_OURS: readonly Call[] = [
  call("ra", "-X -n -u -c , -s", MANY_FIELDS),
  call("ra", "-X"),
  call("racluster", "-X -M correct -n -u -c , -s", MANY_FIELDS),
];
