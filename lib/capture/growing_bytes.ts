/** A byte buffer that grows as it is written to. */
export class GrowingBytes {
  bytes: Uint8Array;
  view: DataView;
  length = 0;

  constructor(size = 65_536) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many bytes and gives where they begin. */
  reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }

  /** Appends bytes `from..to` of another array. */
  append(bytes: Uint8Array, from = 0, to = bytes.length): number {
    const at = this.reserve(to - from);
    // Short frames: a loop beats making a view for `set`.
    if (to - from < 64) { for (let i = from, p = at; i < to; i++) this.bytes[p++] = bytes[i]!; }
    else this.bytes.set(bytes.subarray(from, to), at);
    return at;
  }
}
