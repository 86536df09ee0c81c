import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { readArgus, type ReadFlowsOptions, readFlowText } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { realTest, run } from "./real_programs.ts";

/** What a row says, in words. */
function flow(batch: R.RecordBatch, row: number) {
  const w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words, doubles = batch.doubles;
  return {
    from: `${R.addressText(batch, row, R.SADDR)}:${words[w + R.SPORT]}`,
    to: `${R.addressText(batch, row, R.DADDR)}:${words[w + R.DPORT]}`,
    proto: words[w + R.PROTO],
    times: [...doubles.slice(d, d + 4)].filter((t) => !Number.isNaN(t)),
    packets: [doubles[d + R.S_PKTS], doubles[d + R.D_PKTS]],
    bytes: [doubles[d + R.S_BYTES], doubles[d + R.D_BYTES]],
    app: [doubles[d + R.S_APP], doubles[d + R.D_APP]],
    flags: [words[w + R.SIDE + R.T_FLAGS], words[w + R.DSIDE + R.T_FLAGS]],
    dir: R.direction(batch, row).trim(),
    end: R.endReason(batch, row),
  };
}

async function read(text: string | Uint8Array, options: ReadFlowsOptions = {}) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const problems: Problem[] = [];
  const flows: ReturnType<typeof flow>[] = [];
  const source = readFlowText(bytes, { onProblem: (p) => problems.push(p), name: "flows.txt", ...options });
  for await (const batch of source) {
    for (let row = 0; row < batch.length; row++) flows.push(flow(batch, row));
  }
  return { flows, problems };
}

Deno.test("ra CSV by title, with numbers of every kind", async () => {
  const { flows, problems } = await read(
    "StartTime,LastTime,Flgs,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,SrcPkts,DstPkts,SrcBytes,DstBytes,State\n" +
      "1433444705.100000,1433444706.250000, e        ,tcp,10.0.0.1,40000,   ->,10.0.0.2,http,5,4,500,400,FSPA_FSA\n" +
      "1433444707.000000,1433444707.000000, e        ,icmp,10.0.0.1,0x0103,   ->,10.0.0.2,0x4d00,1,0,70,0,UR\n" +
      "1433444708.000000,1433444708.000000, e        ,tcp,10.0.0.1,40000,   ?>,10.0.0.2,80,1,0,66,0,PA_\n",
  );
  assertEquals(problems, []);
  assertEquals(flows[0], {
    from: "10.0.0.1:40000",
    to: "10.0.0.2:80",
    proto: 6,
    times: [1433444705_100000, 1433444706_250000],
    packets: [5, 4],
    bytes: [500, 400],
    app: [0, 0],
    flags: [0x1b, 0x13],
    dir: "->",
    end: "unknown",
  });
  assertEquals([flows[1]!.from, flows[1]!.to], ["10.0.0.1:259", "10.0.0.2:77"]);
  assertEquals(flows[2]!.dir, "?>");
});

Deno.test("ra text by field name, tab separated, totals only, a record of the other direction", async () => {
  const { flows } = await read(
    "stime\tdur\tproto\tsaddr\tsport\tdir\tdaddr\tdport\tpkts\tbytes\tstate\n" +
      "01:00:00.500000\t2.5\tudp\t2001:db8::1\t5\t  <->\t2001:db8::2\t53\t7\t700\tCON\n" +
      "01:00:01.000000\t0\ttcp\t10.0.0.9\t80\t  <-\t10.0.0.1\t999\t2\t120\tCON\n",
  );
  assertEquals(flows[0]!.times, [3600_500000, 3603_000000]);
  assertEquals([flows[0]!.packets, flows[0]!.bytes], [[7, 0], [700, 0]]);
  assertEquals([flows[1]!.from, flows[1]!.to, flows[1]!.packets], ["10.0.0.1:999", "10.0.0.9:80", [0, 2]]);
});

