import type { Histories } from './histories.js';
import type { Scorer } from './ranking.js';

/** Counts how often each item was bought, by anybody. */
export function popularity(histories: Histories, items: number): Scorer {
  const counts = new Float64Array(items);
  for (const item of histories.flat()) counts[item] = (counts[item] as number) + 1;
  return () => counts;
}

/** "Bought together": counts of pairs of items in one history. A shopper's scores are the sums of the rows of what they bought. */
export function coOccurrence(histories: Histories, items: number): Scorer {
  const pairs = Array.from({ length: items }, () => new Float64Array(items));
  for (const bought of histories) {
    for (const first of bought) {
      const row = pairs[first] as Float64Array;
      for (const second of bought) if (second !== first) row[second] = (row[second] as number) + 1;
    }
  }
  return ({ bought }) => {
    const scores = new Float64Array(items);
    for (const first of bought) {
      const row = pairs[first] as Float64Array;
      for (let item = 0; item < items; item += 1) scores[item] = (scores[item] as number) + (row[item] as number);
    }
    return scores;
  };
}
