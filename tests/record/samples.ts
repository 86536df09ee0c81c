import { ArgusWriter } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";

/** A moment all samples are near, microseconds. */
const T = 1_000_000_000_000_000;

/** Raw rows of many kinds, as a meter would emit them; every one is invented. */
export function samples(): R.RecordBatch {
  const batch = new R.RecordBatch(16);
  let seq = 0;
  const add = (
    key: number,
    proto: number,
    ports: readonly [number, number],
    counters: readonly [number, number, number, number, number, number],
    times: readonly [number, number],
    flags = 0,
    cause = R.CAUSE_START,
  ): number => {
    const row = batch.addBlank(), w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words;
    words[w + R.KEY_TYPE] = key;
    words[w + R.SADDR] = key === R.KEY_IPV6 ? 0x20010db8 : 0x0a000001;
    words[w + R.DADDR] = key === R.KEY_IPV6 ? 0x20010db8 : 0xc0a80704 | 0;
    if (key === R.KEY_IPV6) words[w + R.SADDR + 3] = 1, words[w + R.DADDR + 3] = 0x20002;
    words[w + R.PROTO] = proto;
    words[w + R.SPORT] = ports[0];
    words[w + R.DPORT] = ports[1];
    words[w + R.FLAGS] = R.FLAG_TIME | R.FLAG_METRIC | R.FLAG_APPBYTES | R.FLAG_TRANSPORT | R.FLAG_ENCAPS |
      R.FLAG_S_IP |
      (counters[1] > 0 ? R.FLAG_D_IP : 0) | flags;
    words[w + R.CAUSE] = cause;
    words[w + R.SEQ] = ++seq;
    words[w + R.S_ENCAPS] = words[w + R.D_ENCAPS] = R.ENCAPS_ETHER;
    words[w + R.S_IP] = 61 << 24 | 40 << 16 | 0x1234;
    words[w + R.D_IP] = 128 << 24 | 0xcafe;
    [0, 1, 2, 3, 4, 5].forEach((i) => batch.doubles[d + R.S_PKTS + i] = counters[i]!);
    batch.doubles[d + R.S_START] = T + times[0];
    batch.doubles[d + R.S_END] = T + times[1];
    return row;
  };
  const tcp = (row: number, status: number, sflags: number, dflags: number) => {
    const w = row * R.WORDS, words = batch.words;
    words[w + R.NET] = R.NET_TCP_PERF;
    words[w + R.TCP_STATUS] = status;
    words[w + R.SYNACK] = 20_000;
    words[w + R.ACKDAT] = 1_234;
    words[w + R.TCP_OPTIONS] = R.OPT_MSS | R.OPT_WSCALE | R.OPT_TIMESTAMP;
    [[R.SIDE, sflags, 1000], [R.DSIDE, dflags, 4_000_000_000 | 0]].forEach(([side, flags, base]) => {
      words[w + side! + R.T_FLAGS] = flags!;
      words[w + side! + R.T_SEQBASE] = base!;
      words[w + side! + R.T_SEQ] = base! + 501;
      words[w + side! + R.T_BYTES] = 500;
      words[w + side! + R.T_WIN] = 512;
      words[w + side! + R.T_SHIFT] = 7;
    });
    return row;
  };
  tcp(add(R.KEY_IPV4, 6, [40000, 80], [5, 3, 2800, 1820, 100, 200], [0, 520_001]), 0x1f, 0x1b, 0x1b);
  const lossy = tcp(
    add(
      R.KEY_IPV4,
      6,
      [443, 50000],
      [900, 1100, 98_765, 1_234_567, 9_000, 1_100_000],
      [1e6, 9.5e6],
      0,
      R.CAUSE_STATUS,
    ),
    0x10304,
    0x18,
    0x18,
  );
  batch.words[lossy * R.WORDS + R.SIDE + R.T_RETRANS] = 3;
  batch.words[lossy * R.WORDS + R.DSIDE + R.T_RETRANS] = 11;
  tcp(add(R.KEY_IPV4, 6, [40001, 22], [1, 0, 54, 0, 0, 0], [2e6, 2e6]), 0x3001, 0x06, 0);
  tcp(add(R.KEY_IPV6, 6, [33000, 25], [4, 4, 400, 404, 20, 30], [3e6, 3.25e6]), 0x7, 0x12, 0x12);
  tcp(add(R.KEY_IPV4, 6, [80, 41000], [2, 3, 180, 250, 6, 9], [4e6, 4.1e6]), 0x6, 0x12, 0x10);
  add(R.KEY_IPV4, 17, [5353, 53], [1, 1, 72, 122, 30, 80], [5e6, 5.02e6]);
  add(R.KEY_IPV6, 17, [0, 65535], [2, 0, 200, 0, 90, 0], [6e6, 6.000007e6], 0, R.CAUSE_STATUS);
  add(R.KEY_IPV4, 1, [0x0008, 77], [1, 1, 98, 98, 64, 64], [7e6, 7.01e6]);
  add(R.KEY_IPV4, 1, [0x0303, 6], [1, 0, 70, 0, 8, 0], [8e6, 8e6]);
  add(R.KEY_IPV6, 58, [128, 0], [3, 3, 300, 300, 90, 90], [9e6, 11e6]);
  const esp = add(R.KEY_IPV4, 50, [0, 0x1234], [2, 0, 124, 0, 56, 0], [12e6, 12.5e6]);
  batch.words[esp * R.WORDS + R.NET] = R.NET_ESP;
  batch.words[esp * R.WORDS + R.TCP_STATUS] = 0x10;
  batch.words[esp * R.WORDS + R.ESP_LOST] = 4;
  add(R.KEY_IPV4, 132, [0, 0], [1, 2, 66, 132, 12, 24], [13e6, 13.5e6]);
  const vlan = add(
    R.KEY_IPV4,
    17,
    [1111, 2222],
    [2, 2, 114, 116, 22, 24],
    [14e6, 14.5e6],
    R.FLAG_S_VLAN | R.FLAG_MAC | R.FLAG_PSIZE,
  );
  batch.words[vlan * R.WORDS + R.VLAN] = 0xa005 << 16;
  batch.words[vlan * R.WORDS + R.S_ENCAPS] = R.ENCAPS_ETHER | R.ENCAPS_8021Q;
  batch.words.set([0x02000000, 0x0002ffff | 0, 0xffffffff | 0], vlan * R.WORDS + R.MAC);
  batch.words[vlan * R.WORDS + R.S_PSIZE] = 50 << 16 | 64;
  batch.words[vlan * R.WORDS + R.D_PSIZE] = 58 << 16 | 58;
  return batch;
}