const ZEEK = String.raw`#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	conn
#open	2019-01-01-00-00-00
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	local_orig	local_resp	missed_bytes	history	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes	tunnel_parents
#types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	bool	bool	count	string	count	count	count	count	set[string]
1300475167.096535	CIpOBj	141.142.220.202	5353	224.0.0.251	5353	udp	dns	-	-	-	S0	-	-	0	D	1	73	0	0	(empty)
1300475168.402480	CSrNTB	141.142.220.50	48649	208.80.152.118	80	tcp	http	0.120104	525	232	SF	-	-	0	ShADadFf	4	741	3	396	-
1300475169.000000	Cicmp1	10.0.0.1	8	10.0.0.2	0	icmp	-	0.5	56	56	OTH	-	-	0	-	1	84	1	84	-
#close	2019-01-01-00-00-10
`;

Deno.test("Zeek conn.log as table and as JSON lines give the same flows", async () => {
  const table = await read(ZEEK);
  assertEquals(table.problems, []);
  assertEquals(table.flows[1], {
    from: "141.142.220.50:48649",
    to: "208.80.152.118:80",
    proto: 6,
    times: [1300475168_402480, 1300475168_522584],
    packets: [4, 3],
    bytes: [741, 396],
    app: [525, 232],
    flags: [0x1b, 0x1b],
    dir: "->",
    end: "unknown",
  });
  assertEquals(table.flows[0]!.times, [1300475167_096535, 1300475167_096535]);
  const fields = ZEEK.split("\n").find((line) => line.startsWith("#fields"))!.split("\t").slice(1);
  const lines = ZEEK.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const cells = line.split("\t").map((
      cell,
      i,
    ) => [fields[i]!, /^[\d.]+$/.test(cell) && !/h$/.test(fields[i]!) ? Number(cell) : cell]);
    return JSON.stringify(Object.fromEntries(cells.filter(([, v]) => v !== "-" && v !== "(empty)")));
  });
  assertEquals((await read(lines.join("\n"))).flows, table.flows);
});

Deno.test("nfdump CSV of 1.7.1: times by duration, flags, ICMP type and code, summary left out", async () => {
  const { flows, problems } = await read(
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out\n" +
      "2023-11-14 22:15:00,2023-11-14 22:15:00,0.080,10.0.1.1,10.0.1.2,50001,80,TCP,...AP.SF,0,0,6,313,0,0,0,0\n" +
      "2025-01-24 21:00:22,2025-01-24 21:00:22,0.000,10.0.7.100,10.0.7.1,0,2048,ICMP,........,0,0,1,32,0,0,0,0\n" +
      "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n2,345,7,0,0,81\n",
  );
  assertEquals(problems, []);
  assertEquals(flows.length, 2);
  assertEquals(flows[0]!.times, [1_700_000_100_000_000, 1_700_000_100_080_000]);
  assertEquals(flows[0]!.flags, [0x1b, 0]);
  assertEquals(flows[1]!.from, "10.0.7.100:8");
});

Deno.test("Suricata EVE: flow events only, flags per side, end reason", async () => {
  const { flows, problems } = await read(
    [
      { timestamp: "2016-07-13T22:42:07.199672+0000", event_type: "alert", src_ip: "1.2.3.4" },
      {
        timestamp: "2016-07-13T22:43:00.000000+0000",
        event_type: "flow",
        src_ip: "192.168.2.7",
        src_port: 41805,
        dest_ip: "192.168.2.1",
        dest_port: 53,
        proto: "UDP",
        flow: {
          pkts_toserver: 1,
          pkts_toclient: 2,
          bytes_toserver: 75,
          bytes_toclient: 91,
          start: "2016-07-13T22:42:07.199672+0200",
          end: "2016-07-13T22:42:07.207001+0200",
          state: "established",
          reason: "timeout",
        },
      },
      {
        timestamp: "2016-07-13T22:43:00.000000+0000",
        event_type: "flow",
        src_ip: "10.0.0.1",
        src_port: 1,
        dest_ip: "10.0.0.2",
        dest_port: 80,
        proto: "TCP",
        flow: {
          pkts_toserver: 3,
          pkts_toclient: 2,
          bytes_toserver: 180,
          bytes_toclient: 120,
          start: "2016-07-13T22:42:07Z",
          state: "closed",
        },
        tcp: { tcp_flags: "1b", tcp_flags_ts: "1b", tcp_flags_tc: "13" },
      },
    ].map((event) => JSON.stringify(event)).join("\n"),
  );
  assertEquals(problems, []);
  assertEquals(flows.length, 2);
  assertEquals(flows[0]!.times[0], Date.UTC(2016, 6, 13, 20, 42, 7) * 1000 + 199672);
  assertEquals([flows[0]!.end, flows[1]!.end], ["idle", "closed"]);
  assertEquals([flows[1]!.flags, flows[1]!.dir], [[0x1b, 0x13], "->"]);
});

