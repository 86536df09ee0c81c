import * as R from "../../lib/record/mod.ts";

/** Gives the records to print in place of one: `use(batch, row)` for each. */
export type Split = (
  batch: R.RecordBatch,
  row: number,
  use: (batch: R.RecordBatch, row: number) => void,
) => void;

/** `-M rmon`: every flow as it is and once more with its ends exchanged (fields.md section 9). */
export function rmonSplit(): Split {
  const scratch = new R.RecordBatch(1);
  return (batch, row, use) => {
    use(batch, row);
    if ((batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) === 0) use(scratch, turned(scratch, batch, row));
  };
}

/** `-M uni`: every side that sent packets as a flow of its own. */
export function uniSplit(): Split {
  const scratch = new R.RecordBatch(1), other = new R.RecordBatch(1);
  return (batch, row, use) => {
    if ((batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) !== 0) return use(batch, row);
    const d = row * R.DOUBLES;
    const back = batch.doubles[d + R.D_PKTS]! > 0;
    if (back) turned(other, batch, row);
    if (batch.doubles[d + R.S_PKTS]! > 0 || !back) {
      scratch.clear();
      use(scratch, oneWay(scratch, scratch.append(batch, row)));
    }
    if (back) use(other, oneWay(other, 0));
  };
}

function turned(scratch: R.RecordBatch, batch: R.RecordBatch, row: number): number {
  scratch.clear();
  const copy = scratch.append(batch, row);
  R.turnRound(scratch, copy);
  scratch.words[R.FLAGS]! &= ~R.FLAG_REVERSE;
  const more = scratch.more?.get(copy);
  if (more) more.offset = 0;
  return copy;
}

/** Clears what the destination sent. */
function oneWay(batch: R.RecordBatch, row: number): number {
  const d = row * R.DOUBLES;
  for (const counter of [R.D_PKTS, R.D_BYTES, R.D_APP]) batch.doubles[d + counter] = 0;
  batch.doubles[d + R.D_START] = batch.doubles[d + R.D_END] = NaN;
  return row;
}
