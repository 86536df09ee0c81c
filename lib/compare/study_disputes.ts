import { grown } from "../base/mod.ts";

/** Connections on which the settings of a study disagree, and how much: most of them are only counted. */
export class StudyDisputes {
  /** Connections so far. */
  count = 0;
  #conns = new Int32Array(1024);
  #scores = new Float64Array(1024);

  /** Notes a connection. */
  add(conn: number, score: number): void {
    if (this.count === this.#conns.length) {
      this.#conns = grown(this.#conns, 2 * this.count);
      this.#scores = grown(this.#scores, 2 * this.count);
    }
    this.#conns[this.count] = conn;
    this.#scores[this.count++] = score;
  }

  /** The most disputed connections, so many of them, in order; `compare` is for those disputed alike. */
  worst(limit: number, compare: (a: number, b: number) => number): number[] {
    if (limit < 1) return [];
    const scores = this.#scores.subarray(0, this.count);
    const least = this.count > limit ? scores.toSorted()[this.count - limit]! : -Infinity;
    const chosen: number[] = [];
    scores.forEach((score, i) => score >= least && chosen.push(i));
    const conns = this.#conns;
    chosen.sort((a, b) => scores[b]! - scores[a]! || compare(conns[a]!, conns[b]!));
    return chosen.slice(0, limit).map((i) => conns[i]!);
  }
}