Deno.test("NFStream CSV: milliseconds, sides with times of their own, active timeout", async () => {
  const { flows } = await read(
    "id,expiration_id,src_ip,src_mac,src_port,dst_ip,dst_mac,dst_port,protocol,ip_version,vlan_id,bidirectional_first_seen_ms," +
      "bidirectional_last_seen_ms,bidirectional_packets,src2dst_first_seen_ms,src2dst_last_seen_ms,src2dst_packets,src2dst_bytes," +
      "dst2src_first_seen_ms,dst2src_last_seen_ms,dst2src_packets,dst2src_bytes,application_name,requested_server_name\n" +
      '0,1,10.0.0.1,00:11:22:33:44:55,40000,10.0.0.2,00:11:22:33:44:66,443,6,4,0,1000,3000,5,1000,2500,3,300,1100,3000,2,200,TLS,"a, b"\n',
  );
  assertEquals(flows[0]!.times, [1_000_000, 2_500_000, 1_100_000, 3_000_000]);
  assertEquals([flows[0]!.packets, flows[0]!.bytes, flows[0]!.end], [[3, 2], [300, 200], "status"]);
});

Deno.test("CICFlowMeter CSV in its spellings: day first, AM and PM, duration in microseconds, payload bytes", async () => {
  const { flows, problems } = await read(
    "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Total Fwd Packets, " +
      "Total Backward Packets,Total Length of Fwd Packets, Total Length of Bwd Packets, Label\n" +
      "x,192.168.10.5,54865,104.16.207.165,443,6,7/7/2017 3:30,3000000,2,1,12,6,BENIGN\n",
  );
  assertEquals(problems, []);
  assertEquals(flows[0]!.times, [Date.UTC(2017, 6, 7, 3, 30) * 1000, Date.UTC(2017, 6, 7, 3, 30, 3) * 1000]);
  assertEquals([flows[0]!.packets, flows[0]!.bytes, flows[0]!.app], [[2, 1], [12, 6], [12, 6]]);
  const v4 = await read(
    "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts\n" +
      "x,10.0.0.1,1,10.0.0.2,2,17,13/12/2018 01:02:03 PM,5,1,0,9,0\n",
  );
  assertEquals(v4.flows[0]!.times, [
    Date.UTC(2018, 11, 13, 13, 2, 3) * 1000,
    Date.UTC(2018, 11, 13, 13, 2, 3) * 1000 + 5,
  ]);
});

