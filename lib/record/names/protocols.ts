/**
 * Names of IP protocols as ra 3.0.8.2 prints them (observed; fields.md section 5). Most are IANA's, some are the program's own.
 *
 * @module
 */

const TABLE = `
0=ip 1=icmp 2=igmp 3=ggp 4=ipnip 5=st2 6=tcp 7=cbt 8=egp 9=igp 10=bbn-rcc 11=nvp 12=pup 13=argus
14=emcon 15=xnet 16=chaos 17=udp 18=mux 19=dcn 20=hmp 21=prm 22=xns-idp 23=trunk-1 24=trunk-2 25=leaf-1
26=leaf-2 27=rdp 28=irtp 29=iso-tp4 30=netblt 31=mfe-nsp 32=merit-inp 33=sep 34=3pc 35=idpr 36=xtp
37=ddp 38=idpr-cmtp 39=tp++ 40=il 41=ipv6 42=sdrp 43=ipv6-route 44=ipv6-frag 45=idrp 46=rsvp 47=gre
48=mhrp 49=bna 50=esp 51=ah 52=i-nlsp 53=swipe 54=narp 55=mobile 56=tlsp 57=skip 58=ipv6-icmp 59=ipv6-no
60=ipv6-opts 61=any 62=cftp 63=any 64=sat-expak 65=kryptolan 66=rvd 67=ippc 68=any 69=sat-mon 70=visa
71=ipcv 72=cpnx 73=cphb 74=wsn 75=pvp 76=br-sat-mon 77=sun-nd 78=wb-mon 79=wb-expak 80=iso-ip 81=vmtp
82=secure-vmtp 83=vines 84=ttp 85=nsfnet-igp 86=dgp 87=tcf 88=eigrp 89=ospf 90=sprite-rpc 91=larp 92=mtp
93=ax.25 94=ipip 95=micp 96=aes-sp3-d 97=etherip 98=encap 99=pri-enc 100=gmtp 101=ifmp 102=pnni 103=pim
104=aris 105=scps 106=qnx 107=a/n 108=ipcomp 109=snp 110=compaq-peer 111=ipx-n-ip 112=vrrp 113=pgm
114=zero 115=l2tp 116=ddx 117=iatp 118=stp 119=srp 120=uti 121=smp 122=sm 123=ptp 124=isis 125=fire
126=crtp 127=crudp 128=sccopmce 129=iplt 130=sps 131=pipe 132=sctp 133=fc 134=rsvp 253=ib
`;

const NAMES: string[] = new Array<string>(256).fill("unas");
const NUMBERS = new Map<string, number>();
for (const pair of TABLE.trim().split(/\s+/)) {
  const at = pair.indexOf("=");
  const number = Number(pair.slice(0, at)), name = pair.slice(at + 1);
  NAMES[number] = name;
  if (!NUMBERS.has(name)) NUMBERS.set(name, number);
}

/** Name of an IP protocol; `unas` when it has none. */
export function protocolName(number: number): string {
  return NAMES[number & 255]!;
}

/**
 * Number of an IP protocol by its printed name, `undefined` when there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { protocolName, protocolNumber } from "./protocols.ts";
 *
 * assertEquals(protocolNumber("tcp"), 6);
 * assertEquals(protocolName(132), "sctp");
 * ```
 */
export function protocolNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}
