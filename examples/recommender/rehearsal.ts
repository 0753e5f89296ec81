import { seededRng } from 'turnout';
import { type Rehearsal, type RehearsalResult, type Scenario, defineRehearsal, rehearse } from 'turnout/simulate';
import { historiesOf } from './histories.js';
import { metrics, releaseSteps } from './plan.js';
import { trained } from './recommenders.js';
import { pastShoppers } from './release.js';
import { shopOf } from './shop.js';
import { Shoppers } from './shoppers.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What a shop knows of the model in place: how many visits end with a purchase, and the mean of what is spent then, in euros. */
export interface Known {
  readonly conversion: number;
  readonly basket: number;
}

/** Looks it up in last month's books: one visit of each past shopper. */
export function knownOf(seed: number): Known {
  const shop = shopOf(seed);
  const shoppers = new Shoppers(shop, seed);
  const { together } = trained(shop, historiesOf(shoppers, pastShoppers), seed, 'good');
  const coins = seededRng(seed);
  let [purchases, revenue] = [0, 0];
  for (let index = 0; index < pastShoppers; index += 1) {
    const shopper = shoppers.at(-1 - index);
    const visit = shoppers.visit(shopper, together(shopper), index, coins);
    if (visit.item !== undefined) purchases += 1;
    revenue += visit.revenue;
  }
  return { conversion: purchases / pastShoppers, basket: revenue / purchases };
}

/** A recommender as a rehearsal sees it: no lists, no shoppers, only what comes of them. */
function recommender({ conversion, basket }: Known, errorRate = 0) {
  const delayMs = 3 * hourMs;
  return {
    errorRate,
    latencyMs: { medianMs: 5 },
    metrics: {
      converted: { rate: conversion, delayMs },
      revenue: { mean: basket, sd: basket, shape: 'lognormal' as const, rate: conversion, delayMs },
    },
  };
}

/**
 * The steps of the release plan themselves, on virtual shoppers, of whom it is known how the candidate does. Servers are updated at once,
 * and every list can be shown. Evidence is made in the group: a fifth of the visits with a group five times as large has as many
 * shoppers in it, and takes a fifth of the time.
 */
export function rehearsalOf(known: Known, visitsPerHour: number, group: number): Rehearsal {
  const fleet = { names: ['server-1', 'server-2'], update: async () => {}, check: () => [0] };
  const like = recommender(known);
  const all = (model: typeof like) => ({ factors: model, premium: model, luxury: model });
  const times = (factor: number) => recommender({ ...known, conversion: known.conversion * factor });
  const scenario = (truth: Scenario['truth'], says: string, model: typeof like) => ({
    truth,
    says,
    models: all(model),
  });
  return defineRehearsal({
    simulation: {
      name: 'shop',
      strategy: releaseSteps({ group: 5 * group, fleet, isSellable: () => true }),
      metrics,
      models: { together: like, ...all(like) },
      traffic: { perHour: visitsPerHour / 5 },
      // Two days of shadow, a week of canary, and a good week of test: who is better is known by then.
      forMs: 20 * dayMs,
      tickEveryMs: 6 * hourMs,
    },
    scenarios: {
      equal: scenario('harmless', 'like the model in place', like),
      better: scenario('harmless', 'better by half in converted', times(3 / 2)),
      worse: scenario('harmful', 'worse by half in converted', times(1 / 2)),
      failing: scenario('harmful', 'failing in one call of twenty', recommender(known, 0.05)),
    },
  });
}

/** Of each scenario, how the roll-outs ended, in a line. */
export function rehearsalLines({ scenarios }: RehearsalResult): readonly string[] {
  return scenarios.map(({ says, runs, rolledBack, steps, usersExposed }) => {
    const tested = steps.find(({ name }) => name === 'test')?.reached.count ?? 0;
    const on = steps.find(({ name }) => name === 'rolling')?.reached.count ?? 0;
    const users = Math.round(usersExposed.value);
    return `  ${says.padEnd(32)}of ${runs}: rolled back ${rolledBack.count}, tested ${tested}, rolled out ${on}; ${users} shoppers met it`;
  });
}

/** Some roll-outs of each scenario. A hundred would take minutes: `rehearse` has threads for that. */
export function rehearsed(known: Known, visitsPerHour: number, group: number): Promise<RehearsalResult> {
  return rehearse({ rehearsal: rehearsalOf(known, visitsPerHour, group), runs: 3 });
}
