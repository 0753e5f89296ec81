import {
  ABTest,
  Canary,
  FeatureFlag,
  Shadow,
  binary,
  continuous,
  createRouter,
  maxErrorRate,
  systemClock,
} from 'turnout';

// A million requests of a million units, with reports, shadows, failures, tokens and hostile keys, through one router. What a router
// remembers must not grow with requests: the heap at the end is held against the heap after a tenth of them.

const requests = Number(process.argv[2] ?? 1_000_000);
// The window of remembered reports is bounded, but swings by half its size: some 2 MB.
const growthMaxBytes = 4 * 1024 * 1024;
const { gc } = globalThis as { readonly gc?: () => void };
if (gc === undefined) throw new Error('run with --expose-gc');

const failing = new Error('one in a hundred');
const models = {
  v1: (x: number) => x,
  v2: async (x: number) => {
    if (x % 100 === 0) throw failing;
    return x;
  },
  v3: (x: number) => -x,
};
// A second of wall time a request: eleven days of hourly buckets, which close and fold while it runs.
let now = 1_800_000_000_000;
const router = createRouter({
  name: 'soak',
  models,
  metrics: { clicked: binary(), revenue: continuous({ cap: 100 }) },
  clock: { ...systemClock, now: () => now },
  tickEveryMs: false,
  strategy: new FeatureFlag({
    off: 'v1',
    on: new Canary({
      baseline: new Shadow({ primary: 'v1', shadow: 'v3', share: 0.01 }),
      candidate: new ABTest({ arms: { a: 'v1', b: 'v2' }, primary: 'clicked' }),
      stages: [{ share: 0.5, hold: true }],
      guardrails: [maxErrorRate(0.5)],
    }),
  }),
});
router.on('error', () => {});
await router.ready();

const hostile = ['__proto__', '\ud800', 'constructor', '', 'é'.repeat(5000)];
const tokens: string[] = [];
const heap = () => {
  gc();
  return process.memoryUsage().heapUsed;
};

const checks: string[] = [];
let early = 0;
for (let i = 1; i <= requests; i += 1) {
  now += 1000;
  const targetingKey = i % 1000 === 0 ? (hostile[(i / 1000) % hostile.length] as string) : `user-${i}`;
  const { decision } = await router.predict(i, { targetingKey });
  if (i % 3 === 0) router.report(decision, { clicked: i % 7 === 0, revenue: i % 50 });
  if (i % 500 === 0) {
    tokens.push(decision.token);
    router.report(tokens[Math.floor(tokens.length / 2)] as string, { clicked: true });
    router.report('forged', { clicked: true });
    if (tokens.length > 100) tokens.length = 0;
    await new Promise((resolve) => setImmediate(resolve));
    await router.tick();
  }
  if (i === Math.floor(requests / 10)) early = heap();
  if (i % Math.floor(requests / 10) === 0) {
    console.log(`${i.toLocaleString('en').padStart(11)} requests  heap ${(heap() / 1e6).toFixed(2)} MB`);
  }
}
await router.tick();
const late = heap();
const { counters, root } = router.status();
if (late - early > growthMaxBytes) checks.push(`the heap grew by ${((late - early) / 1e6).toFixed(2)} MB`);
if (root.children[0]?.settled !== undefined) checks.push('the canary moved, so less was tried than was meant');
console.log(counters);
await router.close();
console.log(checks.length === 0 ? 'The heap is flat.' : checks.join('; '));
process.exitCode = checks.length === 0 ? 0 : 1;
