import { describe, expect, test } from 'vitest';
import { coOccurrence } from '../../examples/recommender/co-occurrence.js';
import { factorisation } from '../../examples/recommender/factorisation.js';
import { historiesOf, holdOut, joinedByPlace } from '../../examples/recommender/histories.js';
import { best, listLength, type Scorer } from '../../examples/recommender/ranking.js';
import type { Candidate } from '../../examples/recommender/recommenders.js';
import { Release, type Story } from '../../examples/recommender/release.js';
import { totalOf, visitsOf } from '../../examples/recommender/report.js';
import { shopOf } from '../../examples/recommender/shop.js';
import { Shoppers } from '../../examples/recommender/shoppers.js';
import { seededRng } from '../../src/core/rng.js';

const minutes = 60_000;
const seed = 7;
// Fewer visits than in the example, and more of them in the group, so that the test inside it is decided in as many days.
const small = { seed, visitsPerHour: 200, group: 0.3, mostDays: 60 };

const shop = shopOf(seed);
const shoppers = new Shoppers(shop, seed);
const histories = historiesOf(shoppers, 2000);

/**
 * The mean percentile rank of the purchase that was held out, among all that the shopper had not bought: 0 is the top, and
 * a ranking by chance has 0.5, with a standard error of sqrt(1 / 12 / shoppers).
 */
function meanRank(scorer: Scorer): number {
  const { known, heldOut } = holdOut(histories);
  const ranks = known.map((bought, index) => {
    const scores = scorer({ bought });
    const hidden = heldOut[index] as number;
    const others = scores.filter((_, item) => item !== hidden && !bought.includes(item));
    return others.filter((score) => score > (scores[hidden] as number)).length / others.length;
  });
  return ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
}

describe('the recommenders of the example', () => {
  const { known } = holdOut(histories);
  const { length } = shop.items;
  const standardError = Math.sqrt(1 / 12 / known.length);

  test('rank purchases that they have not seen far above chance', () => {
    const rng = seededRng(1);
    const chance = meanRank(() => Float64Array.from({ length }, () => rng.next()));
    expect(Math.abs(chance - 0.5)).toBeLessThan(4 * standardError);
    for (const scorer of [coOccurrence(known, length), factorisation(known, length, { seed })]) {
      expect(meanRank(scorer)).toBeLessThan(0.5 - 20 * standardError);
    }
  });

  test('know much less after a wrong join, which leaves every count as it was', () => {
    const wrong = joinedByPlace(known, seed);
    expect(wrong.map((bought) => bought.length)).toEqual(known.map((bought) => bought.length));
    expect(wrong.flat().toSorted()).toEqual(known.flat().toSorted());
    expect(meanRank(factorisation(wrong, length, { seed }))).toBeGreaterThan(
      meanRank(factorisation(known, length, { seed })) + 0.05,
    );
  });

  test('solve their least squares: a known shopper gets a vector that no small step makes better', () => {
    // Two items that are always bought together, and two others: the products must tell the pairs apart.
    const pairs = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? [0, 1] : [2, 3]));
    const score = factorisation(pairs, 4, { seed, factors: 2, penalty: 0.1 });
    const scores = score({ bought: [0] });
    expect(scores[1]).toBeGreaterThan(0.8);
    expect(Math.abs(scores[2] as number)).toBeLessThan(0.2);
    expect(Math.abs(scores[3] as number)).toBeLessThan(0.2);
  });

  test('list the best first, without what was bought or is not offered', () => {
    const scores = Float64Array.from({ length: 20 }, (_, item) => (item * 7) % 20);
    const expected = Array.from({ length: 20 }, (_, item) => item)
      .filter((item) => item !== 17 && item !== 5)
      .toSorted((a, b) => (scores[b] as number) - (scores[a] as number))
      .slice(0, listLength);
    expect(best(scores, { bought: [17] }, (item) => item !== 5)).toEqual(expected);
  });
});

describe('the shoppers of the example', () => {
  test('are the same person whenever they are asked for', () => {
    expect(new Shoppers(shop, seed).at(42)).toEqual(shoppers.at(42));
    expect(new Shoppers(shop, seed + 1).at(42)).not.toEqual(shoppers.at(42));
  });

  test('buy less from a list whose best items come last, and nothing that is sold out', () => {
    const items = shop.items.map((_, item) => item);
    let good = 0;
    let bad = 0;
    for (let index = 0; index < 3000; index += 1) {
      const shopper = shoppers.at(index);
      const sorted = items.toSorted((a, b) => (shopper.wants[b] as number) - (shopper.wants[a] as number)).slice(0, 8);
      const first = shoppers.visit(shopper, sorted, 0, seededRng(index));
      const last = shoppers.visit(shopper, sorted.toReversed(), 0, seededRng(index));
      if (first.item !== undefined) good += 1;
      if (last.item !== undefined) bad += 1;
      for (const { item } of [first, last]) expect(item === undefined || shop.items[item]?.inStock).toBe(true);
    }
    expect(good).toBeGreaterThan(1.1 * bad);
  });
});

const stagesOf = ({ stages }: Story) => stages.map(({ stage }) => stage);
const released = (candidate: Candidate) => new Release({ ...small, candidate }).run();

describe('the release of the example', () => {
  test(
    'comes to its end with a good candidate, alike in two runs of one seed',
    async () => {
      const story = await released('good');
      expect(stagesOf(story)).toEqual(['shadow', 'canary', 'test', 'rolling', 'bandit']);
      expect(story.outcome).toBe('promoted');
      expect(await released('good')).toEqual(story);
    },
    4 * minutes,
  );

  test(
    'is stopped in the canary with a candidate that was trained on a wrong join',
    async () => {
      const release = new Release({ ...small, candidate: 'wrong-join' });
      const story = await release.run();
      expect(stagesOf(story)).toEqual(['shadow', 'canary']);
      expect([story.outcome, story.stable]).toEqual(['rolled-back', 'together']);
      const [without, everybody] = release.whatIf('together', 'factors');
      const was = totalOf(story);
      expect(was.visits).toBe(without.visits);
      expect(was.conversions).toBeGreaterThan(everybody.conversions);
      // Some three in ten shoppers had it, and only for the days of the canary.
      const lost = without.conversions - was.conversions;
      expect(lost).toBeLessThan(0.3 * (without.conversions - everybody.conversions));
    },
    minutes,
  );

  test(
    'is stopped in the shadow, where nobody sees it, with a candidate that forgets what is sold out',
    async () => {
      const story = await released('forgets-stock');
      expect(stagesOf(story)).toEqual(['shadow']);
      expect([story.outcome, story.stable]).toEqual(['rolled-back', 'together']);
      expect(visitsOf(story, ['factors', 'premium', 'luxury'])).toBe(0);
    },
    minutes,
  );
});
