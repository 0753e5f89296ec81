import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Canary, binary, createRouter, maxErrorRate } from 'turnout';
import { redisStore } from 'turnout/stores/redis';
import { startRedis } from '../test/stores/redis-server.js';

// Routers in eight processes that meet on one Redis of this machine. The processes share its cores with each other and with the server,
// so reports per second are a lower bound; calls and bytes are exact, and so is the count of reports at the end.

const replicas = 8;
const tickEveryMs = 4000;
const busyMs = 12_000;

/** What the replicas meet on: Redis with or without its messages, or nothing, to compare with. */
type Meeting = 'hints' | 'polling' | 'nothing';

type Message =
  | { readonly kind: 'ready' | 'closed' }
  | { readonly kind: 'counted'; readonly reports: number }
  | { readonly kind: 'rolled back'; readonly at: number };

/** Microseconds on a clock that all processes share. */
const time = () => Number(process.hrtime.bigint() / 1000n);
const tell = (message: Message) => process.send?.(message);

/** One replica: counts as fast as it can when told to, and says when it first acts on a rollback. */
async function replica(port: number, meeting: Meeting): Promise<void> {
  const client = new Redis({ port });
  const router = createRouter({
    name: 'ranker',
    models: { v1: 'the old', v2: 'the new' },
    metrics: { clicked: binary() },
    strategy: new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.5, hold: true }],
      guardrails: [maxErrorRate(0.02)],
    }),
    ...(meeting !== 'nothing' && {
      store: redisStore({ client, ...(meeting === 'polling' && { subscriber: false }) }),
    }),
    tickEveryMs,
  });
  router.on('error', ({ operation, error }) => console.log(`${operation}: ${String(error)}`));
  await router.ready();
  const candidate = Array.from({ length: 100 }, (_, index) => ({ targetingKey: `unit ${index}` })).find(
    (context) => router.route(context).model === 'v2',
  );

  const count = async () => {
    let reports = 0;
    const end = performance.now() + busyMs;
    while (performance.now() < end) {
      for (let n = 0; n < 200; n += 1) {
        reports += 1;
        const decision = router.decide({ targetingKey: `unit ${reports}` });
        router.report(decision, { clicked: reports % 10 === 0 });
      }
      await turn();
    }
    await router.tick();
    tell({ kind: 'counted', reports });
  };
  const watch = async () => {
    const isCandidate = () => candidate !== undefined && router.route(candidate).model === 'v2';
    while (isCandidate()) await wait(1);
    tell({ kind: 'rolled back', at: time() });
  };
  process.on('message', (order) => {
    if (order === 'count') void count();
    if (order === 'watch') void watch();
    if (order === 'roll back') void router.rollback('the bench');
    if (order === 'close') void router.close().then(() => (client.disconnect(), tell({ kind: 'closed' })));
  });
  tell({ kind: 'ready' });
}

/** The replicas, asked and answering together. */
class Fleet {
  readonly #children: readonly ChildProcess[];

  constructor(size: number, port: number, meeting: Meeting) {
    const args = ['replica', String(port), meeting];
    this.#children = Array.from({ length: size }, () => fork(process.argv[1] as string, args));
  }

  /** Tells all of them, and gives what each answers. */
  async ask(order: string | undefined): Promise<readonly Message[]> {
    const answers = this.#children.map(async (child) => ((await once(child, 'message')) as [Message])[0]);
    if (order !== undefined) for (const child of this.#children) child.send(order);
    return Promise.all(answers);
  }

  tellOne(order: string): void {
    this.#children[0]?.send(order);
  }

  async end(): Promise<void> {
    await this.ask('close');
    for (const child of this.#children) child.kill();
  }
}

interface Traffic {
  readonly at: number;
  readonly calls: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

async function trafficOf(redis: Redis): Promise<Traffic> {
  const info = `${await redis.info('stats')}\n${await redis.info('commandstats')}`;
  const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? 0);
  return {
    at: performance.now(),
    calls: number(/cmdstat_evalsha:calls=(\d+)/) + number(/cmdstat_eval:calls=(\d+)/),
    bytesIn: number(/total_net_input_bytes:(\d+)/),
    bytesOut: number(/total_net_output_bytes:(\d+)/),
  };
}

const number = (value: number, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits });

function printTraffic(what: string, size: number, before: Traffic, after: Traffic): void {
  const seconds = (after.at - before.at) / 1000;
  const each = (of: 'calls' | 'bytesIn' | 'bytesOut') => (after[of] - before[of]) / seconds / size;
  const perTick = (of: 'calls' | 'bytesIn' | 'bytesOut') => each(of) * (tickEveryMs / 1000);
  console.log(
    `${what.padEnd(34)}${number(each('calls'), 1)} calls, ${number(each('bytesIn'))} B in, ${number(each('bytesOut'))} B out per replica ` +
      `and second; a tick: ${number(perTick('calls'), 1)} calls, ${number(perTick('bytesIn'))} B in, ${number(perTick('bytesOut'))} B out`,
  );
}

async function measure(size: number, meeting: Meeting): Promise<void> {
  const server = await startRedis();
  const redis = new Redis({ port: server.port });
  const fleet = new Fleet(size, server.port, meeting);
  await fleet.ask(undefined);
  console.log(`\n${size} replicas, a tick every ${tickEveryMs} ms, ${meeting}`);
  const before = await trafficOf(redis);
  const counted = await fleet.ask('count');
  const after = await trafficOf(redis);
  const reports = counted.reduce((sum, answer) => sum + (answer.kind === 'counted' ? answer.reports : 0), 0);
  console.log(`${number(reports / (busyMs / 1000))} decisions with reports per second in all`);
  if (meeting !== 'nothing') await measureStore(size, { redis, fleet, reports, before, after });
  await fleet.end();
  redis.disconnect();
  await server.remove();
}

interface Busy {
  readonly redis: Redis;
  readonly fleet: Fleet;
  readonly reports: number;
  readonly before: Traffic;
  readonly after: Traffic;
}

async function measureStore(size: number, { redis, fleet, reports, before, after }: Busy): Promise<void> {
  printTraffic('busy', size, before, after);
  const idleBefore = await trafficOf(redis);
  await wait(2 * tickEveryMs);
  printTraffic('idle', size, idleBefore, await trafficOf(redis));

  const acted = fleet.ask('watch');
  await wait(50);
  const ordered = time();
  fleet.tellOne('roll back');
  const times = (await acted).map((answer) => (answer.kind === 'rolled back' ? (answer.at - ordered) / 1000 : NaN));
  const sorted = times.toSorted((a, b) => a - b);
  console.log(
    `a rollback acts in its own process after ${number(sorted[0] ?? NaN, 1)} ms, in the last one after ${number(sorted.at(-1) ?? NaN, 1)} ms`,
  );
  const { evidence } = await redisStore({ client: redis }).readEvidence('ranker', 'nobody');
  const stored = evidence.strata
    .flatMap(({ cells }) => Object.values(cells))
    .reduce((sum, { metrics }) => sum + (metrics['clicked']?.n ?? 0), 0);
  console.log(`${number(stored)} of ${number(reports)} reports are in the evidence`);
  if (stored !== reports) process.exitCode = 1;
}

const [, , role, port, meeting] = process.argv;
if (role === 'replica') await replica(Number(port), meeting as Meeting);
else {
  await measure(1, 'nothing');
  await measure(1, 'hints');
  await measure(replicas, 'hints');
  await measure(replicas, 'polling');
}
