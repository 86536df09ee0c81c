import fc from "fast-check";
import * as R from "../../lib/record/mod.ts";

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const counter = fc.integer({ min: 0, max: 2 ** 40 });
const micros = fc.option(fc.integer({ min: 0, max: 4e15 }), { nil: NaN });

/** Any record: a known kind of key and network section, every other word, double, bank and rare section at random. */
export function anyRecord(): fc.Arbitrary<{ batch: R.RecordBatch; row: number }> {
  return fc.record({
    words: fc.array(word, { minLength: R.WORDS, maxLength: R.WORDS }),
    key: fc.constantFrom(R.KEY_IPV4, R.KEY_IPV6, R.KEY_ETHER, R.KEY_ARP),
    proto: fc.constantFrom(0, 1, 6, 17, 50, 58, 132),
    net: fc.constantFrom(
      0,
      R.NET_TCP_INIT,
      R.NET_TCP_STATUS,
      R.NET_TCP_PERF,
      R.NET_RTP,
      R.NET_ESP,
      R.NET_ARP,
    ),
    times: fc.array(micros, { minLength: 4, maxLength: 4 }),
    counters: fc.array(counter, { minLength: 6, maxLength: 6 }),
    last: fc.array(micros, { minLength: 2, maxLength: 2 }),
    jitter: fc.option(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 20, maxLength: 20 })),
    user: fc.option(fc.tuple(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }))),
    more: fc.option(fc.record({
      countries: fc.constant<readonly [string, string]>(["CZ", "DE"]),
      asn: fc.constant<readonly [number, number, number]>([1, 2, 3]),
      strokes: fc.constant<readonly [number, number]>([4, 5]),
    })),
  }).map((r) => {
    const batch = new R.RecordBatch(2);
    batch.addBlank();
    const row = batch.addBlank();
    batch.words.set(r.words, row * R.WORDS);
    const at = row * R.WORDS;
    batch.words[at + R.KEY_TYPE] = r.key;
    batch.words[at + R.PROTO] = r.proto;
    batch.words[at + R.NET] = r.net;
    batch.words[at + R.FLAGS]! &= ~(R.FLAG_MAR | R.FLAG_MERGED | R.FLAG_TURNED);
    batch.doubles.set([...r.times, ...r.counters, ...r.last], row * R.DOUBLES);
    if (r.jitter) batch.jitterBank().set(r.jitter, row * R.JITTER_DOUBLES);
    if (r.user) batch.user = [undefined, undefined, ...r.user];
    if (r.more) Object.assign(batch.moreOf(row), r.more);
    return { batch, row };
  });
}