Deno.test("bad lines are told with their number and left out; strict throws the first", async () => {
  const text = "StartTime,Proto,SrcAddr,Sport,DstAddr,Dport,SrcPkts\n" +
    "1.0,udp,10.0.0.1,1,10.0.0.2,2,1\n" +
    "soon,udp,10.0.0.1,1,10.0.0.2,2,1\n" +
    "1.0,udp,10.0.0.1,1,nowhere,2,1\n" +
    "1.0,udp,10.0.0.1,1,10.0.0.2,2,1,9,9\n" +
    "1.0,udp,10.0.0.1,1,10.0.0.2,99999,1\n" +
    "2.0,udp,10.0.0.1,1,10.0.0.2,2,1\n";
  const { flows, problems } = await read(text);
  assertEquals(flows.length, 2);
  assertEquals(problems.map((p) => [p.code, p.line]), [["bad-value", 3], ["bad-value", 4], ["syntax", 5], [
    "bad-value",
    6,
  ]]);
  assertEquals(
    problems[0]!.message,
    'flows.txt: line 3: ra CSV, column stime: Expected a time but found "soon"',
  );
  const thrown = await read(text, { strict: true }).catch((error) => error);
  assert(thrown instanceof Problem && thrown.line === 3);
  const json = await read('{"event_type":"flow","timestamp":"x"\n{"a":1}\n');
  assertEquals(json.problems.map((p) => [p.code, p.line]), [["syntax", 1], ["unsupported", 2]]);
});

Deno.test("what is no flow table is refused at once", async () => {
  for (
    const [text, code] of [["", "empty"], ["hello world\n", "unsupported"], [
      "a,b,c,d\n1,2,3,4\n",
      "unsupported",
    ]] as const
  ) {
    const thrown = await read(text).catch((error) => error);
    assert(thrown instanceof Problem, text);
    assertEquals(thrown.code, code);
  }
  const missing = await (async () => {
    for await (const _ of readFlowText("no-such-flows.csv"));
  })().catch((error) => error);
  assertStringIncludes(missing.message, "no-such-flows.csv: Expected a flow table");
});

const COLUMNS =
  "stime ltime proto saddr sport dir daddr dport spkts dpkts sbytes dbytes sappbytes dappbytes state cause"
    .split(" ");

realTest("ra CSV of a real file has the keys, times and counters of the file", ["ra"], async (shared) => {
  const file = Deno.readFileSync(`${shared}/spec/client-cases/print-default/in.argus`);
  const csv = await run("ra", [
    "-X",
    "-n",
    "-u",
    "-p",
    "6",
    "-Z",
    "b",
    "-c",
    ",",
    "-r",
    "-",
    "-s",
    ...COLUMNS,
  ], file);
  const { flows, problems } = await read(csv);
  assertEquals(problems, []);
  const expected: ReturnType<typeof flow>[] = [];
  for await (const batch of readArgus(file)) {
    for (let row = 0; row < batch.length; row++) {
      if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) continue;
      R.asRead(batch, row);
      expected.push(flow(batch, row));
    }
  }
  const plain = ({ from, to, proto, packets, bytes, app, times }: ReturnType<typeof flow>) => {
    // ra prints neither which side spoke when nor the ports of ARP and of the protocols that have none.
    const ported = proto === 6 || proto === 17 || proto === 1;
    return {
      from: ported ? from : "",
      to: ported ? to : "",
      packets,
      bytes,
      app,
      start: Math.min(...times),
      end: Math.max(...times),
    };
  };
  assertEquals(flows.map(plain), expected.map(plain));
});

realTest("nfdump CSV of a real nfpcapd has the packets and bytes that its summary names", [
  "nfpcapd",
  "nfdump",
], async (shared) => {
  const dir = Deno.makeTempDirSync();
  try {
    await run("nfpcapd", ["-r", `${shared}/corpus/pcap/arkime_arkime_synthetic.pcap`, "-w", dir]);
    const csv = await run("nfdump", ["-R", dir, "-o", "csv"]);
    const { flows, problems } = await read(csv);
    const lines = csv.trim().split("\n");
    const [, bytes, packets] = lines.at(-1)!.split(",").map(Number);
    assertEquals(problems, []);
    // One header, three lines of summary. (The summary itself counts records without flow data differently.)
    assertEquals(flows.length, lines.length - 4);
    assertEquals(flows.reduce((sum, f) => sum + f.bytes[0]! + f.bytes[1]!, 0), bytes);
    assertEquals(flows.reduce((sum, f) => sum + f.packets[0]! + f.packets[1]!, 0), packets);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
