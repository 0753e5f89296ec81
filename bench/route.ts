import { hash32 } from '../src/core/hash.js';
import { seededRng } from '../src/core/rng.js';
import { type CompiledPlan, compilePlan } from '../src/plan/compile.js';
import { cutsOf, rampCuts, reallocate } from '../src/plan/cuts.js';
import type { Cut, Plan, Split } from '../src/plan/plan.js';

/**
 * One measured way to answer a request. `ratio` is to the bare hash of the same keys, `bytes` is allocated per request.
 */
export interface RouteRow {
  readonly name: string;
  readonly nanoseconds: number;
  readonly ratio: number;
  readonly bytes: number;
}

const keys = Array.from({ length: 1024 }, (_, index) => `user-${(index * 7919) % 100_003}`);
const contexts = keys.map((targetingKey, index) => ({ targetingKey, country: index % 2 === 0 ? 'DE' : 'FR' }));

function split(
  node: string,
  cuts: readonly Cut[],
  shares: readonly number[],
  plans: readonly Plan<string>[],
): Split<string> {
  const arms = shares.map((share, index) => ({ arm: `arm${index}`, share, plan: plans[index] as Plan<string> }));
  return { op: 'split', node, epoch: 1, salt: node, arms, cuts, missing: 'draw', counts: true };
}

const serve = (model: string): Plan<string> => ({ op: 'serve', model });
const canary = (share: number, node = 'canary', candidate = serve('v2')): Plan<string> =>
  split(node, rampCuts(share), [share, 1 - share], [candidate, serve('v1')]);

function manyArms(): Plan<string> {
  const rng = seededRng(1);
  const weights = () => {
    const raw = Array.from({ length: 10 }, () => 0.1 + rng.next());
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return raw.map((weight) => weight / sum);
  };
  let last = weights();
  let cuts = cutsOf(last);
  for (let i = 0; i < 1000; i += 1) cuts = reallocate(cuts, (last = weights()));
  return split(
    'bandit',
    cuts,
    last,
    last.map((_, index) => serve(`v${index}`)),
  );
}

const flag: Plan<string> = {
  op: 'match',
  node: 'flag',
  rules: [{ name: 'germany', when: { eq: ['country', 'DE'] }, plan: serve('v1') }],
  otherwise: canary(0.5),
};

const compiled = (plan: Plan<string>): CompiledPlan<string> => compilePlan(plan, { rng: seededRng(1) });

/** The ways that are measured, in the order of the table. The first is what the others are divided by. */
export function routeWays(): readonly { readonly name: string; readonly run: (index: number) => unknown }[] {
  const seed = hash32('canary');
  const plans: readonly (readonly [string, Plan<string>])[] = [
    ['route: one model', serve('v1')],
    ['route: canary 5 %', canary(0.05)],
    ['route: canary 50 %', canary(0.5)],
    ['route: flag with a rule, then 50 %', flag],
    ['route: test in a canary', canary(0.5, 'canary', canary(0.5, 'canary/test'))],
    ['route: bandit of 10 arms, re-weighted 1000 times', manyArms()],
  ];
  return [
    { name: 'bare hash32', run: (index) => hash32(keys[index] as string, seed) },
    ...plans.map(([name, plan]) => {
      const { route } = compiled(plan);
      return { name, run: (index: number) => route(contexts[index] as (typeof contexts)[number]) };
    }),
  ];
}

const rounds = 31;
const perRound = 200_000;

/** Medians over rounds that take turns, so that a slow moment of the machine hits every way alike. */
export function measureRoutes(): readonly RouteRow[] {
  const ways = routeWays();
  let kept: unknown;
  const times = ways.map((): number[] => []);
  const bytes = ways.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round += 1) {
    ways.forEach(({ run }, way) => {
      const heap = process.memoryUsage().heapUsed;
      const start = process.hrtime.bigint();
      for (let i = 0; i < perRound; i += 1) kept = run(i & 1023);
      (times[way] as number[]).push(Number(process.hrtime.bigint() - start) / perRound);
      const grown = process.memoryUsage().heapUsed - heap;
      // A collection within the round makes it negative: that round tells nothing.
      if (grown >= 0) bytes[way] = Math.min(bytes[way] as number, grown / perRound);
    });
  }
  if (kept === undefined) throw new Error('nothing was routed');
  const medians = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1] as number);
  return ways.map(({ name }, way) => ({
    name,
    nanoseconds: medians[way] as number,
    ratio: (medians[way] as number) / (medians[0] as number),
    bytes: bytes[way] as number,
  }));
}
