/** Decisions per second of every policy at 2, 10 and 100 arms: one by one (`choose`), and weights for a batch (`weights`). */
import {
  type ContextualPolicy,
  epsilonGreedy,
  exp3,
  inverseGapWeighting,
  klUcb,
  linearThompson,
  linUcb,
  moss,
  observeLinear,
  emptyLinearSums,
  type Policy,
  softmax,
  thompson,
  topTwoThompson,
  ucb1,
  ucb1Tuned,
} from '../src/bandits/index.js';
import { seededRng } from '../src/core/rng.js';

const counts = [2, 10, 100];
const policies: readonly Policy[] = [
  epsilonGreedy(),
  softmax(),
  ucb1(),
  ucb1Tuned(),
  moss(),
  klUcb(),
  thompson(),
  topTwoThompson(),
  exp3(),
];
const contextual: readonly ContextualPolicy[] = [linUcb(), linearThompson(), inverseGapWeighting()];

/** Calls per second, over at least a fifth of a second. */
function rateOf(work: () => unknown): number {
  for (let warmUp = 0; warmUp < 3; warmUp += 1) work();
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (elapsed < 200) {
    work();
    calls += 1;
    elapsed = performance.now() - start;
  }
  return (calls / elapsed) * 1000;
}

const shown = (rate: number) => Math.round(rate).toLocaleString('en').padStart(12);
const evidenceOf = (count: number) => ({
  arms: Array.from({ length: count }, (_, arm) => {
    const sum = 100 + ((arm * 37) % 50);
    return { n: 1000, sum, sumSq: sum, gain: sum * count };
  }),
});

console.log(`${'choose, per second'.padEnd(26)}${counts.map((count) => `${count} arms`.padStart(12)).join('')}`);
for (const policy of policies) {
  const rng = seededRng(1);
  const rates = counts.map((count) => {
    const evidence = evidenceOf(count);
    return rateOf(() => policy.choose(evidence, rng));
  });
  console.log(`${policy.name.padEnd(26)}${rates.map(shown).join('')}`);
}

console.log(`\n${'weights, per second'.padEnd(26)}${counts.map((count) => `${count} arms`.padStart(12)).join('')}`);
for (const policy of policies) {
  const rates = counts.map((count) => {
    const evidence = { ...evidenceOf(count), batch: 1000 };
    return rateOf(() => policy.weights(evidence));
  });
  console.log(`${policy.name.padEnd(26)}${rates.map(shown).join('')}`);
}

const dimension = 10;
console.log(`\n${'10 features, per second'.padEnd(26)}${counts.map((count) => `${count} arms`.padStart(12)).join('')}`);
for (const policy of contextual) {
  const rng = seededRng(1);
  const vector = () => [1, ...Array.from({ length: dimension - 1 }, () => rng.next())];
  const rates = counts.map((count) => {
    const arms = Array.from({ length: count }, () => {
      let sums = emptyLinearSums(dimension);
      for (let row = 0; row < 50; row += 1) sums = observeLinear(sums, vector(), rng.next());
      return sums;
    });
    const weigh = policy.fit(arms, 1);
    const out = new Float64Array(count);
    const x = vector();
    return rateOf(() => weigh(x, out));
  });
  console.log(`${policy.name.padEnd(26)}${rates.map(shown).join('')}`);
}
