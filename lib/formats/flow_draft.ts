import { parseIpv4, parseIpv6, parseMac, Problem } from "../base/mod.ts";
import * as R from "../record/mod.ts";

const ICMP = 1, TCP = 6, ICMP6 = 58;

/** TCP flag bits of the header. */
export const FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20, ECE = 0x40, CWR = 0x80;

/**
 * One flow as read from text, before it becomes a row. Reused for every line: {@linkcode reset} first, then
 * fill in what the line says, then {@linkcode addTo} a batch.
 */
export class FlowDraft {
  saddr = "";
  daddr = "";
  /** Number or name of the IP protocol, or a word such as `arp`. */
  proto = "";
  sport = 0;
  dport = 0;
  icmpType = -1;
  icmpCode = 0;
  icmpId = 0;
  /** Microseconds since 1970; `NaN` when not known. */
  start = NaN;
  end = NaN;
  dstart = NaN;
  dend = NaN;
  /** Microseconds; used when the end is not known. */
  duration = NaN;
  spkts = 0;
  dpkts = 0;
  sbytes = 0;
  dbytes = 0;
  sapp = 0;
  dapp = 0;
  /** OR of the TCP flags of a side; -1 when not known. */
  sflags = -1;
  dflags = -1;
  /** TCP status bits beyond what the flags tell. */
  status = 0;
  seq = 0;
  sttl = -1;
  dttl = -1;
  stos = 0;
  dtos = 0;
  svlan = -1;
  dvlan = -1;
  sloss = 0;
  dloss = 0;
  smac = "";
  dmac = "";
  label = "";
  cause = 0;
  why = R.END_UNKNOWN;
  /** The line is no flow after all. */
  skip = false;

  /** Back to the state in which nothing is known. */
  reset(): void {
    Object.assign(this, BLANK);
  }

  /**
   * Appends the flow to the batch.
   *
   * @throws {Problem} `bad-value` when addresses, protocol or times make no flow.
   */
  addTo(batch: R.RecordBatch): void {
    const { type, saddr, daddr } = addresses(this.saddr, this.daddr);
    const arp = this.proto === "arp" || this.proto === "rarp";
    const proto = arp ? 0 : protocol(this.proto, type);
    if (Number.isNaN(this.start)) throw new Problem("bad-value", "Expected a start time but found none");
    const row = batch.addBlank();
    const words = batch.words, w = row * R.WORDS, d = row * R.DOUBLES;
    words.set(saddr, w + R.SADDR);
    words.set(daddr, w + R.DADDR);
    words[w + R.KEY_TYPE] = arp ? (type === R.KEY_ETHER ? R.KEY_RARP : R.KEY_ARP) : type;
    words[w + R.PROTO] = arp ? (type === R.KEY_ETHER ? 0x8035 : 0x0806) : proto;
    this.#ports(words, w, proto);
    words[w + R.SEQ] = this.seq;
    words[w + R.CAUSE] = this.cause || R.CAUSE_START;
    words[w + R.WHY] = this.why;
    // What another tool or a reader wrote was already turned the way it believed in.
    let flags = R.FLAG_TIME | R.FLAG_METRIC | R.FLAG_TRANSPORT | R.FLAG_CORRECTED;
    if (this.sapp !== 0 || this.dapp !== 0) flags |= R.FLAG_APPBYTES;
    flags |= this.#attributes(words, w);
    words[w + R.FLAGS] = flags;
    if (proto === TCP && (type === R.KEY_IPV4 || type === R.KEY_IPV6)) this.#tcp(words, w);
    batch.doubles.set(
      [this.start, this.#end(), this.dstart, this.dend, this.spkts, this.dpkts],
      d + R.S_START,
    );
    batch.doubles.set([this.sbytes, this.dbytes, this.sapp, this.dapp], d + R.S_BYTES);
    if (this.label !== "") batch.moreOf(row).label = this.label;
  }

  #end(): number {
    if (!Number.isNaN(this.end)) return this.end;
    return Number.isNaN(this.duration) ? this.start : this.start + this.duration;
  }

