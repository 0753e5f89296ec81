import { hash32 } from '../../core/hash.js';
import { seededRng } from '../../core/rng.js';
import type { Metrics } from '../../evidence/metric.js';
import type { Stratum } from '../../evidence/stratum.js';
import type { View } from '../../strategies/strategy.js';

/** What a look at the evidence is made of; the same for every node of the tree. */
export interface Look {
  readonly router: string;
  readonly revision: number;
  readonly now: number;
  readonly metrics: Metrics;
  readonly strata: readonly Stratum[];
  /** The part of alpha that may be spent at this look. Default: all. */
  readonly alphaShare?: number;
}

/** The view of one node. Chance is seeded by (router, revision, node), so that every replica draws the same. */
export function viewOf(look: Look, node: string): View {
  const byNode = new Map<string, Stratum[]>();
  for (const stratum of look.strata) {
    const strata = byNode.get(stratum.node);
    if (strata === undefined) byNode.set(stratum.node, [stratum]);
    else strata.push(stratum);
  }
  const at = (path: string): View => ({
    now: look.now,
    rng: seededRng(hash32(`${look.router}\n${look.revision}\n${path}`)),
    metrics: look.metrics,
    ...(look.alphaShare !== undefined && { alphaShare: look.alphaShare }),
    evidence: () => byNode.get(path) ?? [],
    of: at,
  });
  return at(node);
}
