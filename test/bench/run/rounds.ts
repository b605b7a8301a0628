import type { Reading, Row, Side } from "./bench.ts";

/**
 * Let the sides take turns, A B A B, so that whatever else the machine does in the meantime falls on all of them.
 *
 * @returns one row for every figure, in the order in which the figures first came
 * @throws what a side throws, and TypeError when a figure is not a number
 */
export async function interleave(bench: string, sides: readonly Side[], rounds: number): Promise<Row[]> {
  const readings = new Map<string, Reading[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const side of sides) {
      for (const reading of await side.measure()) {
        if (!Number.isFinite(reading.value)) {
          throw new TypeError(`${bench}: ${reading.side} gave no number`);
        }
        readings.set(reading.side, [...(readings.get(reading.side) ?? []), reading]);
      }
    }
  }
  return [...readings].map(([side, all]) => toRow({ bench, side }, all));
}

function toRow(name: Pick<Row, "bench" | "side">, readings: readonly Reading[]): Row {
  const values = readings.map((reading) => reading.value).sort((a, b) => a - b);
  const interval = readings[0]?.hasInterval === true ? medianInterval(values) : undefined;
  return {
    ...name,
    unit: readings[0]?.unit ?? "",
    median: quantile(values, 0.5),
    min: quantile(values, 0),
    max: quantile(values, 1),
    rounds: values.length,
    ...(interval === undefined ? {} : { interval }),
  };
}

/**
 * Find the values that the true median lies between, as surely as 95 in 100, whatever the figures are distributed like:
 * it is as likely below each of them as above.
 *
 * @param sorted in rising order
 * @returns undefined when there are fewer than six, which say nothing so surely
 */
export function medianInterval(sorted: readonly number[]): Row["interval"] {
  const count = sorted.length;
  let probability = 0.5 ** count;
  let below = 0;
  let rank = 0;
  // How likely it is that no more than so many of them lie below the median.
  while (below + probability <= 0.025) {
    below += probability;
    probability *= (count - rank) / (rank + 1);
    rank += 1;
  }
  const low = sorted[rank - 1];
  const high = sorted[count - rank];
  return low === undefined || high === undefined ? undefined : { low, high };
}

/**
 * Find the value that a fraction of the others does not exceed; half-way between two values, their mean.
 *
 * @param sorted in rising order
 * @returns NaN when there is none
 */
export function quantile(sorted: readonly number[], fraction: number): number {
  const at = fraction * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
