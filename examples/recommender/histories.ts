import { seededRng } from 'turnout';
import type { Shoppers } from './shoppers.js';

/** What each past shopper bought, oldest first. */
export type Histories = readonly (readonly number[])[];

/** Histories in two parts: what models are trained on, and the last purchase of each shopper, which they never see. */
export interface SplitHistories {
  readonly known: Histories;
  readonly heldOut: readonly number[];
}

/** Shoppers of the past have numbers below 0, so that none of them is met again in the release. */
export function historiesOf(shoppers: Shoppers, count: number): Histories {
  return Array.from({ length: count }, (_, index) => shoppers.at(-1 - index).bought);
}

/** Leaves the last purchase of every shopper out. */
export function holdOut(histories: Histories): SplitHistories {
  return {
    known: histories.map((bought) => bought.slice(0, -1)),
    heldOut: histories.map((bought) => bought.at(-1) as number),
  };
}

/**
 * The mistake of one of the candidates: the rows of two exports, of shoppers and of what they bought, were joined by their place after
 * one of the two had been sorted anew. Every count is right, and no purchase is with whoever made it.
 */
export function joinedByPlace(histories: Histories, seed: number): Histories {
  const rng = seededRng(seed);
  const purchases = histories.flat();
  for (let last = purchases.length - 1; last > 0; last -= 1) {
    const other = Math.floor(rng.next() * (last + 1));
    [purchases[last], purchases[other]] = [purchases[other] as number, purchases[last] as number];
  }
  let taken = 0;
  return histories.map(({ length }) => purchases.slice(taken, (taken += length)));
}