/** The samples as an Argus file. */
export function sampleFile(): Uint8Array {
  const writer = new ArgusWriter();
  writer.begin({ startSec: 1_000_000_000, nowSec: 1_000_000_000 });
  writer.writeBatch(samples());
  return writer.end({ startSec: 1_000_000_000, nowSec: 1_000_000_100 });
}

/** Command lines whose output is kept as golden text; each starts from `ra -X`. */
export const COMMANDS: Readonly<Record<string, string>> = {
  "default": "",
  "numbers": "-n -u -p 3",
  "csv":
    "-nn -c , -Z b -s stime ltime dur proto saddr sport dir daddr dport state spkts dpkts sappbytes srate dload load rate",
  "tcp":
    "-c ; -s swin dwin stcpb dtcpb tcprtt synack ackdat stcpmax dtcpmax tcpopt sgap dgap sloss dloss ploss flgs state -z",
  "attributes":
    "-s sttl dttl stos sdsb sipid dipid shops dhops svid svlan smac dmac smaxsz dminsz senc smeansz pcr stf",
  "widths":
    "-s stime:9 saddr:7 sport:3 daddr:30 dport:4 dir:3 bytes:4 flgs:4 state:4 proto:2 dur:4 suser:5 rank xxx trans",
  "human": "-H -p 1 -s pkts bytes load rate smeansz swin sgap",
  "repeated-titles": "-L 5 -s seq proto",
  "no-titles": "-L -1 -s seq proto",
};
