import { seededRng } from 'turnout';

/** What the shop sells. Its place in `Shop.items` is its number. */
export interface Item {
  readonly category: number;
  /** From plain (-1) to fancy (1). */
  readonly style: number;
  /** In euros. */
  readonly price: number;
  /** How much of the front page it had in the past: a weight, over 0. It has nothing to do with how good the item is. */
  readonly display: number;
  readonly inStock: boolean;
}

export interface Shop {
  readonly items: readonly Item[];
}

/** The median price in euros of each category: from tea towels to cast-iron pots. */
export const medianPrices: readonly number[] = [10, 13, 16, 20, 25, 31, 39, 48];
const itemsPerCategory = 20;
/** One item in so many is sold out. */
const soldOutEvery = 10;
/** How fast the front page fades from an item to the next one: Zipf's exponent. */
const displaySlope = 0.35;

/** A shop of 160 items in 8 categories, always the same for one seed. */
export function shopOf(seed: number): Shop {
  const rng = seededRng(seed);
  const items = medianPrices.flatMap((median) =>
    Array.from({ length: itemsPerCategory }, (_, rank): Item => {
      const style = 2 * rng.next() - 1;
      return {
        category: medianPrices.indexOf(median),
        style,
        // Fancy things cost more: half as much again at the very end, with a third of chance on either side.
        price: Math.round(median * 1.5 ** style * (2 / 3 + (2 / 3) * rng.next()) * 100) / 100,
        display: (1 + rank) ** -displaySlope,
        inStock: Math.floor(rng.next() * soldOutEvery) > 0,
      };
    }),
  );
  return { items };
}
