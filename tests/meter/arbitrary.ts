import fc from "fast-check";
import type { TrafficOptions } from "../../scripts/synth/traffic.ts";

/** Random traffic of few ends, so that flows meet, with silences around the timeouts. */
export function traffic(
  { packets = 400, hosts = 5, ports = 4 }: { packets?: number; hosts?: number; ports?: number } = {},
): fc.Arbitrary<TrafficOptions> {
  return fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    packets: fc.integer({ min: 1, max: packets }),
    hosts: fc.integer({ min: 1, max: hosts }),
    ports: fc.integer({ min: 1, max: ports }),
    span: fc.constantFrom(1, 30, 600, 5000),
    silence: fc.constantFrom(1, 100, 1000),
    disorder: fc.constantFrom(0, 0, 0.05),
  });
}
