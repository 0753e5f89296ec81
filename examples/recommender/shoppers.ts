import { type Rng, hash32, seededRng } from 'turnout';
import { type Item, medianPrices, type Shop } from './shop.js';

// The shoppers are simulated. README.md describes the model in words; every number of it is in this file and in shop.ts.

/** People who are alike: how many there are, what they like, and how much they look at prices. */
interface Segment {
  readonly name: string;
  readonly share: number;
  /** A weight for each category of the shop. */
  readonly tastes: readonly number[];
  /** The price in euros that half of them accept. */
  readonly budget: number;
  /** How sharply acceptance falls around the budget. */
  readonly sensitivity: number;
}

export const segments: readonly Segment[] = [
  { name: 'students', share: 0.3, tastes: [5, 4, 1, 3, 1, 1, 1, 0.5], budget: 20, sensitivity: 3 },
  { name: 'families', share: 0.3, tastes: [3, 1, 5, 1, 4, 2, 1, 1], budget: 35, sensitivity: 2 },
  { name: 'cooks', share: 0.25, tastes: [1, 1, 1, 4, 3, 5, 2, 4], budget: 60, sensitivity: 1.5 },
  { name: 'collectors', share: 0.15, tastes: [0.5, 3, 1, 1, 1, 2, 6, 4], budget: 90, sensitivity: 1 },
];

/** A person. `wants` has, for every item, how much they want it at its price; nobody wants what they have. */
export interface Shopper {
  readonly key: string;
  readonly segment: string;
  readonly bought: readonly number[];
  readonly wants: Float64Array;
  /** False for who has opted out of personal recommendations. */
  readonly personal: boolean;
}

/** What came of a list that was shown: a purchase of one item, or nothing. */
export interface Visit {
  readonly item: number | undefined;
  readonly revenue: number;
}

const optOut = 0.02;
/** The distance from one's own style at which an item is wanted 0.6 times as much. */
const styleWidth = 0.35;
const fewestBought = 5;
const mostBought = 12;
/** The chance that a shopper who looked at one place of the list and did not buy looks at the next one. */
const patience = 0.8;
/** Turns a want into the chance of a purchase once the item is looked at. */
const eagerness = 0.02;
/** How much more eager they are on Saturdays and Sundays. */
const weekend = 1.3;
const dayMs = 86_400_000;

/** Everybody who may ever come to a shop, by number: the same person for one seed, whenever they are asked for. */
export class Shoppers {
  readonly #items: readonly Item[];
  readonly #seed: number;
  /** By segment and item: the fraction of the segment that accepts the price. */
  readonly #acceptance: readonly Float64Array[];

  constructor({ items }: Shop, seed: number) {
    this.#items = items;
    this.#seed = seed;
    this.#acceptance = segments.map(({ budget, sensitivity }) =>
      Float64Array.from(items, ({ price }) => 1 / (1 + (price / budget) ** sensitivity)),
    );
  }

  at(index: number): Shopper {
    const key = `shopper-${index}`;
    const rng = seededRng(hash32(key, this.#seed));
    const number = segmentAt(rng.next());
    const { name, tastes } = segments[number] as Segment;
    // An exponential factor for each category: within a segment nobody is like another.
    const own = tastes.map((taste) => -taste * Math.log(1 - rng.next()));
    const total = own.reduce((sum, taste) => sum + taste, 0);
    const style = 2 * rng.next() - 1;
    const personal = rng.next() >= optOut;
    const acceptance = this.#acceptance[number] as Float64Array;
    const wants = new Float64Array(this.#items.length);
    for (let index = 0; index < wants.length; index += 1) {
      const item = this.#items[index] as Item;
      const distance = (item.style - style) / styleWidth;
      const taste = ((own[item.category] as number) * medianPrices.length) / total;
      wants[index] = taste * Math.exp(-(distance * distance) / 2) * (acceptance[index] as number);
    }
    const bought = this.#purchases(wants, rng);
    for (const item of bought) wants[item] = 0;
    return { key, segment: name, bought, wants, personal };
  }

  /**
   * Shows a list to a shopper, who reads from the top and may stop at any place (the cascade model of Craswell, Zoeter, Taylor and
   * Ramsey, 2008). `coins` are the visit's own: with another list, the same visit differs by the list alone.
   */
  visit({ wants }: Shopper, list: readonly number[], now: number, coins: Rng): Visit {
    // 1970 began on a Thursday.
    const day = Math.floor(now / dayMs) % 7;
    const mood = eagerness * (day === 2 || day === 3 ? weekend : 1);
    for (const item of list) {
      const { inStock, price } = this.#items[item] as Item;
      const buys = coins.next() < mood * (wants[item] as number);
      const looksOn = coins.next() < patience;
      if (buys && inStock) return { item, revenue: price };
      if (!looksOn) break;
    }
    return { item: undefined, revenue: 0 };
  }

  /** What they bought when all they saw was the front page: drawn by display and want, each item once. */
  #purchases(wants: Float64Array, rng: Rng): readonly number[] {
    const weights = new Float64Array(wants.length);
    let left = 0;
    for (let index = 0; index < wants.length; index += 1) {
      const weight = (wants[index] as number) * (this.#items[index] as Item).display;
      weights[index] = weight;
      left += weight;
    }
    const bought: number[] = [];
    const most = fewestBought + Math.floor(rng.next() * (mostBought - fewestBought + 1));
    while (bought.length < most) {
      const item = drawOf(weights, rng.next() * left);
      bought.push(item);
      left -= weights[item] as number;
      weights[item] = 0;
    }
    return bought;
  }
}

function drawOf(weights: Float64Array, at: number): number {
  let rest = at;
  let last = 0;
  for (let index = 0; index < weights.length && rest >= 0; index += 1) {
    const weight = weights[index] as number;
    // Rounding may leave a little of `rest` at the end: then it is the last item that can be drawn.
    if (weight > 0) last = index;
    rest -= weight;
  }
  return last;
}

function segmentAt(at: number): number {
  let rest = at;
  for (const [index, { share }] of segments.entries()) {
    rest -= share;
    if (rest < 0) return index;
  }
  return segments.length - 1;
}
