import { hash32, seededRng } from 'turnout';
import type { Shop } from './shop.js';
import { type Shopper, Shoppers } from './shoppers.js';
import type { List } from './recommenders.js';

/** What came of a visit: how much was spent on what, if anything, and how many hours later. */
export interface Purchase {
  readonly isPurchase: boolean;
  readonly revenue: number;
  readonly delayHours: number;
}

/** What a number of visits came to. */
export interface Tally {
  visits: number;
  conversions: number;
  revenue: number;
}

const hourMs = 3_600_000;
/** How many shoppers there are: each comes once before anybody comes again. */
const shoppersMax = 300_000;
/** Most buy at once, the others within a day: after a night's sleep. */
const atOnce = 0.7;

/** The visits of a shop by number: who comes, and what they make of a list. The same for one seed, whatever else happens. */
export class Traffic {
  readonly shoppers: Shoppers;
  readonly #seed: number;
  readonly #start: number;
  readonly #perHour: number;

  constructor(shop: Shop, seed: number, start: number, perHour: number) {
    this.shoppers = new Shoppers(shop, seed);
    this.#seed = seed;
    this.#start = start;
    this.#perHour = perHour;
  }

  shopperOf(visit: number): Shopper {
    return this.shoppers.at(visit % shoppersMax);
  }

  /** The coins are the visit's, so that two lists can be compared on one visit. */
  purchaseOf(visit: number, shopper: Shopper, list: List): Purchase {
    const coins = seededRng(hash32(`visit-${visit}`, this.#seed));
    const delayHours = coins.next() < atOnce ? 0 : Math.floor(coins.next() * 23);
    const now = this.#start + (visit / this.#perHour) * hourMs;
    const { item, revenue } = this.shoppers.visit(shopper, list, now, coins);
    return { isPurchase: item !== undefined, revenue, delayHours };
  }
}

export function emptyTally(): Tally {
  return { visits: 0, conversions: 0, revenue: 0 };
}

export function add(tally: Tally, { isPurchase, revenue }: Purchase): void {
  tally.visits += 1;
  if (isPurchase) tally.conversions += 1;
  tally.revenue += revenue;
}
