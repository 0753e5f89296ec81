import { coOccurrence, popularity } from './co-occurrence.js';
import { factorisation } from './factorisation.js';
import { type Histories, joinedByPlace } from './histories.js';
import { best, type Request, type Scorer } from './ranking.js';
import type { Item, Shop } from './shop.js';

/** What the candidate is: as it should be, or with one of two mistakes that really happen. */
export type Candidate = 'good' | 'wrong-join' | 'forgets-stock';

/** The items to show, best first. */
export type List = readonly number[];
export type Recommender = (request: Request) => List;

/** What the release can serve. */
export interface Recommenders {
  /** For who has opted out: what sells, the same for all. */
  readonly 'best-sellers': Recommender;
  /** What serves now: co-occurrence. */
  readonly together: Recommender;
  /** What shall serve: matrix factorisation. */
  readonly factors: Recommender;
  /** The same, with a little weight on the price. */
  readonly premium: Recommender;
  /** The same, with much weight on the price. */
  readonly luxury: Recommender;
}

/** Trains all of them on histories. Takes about half a second for 5000 shoppers. */
export function trained(shop: Shop, histories: Histories, seed: number, candidate: Candidate): Recommenders {
  const { items } = shop;
  const inStock = (item: number) => (items[item] as Item).inStock;
  const anything = () => true;
  const listing =
    (scorer: Scorer, isOffered: (item: number) => boolean): Recommender =>
    (request) =>
      best(scorer(request), request, isOffered);
  const seen = candidate === 'wrong-join' ? joinedByPlace(histories, seed) : histories;
  const factors = factorisation(seen, items.length, { seed });
  const offered = candidate === 'forgets-stock' ? anything : inStock;
  return {
    'best-sellers': listing(popularity(histories, items.length), inStock),
    together: listing(coOccurrence(histories, items.length), inStock),
    factors: listing(factors, offered),
    premium: listing(pricier(factors, shop, 0.25), offered),
    luxury: listing(pricier(factors, shop, 1), offered),
  };
}

/** Scores times a power of the price: what suits and costs more comes before what suits as well and costs less. */
function pricier(scorer: Scorer, { items }: Shop, power: number): Scorer {
  const weights = items.map(({ price }) => price ** power);
  return (request) => scorer(request).map((score, item) => Math.max(0, score) * (weights[item] as number));
}
