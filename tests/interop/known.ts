/** Captures where ours differs from the real programs, by file name, each with the cause: every other capture has to be equal. */

const UNSET =
  "the one record without a time that counts (TIM-12) is clustered and printed with another start";
const MAC_MASK =
  "merging rows of MAC, 802.11 or IS-IS keys that differ: what the real racluster leaves of them is not known";

/** Our clients on the file of the real argus. */
export const KNOWN_READER: Readonly<Record<string, string>> = {
  "thread-full.pcap": UNSET,
  "ppp_Packet_Test_PacketExamples_ipv6_options.pcap": UNSET,
  "arkime_arkime_synthetic.pcap": MAC_MASK,
  "arkime_ospf.pcap": MAC_MASK,
  "libpcap_filter_ieee802.11_exthdr.pcap": MAC_MASK,
  "tcpdump_hoobr_lookup_nsap.pcap": MAC_MASK,
  "zeek_cisco-fabric-path.pcap": MAC_MASK,
  "ndpi_fuzz-2006-09-29-28586.pcap":
    "a TCP fragment without a network section prints what an earlier record had",
  "suri_decode-too-small_test.pcap": "TCP without a network section: the real ra prints no state with -z",
  "suri_smb-filename_input.pcap": "last digit of the merged destination jitter",
};

/** The real clients on our file. */
export const KNOWN_METER: Readonly<Record<string, string>> = {};
