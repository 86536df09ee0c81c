import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { DECODED, decodeRecord } from "./argus_decode.ts";
import { swap32 } from "./argus_layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  ARP_RESP, FLAGS, FLAG_CORRECTED, FLAG_REVERSE, FRAG_BODY, FRAG_WORDS, ICMP_BODY, ICMP_STALE, KEY_IPV4, KEY_IPV6, KEY_TYPE, NET, NET_ARP, NET_FRAG,
  NET_FRAG_TCP, NET_ICMP, NET_NONE, NET_TCP_INIT, NET_TCP_PERF, PROTO, SIDE, SIDE_WORDS, TCP_STATUS,
  T_STATUS, WORDS,
} = R;

/** Flags of an ICMP record that began with an answer. */
const ANSWER = FLAG_REVERSE | FLAG_CORRECTED;

/** The first two bytes of a network section in the memory of a little endian machine, low one first. */
function firstBytes(words: Int32Array, w: number, net: number): number {
  switch (net) {
    case NET_ICMP:
      return bytesFirst(words[w + ICMP_BODY]!);
    case NET_FRAG:
      return bytesFirst(words[w + FRAG_BODY]!);
    case NET_ARP:
      return bytesFirst(words[w + ARP_RESP]!);
    default:
      return words[w + TCP_STATUS]! & 0xffff;
  }
}

function bytesFirst(word: number): number {
  return word >>> 24 | word >>> 8 & 0xff00;
}

/**
 * What `ra` takes for the TCP data of a TCP fragment. It reads every network section into one place and looks there for round trip
 * times, windows and status bits whatever the section is: a fragment's 13 words count as the first 13 of the TCP form, and the rest is
 * what the last record with a TCP or ARP section left, repaired as it was read (observed).
 */
export class StaleNetwork {
  /** Where in the bytes of the reader the last record with such a section begins; -1 when it is not there any more. */
  #at = -1;
  #kept: Uint8Array | undefined;
  readonly #scratch = new RecordBatch(1);
  /** The first two bytes of the last network section, where the type and code of an ICMP answer are looked for (DIR-8). */
  #first = 0;

  /** Tells of a decoded row and the place of its record; turns the row of a TCP fragment into what `ra` makes of it. */
  seen(view: DataView, bytes: Uint8Array, at: number, batch: RecordBatch, row: number): void {
    const words = batch.words, w = row * WORDS, net = words[w + NET]!;
    if (net !== NET_NONE) this.#first = firstBytes(words, w, net);
    else if (
      words[w + PROTO] === 1 && words[w + KEY_TYPE] === KEY_IPV4 && (words[w + FLAGS]! & ANSWER) === ANSWER
    ) words[w + ICMP_STALE] = this.#first;
    if (net >= NET_TCP_INIT && net <= NET_TCP_PERF || net === NET_ARP) this.#at = at;
    else if (
      net === NET_FRAG && words[w + PROTO] === 6 &&
      (words[w + KEY_TYPE] === KEY_IPV4 || words[w + KEY_TYPE] === KEY_IPV6)
    ) this.#fill(view, bytes, batch, row);
  }

  /** The reader is about to move its bytes. */
  keep(view: DataView, bytes: Uint8Array): void {
    if (this.#at < 0) return;
    this.#kept = bytes.slice(this.#at, this.#at + 4 * view.getUint16(this.#at + 2));
    this.#at = -1;
  }

  #fill(view: DataView, bytes: Uint8Array, batch: RecordBatch, row: number): void {
    const left = this.#scratch;
    left.clear();
    let outcome = -1;
    if (this.#at >= 0) outcome = decodeRecord(view, bytes, this.#at, 4 * view.getUint16(this.#at + 2), left);
    else if (this.#kept) {
      outcome = decodeRecord(new DataView(this.#kept.buffer), this.#kept, 0, this.#kept.length, left);
    }
    const x = batch.words, w = row * WORDS, y = left.words;
    const body = new DataView(new ArrayBuffer(4 * FRAG_WORDS));
    const raw = x.slice(w + FRAG_BODY, w + FRAG_BODY + FRAG_WORDS);
    raw.forEach((word, i) => body.setInt32(4 * i, word));
    batch.moreOf(row).network = new Uint8Array(body.buffer);
    x.fill(0, w + TCP_STATUS, w + SIDE + 2 * SIDE_WORDS);
    if (outcome === DECODED) {
      R.asRead(left, 0);
      if (y[NET] !== NET_ARP) {
        for (let i = SIDE; i < SIDE + 2 * SIDE_WORDS; i++) x[w + i] = y[i]!;
      }
    }
    x[w + NET] = NET_FRAG_TCP;
    // The words of the fragment are those of a little endian machine; the sixth and seventh would be the time of a packet.
    for (let i = 0; i < 5; i++) x[w + TCP_STATUS + i] = swap32(raw[i]!);
    for (let i = 7; i < FRAG_WORDS; i++) x[w + SIDE + T_STATUS + i - 7] = swap32(raw[i]!);
  }
}
