import murmur3 from 'murmurhash3js-revisited';
import { Canary, createRouter, hash32 } from 'turnout';
import { peers } from './peers.js';

// One run, one machine, the same keys: only the ratios mean anything. Rounds are interleaved, so that a slow moment hits all alike, and
// each figure is the median over the rounds.

const rounds = 25;
const units = Array.from({ length: 4096 }, (_, index) => `user-${(index * 2_654_435_761) >>> 0}`);
const contexts = units.map((targetingKey) => ({ targetingKey, country: 'DE' }));

interface Case {
  readonly name: string;
  /** Goes through all units once; what it returns keeps the work from being optimised away. */
  readonly run: () => unknown;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

function over<T>(items: readonly T[], work: (item: T) => unknown): () => unknown {
  return () => {
    let last: unknown;
    for (const item of items) last = work(item);
    return last;
  };
}

/** Nanoseconds per unit: the median of `rounds`, interleaved over the cases. */
async function time(cases: readonly Case[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map(cases.map(({ name }) => [name, [] as number[]]));
  const sink: unknown[] = [];
  for (let warmUp = 0; warmUp < 5; warmUp += 1) for (const { run } of cases) sink.push(await run());
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of cases) {
      const start = performance.now();
      sink[0] = await run();
      times.get(name)?.push(((performance.now() - start) * 1e6) / units.length);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

function print(
  title: string,
  results: ReadonlyMap<string, number>,
  base: string,
  budgets: Readonly<Record<string, string>> = {},
): void {
  const unit = results.get(base) as number;
  console.log(`\n${title}`);
  console.log(`${'case'.padEnd(48)}${'median'.padStart(12)}${`× ${base}`.padStart(20)}  budget`);
  for (const [name, nanoseconds] of results) {
    const ratio = (nanoseconds / unit).toFixed(2);
    console.log(
      `${name.padEnd(48)}${`${nanoseconds.toFixed(0)} ns`.padStart(12)}${ratio.padStart(20)}  ${budgets[name] ?? ''}`,
    );
  }
}

/** Bytes that a call leaves behind: the least growth of the heap over several rounds, each without a collection. */
function allocation(work: () => unknown): number {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  for (let warmUp = 0; warmUp < 500; warmUp += 1) work();
  const growths = Array.from({ length: 10 }, () => {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 20; i += 1) work();
    return (process.memoryUsage().heapUsed - before) / (20 * units.length);
  });
  return Math.max(0, Math.min(...growths));
}

const answer = { score: 1 };
const models = { v1: async () => answer, v2: async () => answer };
const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5 }] });
const router = createRouter({ name: 'bench', models, strategy, tickEveryMs: false });
const limited = createRouter({ name: 'bench-limited', models, strategy, tickEveryMs: false, timeoutMs: 1000 });
await Promise.all([router.ready(), limited.ready()]);
const others = await peers(units);
const seed = hash32('bench');
const encoder = new TextEncoder();

const deciding = await time([
  { name: 'hash32', run: over(units, (unit) => hash32(unit, seed)) },
  {
    name: 'murmurhash3js-revisited, encoded per call',
    run: over(units, (unit) => murmur3.x86.hash32(encoder.encode(unit), seed)),
  },
  { name: 'turnout route()', run: over(contexts, (context) => router.route(context)) },
  { name: 'turnout decide()', run: over(contexts, (context) => router.decide(context)) },
  ...others.map(({ name, decide }) => ({ name, run: over(units, decide) })),
]);
print('Deciding: a 50/50 split of the same keys', deciding, 'hash32', {
  'turnout route()': 'at most 1.5, and half of any SDK',
});
const fastest = Math.min(...others.map(({ name }) => deciding.get(name) as number));
console.log(
  `\nroute() takes ${((deciding.get('turnout route()') as number) / fastest).toFixed(2)} of the fastest SDK's time`,
);

const loop = (work: (context: (typeof contexts)[number]) => Promise<unknown>) => async () => {
  let last: unknown;
  for (const context of contexts) last = await work(context);
  return last;
};
const model = async () => answer;
const predicting = await time([
  { name: 'a bare awaited call', run: loop(() => model()) },
  { name: 'turnout predict()', run: loop((context) => router.predict(undefined, context)) },
  { name: 'turnout predict(), with a time limit', run: loop((context) => limited.predict(undefined, context)) },
]);
print('Predicting', predicting, 'a bare awaited call');
const bare = predicting.get('a bare awaited call') as number;
for (const [name, budget] of [
  ['turnout predict()', 1000],
  ['turnout predict(), with a time limit', 6000],
] as const) {
  console.log(`${name} adds ${((predicting.get(name) as number) - bare).toFixed(0)} ns (budget ${budget})`);
}

const bytes = allocation(over(contexts, (context) => router.route(context)));
console.log(`\nroute() allocates ${bytes.toFixed(2)} bytes per call (budget 0)`);

for (const { close } of others) close();
await Promise.all([router.close(), limited.close()]);
