import { Canary, binary, maxErrorRate, maxLatency, noWorseThan } from 'turnout';
import { simulate } from 'turnout/simulate';

// A million requests through a whole roll-out, with reports, returning users and three guardrails, and the same plan
// with a tenth of them, which tells what the looks cost: the time must be a few seconds on one core, and the heap must
// not grow with requests.

const requests = Number(process.argv[2] ?? 1_000_000);
const { gc } = globalThis as { readonly gc?: () => void };
if (gc === undefined) throw new Error('run with --expose-gc');

const [minute, hour] = [60_000, 3_600_000];
/** A few seconds, with room for a machine that is busy. */
const budgetSeconds = 8;
const growthMaxBytes = 4 * 1024 * 1024;
const like = {
  errorRate: 0.01,
  latencyMs: { medianMs: 80 },
  metrics: { clicked: { rate: 0.3, delayMs: minute } },
};

/** The time of the processor, since others may be at work on the machine. */
function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function run(count: number) {
  const forMs = 3 * hour;
  const heaps: number[] = [];
  let seen = 0;
  let spent = 0;
  let since = process.cpuUsage();
  const result = await simulate({
    strategy: new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [
        { share: 0.05, minAgeMs: 30 * minute, minOutcomes: 500 },
        { share: 0.25, minAgeMs: 45 * minute },
        { share: 0.5, minAgeMs: 45 * minute },
      ],
      guardrails: [maxErrorRate(0.05), maxLatency({ quantile: 0.95, ms: 400 }), noWorseThan('clicked')],
    }),
    metrics: { clicked: binary() },
    models: { v1: like, v2: like },
    traffic: { perHour: count / 4.4, daily: { peakHour: 1.5, peakToTrough: 3 } },
    population: { returning: 0.5 },
    forMs,
    onRequest: () => {
      seen += 1;
      if (seen % Math.floor(count / 5) !== 0) return;
      spent += secondsSince(since);
      gc?.();
      heaps.push(process.memoryUsage().heapUsed);
      since = process.cpuUsage();
    },
  });
  return { seconds: spent + secondsSince(since), heaps, result };
}

const few = await run(requests / 10);
const many = await run(requests);
const checks: string[] = [];
for (const { seconds, heaps, result } of [few, many]) {
  const { served } = result.requests;
  const megabytes = heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ');
  const per = ((seconds * 1e6) / served).toFixed(2);
  console.log(
    `${served.toLocaleString('en').padStart(11)} requests  ${seconds.toFixed(2).padStart(6)} s  ` +
      `${per.padStart(6)} µs each  ` +
      `${result.ticks} ticks  heap ${megabytes} MB  ${result.settled?.as ?? 'undecided'}`,
  );
}
if (many.seconds > (budgetSeconds * requests) / 1_000_000) checks.push(`over ${budgetSeconds} s a million`);
// The window of remembered reports is bounded, and full after two fifths.
const [, early = 0, ...later] = many.heaps;
const growth = Math.max(...later) - early;
if (growth > growthMaxBytes) checks.push(`the heap grew by ${(growth / 1e6).toFixed(2)} MB`);
console.log(checks.length === 0 ? 'Within its budget.' : checks.join('; '));
process.exitCode = checks.length === 0 ? 0 : 1;
