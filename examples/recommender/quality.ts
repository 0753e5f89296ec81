import type { SplitHistories } from './histories.js';
import { best, type Scorer } from './ranking.js';

/** How often the purchase that a model never saw is on its list: the hit rate at the length of a list. */
export function hitRate(scorer: Scorer, { known, heldOut }: SplitHistories): number {
  const hits = known.filter((bought, index) =>
    best(scorer({ bought }), { bought }, () => true).includes(heldOut[index] as number),
  );
  return hits.length / known.length;
}
