import type { Cut } from '../../src/plan/plan.js';

/** The fraction of all hashes whose arm differs between two layouts, by laying one over the other. */
export function moved(before: readonly Cut[], after: readonly Cut[]): number {
  const borders = [...new Set([...before, ...after].map(({ below }) => below))].sort((a, b) => a - b);
  const armAt = (cuts: readonly Cut[], hash: number) => cuts.find(({ below }) => hash < below)?.arm;
  return borders.reduce((sum, below, index) => {
    const start = borders[index - 1] ?? 0;
    return armAt(before, start) === armAt(after, start) ? sum : sum + (below - start) / 2 ** 32;
  }, 0);
}

/** Half the sum of differences: the least that any layout has to move. */
export function totalVariation(before: readonly number[], after: readonly number[]): number {
  const arms = Math.max(before.length, after.length);
  let sum = 0;
  for (let arm = 0; arm < arms; arm += 1) sum += Math.abs((before[arm] ?? 0) - (after[arm] ?? 0));
  return sum / 2;
}

/** True if the cuts rise to 2^32, as whole numbers, without two neighbours of one arm. */
export function wellFormed(cuts: readonly Cut[]): boolean {
  const rise = cuts.every(({ below }, index) => Number.isInteger(below) && below > (cuts[index - 1]?.below ?? 0));
  const apart = cuts.every(({ arm }, index) => arm !== cuts[index - 1]?.arm);
  return rise && apart && cuts.at(-1)?.below === 2 ** 32;
}