  #ports(words: Int32Array, w: number, proto: number): void {
    const icmp = this.icmpType >= 0 && (proto === ICMP || proto === ICMP6);
    if (icmp && proto === ICMP) {
      words[w + R.SPORT] = (this.icmpType & 255) | ((this.icmpCode & 255) << 8);
      words[w + R.DPORT] = this.icmpId;
    } else {
      words[w + R.SPORT] = icmp ? this.icmpType : this.sport;
      words[w + R.DPORT] = icmp ? this.icmpCode : this.dport;
    }
  }

  #attributes(words: Int32Array, w: number): number {
    let flags = 0;
    if (this.sttl >= 0) {
      flags |= R.FLAG_S_IP;
      words[w + R.S_IP] = (this.sttl << 24) | ((this.stos & 255) << 16);
    }
    if (this.dttl >= 0) {
      flags |= R.FLAG_D_IP;
      words[w + R.D_IP] = (this.dttl << 24) | ((this.dtos & 255) << 16);
    }
    if (this.svlan >= 0 || this.dvlan >= 0) {
      flags |= (this.svlan >= 0 ? R.FLAG_S_VLAN : 0) | (this.dvlan >= 0 ? R.FLAG_D_VLAN : 0);
      words[w + R.VLAN] = (Math.max(0, this.svlan) << 16) | Math.max(0, this.dvlan);
    }
    const smac = parseMac(this.smac), dmac = parseMac(this.dmac);
    if (smac && dmac) {
      flags |= R.FLAG_MAC;
      words[w + R.MAC] = dmac[0];
      words[w + R.MAC + 1] = dmac[1] | (smac[0] >>> 16);
      words[w + R.MAC + 2] = (smac[0] << 16) | (smac[1] >>> 16);
    }
    return flags;
  }

  /** TCP section in the short form that holds status and flags, or the full one when losses are known. */
  #tcp(words: Int32Array, w: number): void {
    const s = Math.max(0, this.sflags), d = Math.max(0, this.dflags);
    if (this.sflags < 0 && this.dflags < 0 && this.status === 0) return;
    let status = this.status;
    if (s & SYN && (this.dpkts > 0 || (s & ACK) === 0 || this.dflags < 0)) status |= R.TCP_SYN;
    if ((d & (SYN | ACK)) === (SYN | ACK)) status |= R.TCP_SYNACK;
    if (status & R.TCP_SYNACK && s & ACK) status |= R.TCP_EST;
    if ((s | d) & FIN) status |= R.TCP_FIN;
    if (s & d & FIN) status |= R.TCP_FINACK;
    if (s & RST) status |= R.TCP_S_RST;
    if (d & RST) status |= R.TCP_D_RST;
    const lost = this.sloss > 0 || this.dloss > 0;
    words[w + R.NET] = lost ? R.NET_TCP_PERF : R.NET_TCP_STATUS;
    words[w + R.TCP_STATUS] = status | (this.sloss > 0 ? R.TCP_S_RETRANS : 0) |
      (this.dloss > 0 ? R.TCP_D_RETRANS : 0);
    words[w + R.SIDE + R.T_FLAGS] = s;
    words[w + R.DSIDE + R.T_FLAGS] = d;
    if (!lost) return;
    // A state of zero would make readers print no loss.
    words[w + R.TCP_STATE] = 4;
    words[w + R.SIDE + R.T_RETRANS] = this.sloss;
    words[w + R.DSIDE + R.T_RETRANS] = this.dloss;
  }
}

const BLANK = { ...new FlowDraft() };

function addresses(s: string, d: string): { type: number; saddr: number[]; daddr: number[] } {
  const s4 = parseIpv4(s), d4 = parseIpv4(d);
  if (s4 !== undefined && d4 !== undefined) return { type: R.KEY_IPV4, saddr: [s4], daddr: [d4] };
  const s6 = parseIpv6(s), d6 = parseIpv6(d);
  if (s6 && d6) return { type: R.KEY_IPV6, saddr: s6, daddr: d6 };
  const sm = macOf(s), dm = macOf(d);
  if (sm && dm) return { type: R.KEY_ETHER, saddr: sm, daddr: dm };
  throw new Problem("bad-value", `Expected two addresses of one kind but found "${s}" and "${d}"`);
}

function macOf(text: string): [number, number] | undefined {
  return text === "Broadcast" ? [-1, -65536] : parseMac(text);
}

/**
 * Names of protocols that other tools use beside those of the protocol table; most of them nfdump's (1.7.1).
 */
const OTHER_NAMES = new Map(
  ("icmp6=58 icmpv6=58 ipv6-icmp=58 ipv6-*=58 rtp=17 rtcp=17 udt=17 st=5 bbn=10 nvpii=11 encom=14 xns=22 trnk1=23 trnk2=24 " +
    "leaf1=25 leaf2=26 iso-4=29 netbk=30 mfesp=31 meinp=32 dccp=33 rte6=43 frag6=44 inlsp=52 mobil=55 nohe6=59 opts6=60 " +
    "host=61 net=63 satnt=64 klan=65 fs=68 satm=69 bsatm=76 sunnd=77 wbmon=78 wbexp=79 isoip=80 svmtp=82 nsigp=85 s-rpc=90 " +
    "os=94 sccsp=96 ethip=97 ipcmp=108 cpqpp=110 ipxip=111 0hop=114 isis4=124 mhead=135 udp-l=136 mpls=137")
    .split(" ").map((pair) =>
      [pair.slice(0, pair.indexOf("=")), Number(pair.slice(pair.indexOf("=") + 1))] as const
    ),
);

function protocol(text: string, type: number): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (type === R.KEY_ETHER) return 0;
  const name = text.toLowerCase();
  const number = OTHER_NAMES.get(name) ?? R.protocolNumber(name);
  if (number === undefined) throw new Problem("bad-value", `Expected a protocol but found "${text}"`);
  return number;
}
