/**
 * Names of Ethernet types and of LLC service access points as ra 3.0.8.2 prints them (observed; fields.md section 5).
 *
 * @module
 */

/** First type, "-" and last type where a range shares the name. */
const TYPES = `
65535=* 2048=ip 2054=arp 32821=rarp 1536=idp 1632-1633=dlog 2049=x75 2050=nbs 2051=ecma 2052=chaos 2053=x25
2055=xnscp 2056=frarp 2076=symbl 2184-2186=xyplx 2304=ubdeb 2560=pup.3 2561=pupat 2989=vines 2990=vinlb
2991=vinec 4096=brktn 4097-4111=brkte 5632=valid 6532=train 8192=cdp 8193=cgmp 8195=vtp 9298=cent
15367=nbp 16962=pcs 21000=bbn 24576=decun 24577=decdl 24578=decrc 24579=decro 24580=lat 24581=decdp
24582=deccp 24583=lavc 24584-24585=decun 24586-24596=3com 25945=rawfr 28672=dbdwn 28674=ubdia
28704-28713=lrt 28720=prote 28724=cable 32771=cronv 32772=crond 32773=hppro 32774=nesta 32776=att
32784=excel 32787=sgid 32788=sging 32789=sgres 32790=sgibs 32793=apld 32815=tym 32816=tigan 32822=aeon
32824=declb 32825-32828=decun 32829=decee 32830=decun 32831=dectm 32832-32834=decun 32836=plan
32838-32839=att 32841=expd 32859=Vexp 32860=Vprod 32861=es 32864=ltlm 32866=count 32869-32870=um
32871=veeco 32872=gd 32873=att 32874=autop 32876=comd 32877=comgr 32878-32887=land 32890=matra
32891=dansk 32892=merit 32893-32896=vtlnk 32897-32899=count 32923=atalk 32924-32926=data 32927=spidr
32931=nix 32932-32947=siem 32960-32963=dcaex 32964-32965=ban 32966=pacer 32967=appli 32968-32972=intrg
32973-32974=haris 32975-32978=taylr 32979-32980=rose 32981=sna 32989=varin 32990-32991=trfs
32992-32995=allen 32996-33008=data 33010=retix 33011=aarp 33012-33013=kinet 33015=aplo 33023=wcp
33024-33027=well 33031-33033=symbl 33072=hayes 33073=vglab 33074-33078=brdg 33079-33080=ipx/spx
33081-33085=kti 33096=logic 33097=ncd 33098=alpha 33100=snmp 33101=biin 33103=elite 33104=ratnl
33105-33107=qual 33108-33110=cprot 33124-33126=crd 33149=xtp 33150=sgitw 33152=hippi 33153=stp
33154-33155=h6400 33156-33164=sgi 33165=mot 33178-33187=qual 33188=arai 33189-33198=rad
33207-33209=xyplx 33228-33237=apri 33238-33245=arti 33254-33263=poly 33264-33266=comst 33267-33269=saic
33270-33272=vg 33277=ismp 33283-33285=quant 33313-33314=ascom 33342-33344=aes 33379-33386=crd
33407-33410=athen 33434-33435=iiit 33436-33451=tarus 33452-34451=wrq 34452-34461=ideac 34462-34465=cnt
34467-34476=gtway 34523=sectr 34526=delta 34527=atom 34528-34543=lgp 34560-34576=mot 34605=cwl
34667=compr 34668=ipas 34669=sdata 34824=mac 34825=slow 34827=ppp 34915-34916=pppoe 34925=ans 34927=nlb
34945=cdma 34958=eapol 34962=prof 34970=hscsi 34971=csm 34978=aoe 34990=brd 34999=oui 35000-35002=gse
35015=rsn 35018=tipc 35020=lldp 35026=3gpp 35478-35479=invis 36864=loop 36865=xnssm 36866=3coms
36867=3coml 36897=rtmac 36898=rtcfg 64764=fcft 65280-65295=ramo
`;

const SAPS = `
2=gsap 3=isap 4=snapath 6=ipsap 8=sna1 12=sna2 14=p-nm 24=ti 66=stp 78=eia 126=x25 128=xns 134=nestar
142=p-aslm 152=arp 170=snap 186=vine1 188=vine2 224=netware 240=netbios 244=ibmnm 248=rpl1 250=ub
252=rpl2 254=clns 255=gbl
`;

const TYPE_NAMES = new Map<number, string>();
for (const pair of TYPES.trim().split(/\s+/)) {
  const at = pair.indexOf("=");
  const [first, last = first] = pair.slice(0, at).split("-");
  for (let t = Number(first); t <= Number(last); t++) TYPE_NAMES.set(t, pair.slice(at + 1));
}
const SAP_NAMES = new Map(
  SAPS.trim().split(/\s+/).map((pair) => {
    const at = pair.indexOf("=");
    return [Number(pair.slice(0, at)), pair.slice(at + 1)] as const;
  }),
);

/**
 * Name of an Ethernet type; `unknown` when it has none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { etherTypeName } from "./ethertypes.ts";
 *
 * assertEquals(etherTypeName(0x88cc), "lldp");
 * ```
 */
export function etherTypeName(type: number): string {
  return TYPE_NAMES.get(type) ?? "unknown";
}

/** Name of an LLC service access point; nothing for 0 (NULL), `0x%02x` when it has no name. */
export function sapName(sap: number): string {
  return sap === 0 ? "" : SAP_NAMES.get(sap) ?? `0x${sap.toString(16).padStart(2, "0")}`;
}
