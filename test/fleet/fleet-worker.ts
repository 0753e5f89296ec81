import { openSync, writeSync } from 'node:fs';
import { Canary, type StateStore, continuous, createRouter, maxErrorRate } from 'turnout';
import { redisStore } from 'turnout/stores/redis';
import { clientNames, redisClients } from '../stores/redis-clients.js';
import type { LogLine, Order, OrderAnswer, WorkerOrder } from './fleet-log.js';
import { reportsIn, shareIn } from './fleet-log.js';

// A replica as a process of its own: a router that serves requests all the time, and notes what it does in a file before and after, so
// that nothing of it is lost when the process is killed.

const { worker, port, log, tickEveryMs } = JSON.parse(process.argv[2] as string) as WorkerOrder;
const file = openSync(log, 'a');
/** Monotonic, and the same for all processes of the machine. */
const time = () => Number(process.hrtime.bigint() / 1000n) / 1000;
const note = (line: LogLine) => writeSync(file, `${JSON.stringify({ ...line, at: time() })}\n`);

const clientName = clientNames[worker % clientNames.length] ?? 'ioredis 6';
const { client, end } = await redisClients[clientName](port);
/** A metric for each worker, so that it shows in the evidence who counted what. */
const mine = `by${worker}`;
const metrics = {
  by0: continuous(),
  by1: continuous(),
  by2: continuous(),
  by3: continuous(),
  by4: continuous(),
  by5: continuous(),
  by6: continuous(),
  by7: continuous(),
};
const one: Partial<Record<keyof typeof metrics, number>> = { [mine]: 1 };

/** The store, with each write noted before it is sent and after it is answered. */
function noting(store: StateStore): StateStore {
  return {
    ...store,
    addEvidence: async (key, writer, seq, delta) => {
      const sent = { writer, seq, reports: reportsIn(delta.strata, mine) };
      note({ kind: 'sent', ...sent });
      const answer = await store.addEvidence(key, writer, seq, delta);
      note({ kind: 'taken', ...sent, answer });
      return answer;
    },
    read: async (key, known) => {
      const began = time();
      const record = await store.read(key, known);
      if (key === 'ranker') note({ kind: 'read', began });
      return record;
    },
    compareAndSet: async (key, expected, next) => {
      if (key !== 'ranker') return store.compareAndSet(key, expected, next);
      const written = { revision: next.revision, share: shareIn(next.state), by: next.updatedBy };
      note({ kind: 'write', ...written });
      const answer = await store.compareAndSet(key, expected, next);
      note({ kind: 'written', ...written, ok: answer.ok });
      return answer;
    },
  };
}

const router = createRouter({
  name: 'ranker',
  models: { v1: 'the old', v2: 'the new' },
  metrics,
  strategy: new Canary({
    baseline: 'v1',
    candidate: 'v2',
    stages: [
      { share: 0.2, hold: true },
      { share: 0.4, hold: true },
      { share: 0.6, hold: true },
      { share: 0.8, hold: true },
    ],
    guardrails: [maxErrorRate(0.2)],
  }),
  // Half of them hear of changes, the others look for them.
  store: noting(redisStore({ client, sumUpEvery: 32, ...(worker % 2 === 1 && { subscriber: false }) })),
  replica: `worker ${worker}`,
  storeTimeoutMs: 500,
  tickEveryMs,
  history: ({ revision, node, to, why, replica, alert }) =>
    note({ kind: 'told', revision, replica, what: `${node} ${alert?.id ?? to} ${why}` }),
});
router.on('alert', ({ id }) => note({ kind: 'alert', id }));

/** The share of the candidate in the plan that requests are served by. */
function servedShare(): number {
  const { plan } = router.snapshot() as {
    plan: { op: string; model?: string; arms?: { arm: string; share: number }[] };
  };
  if (plan.op === 'serve') return plan.model === 'v2' ? 1 : 0;
  return plan.arms?.find(({ arm }) => arm === 'candidate')?.share ?? 0;
}

let served = 0;
let lastShare: number | undefined;
let isBad = false;

function noteShare(): void {
  const share = servedShare();
  if (share === lastShare) return;
  lastShare = share;
  const { revision, unstored } = router.status();
  note({ kind: 'serves', share, revision, unstored });
}

function serve(): void {
  noteShare();
  let counted = 0;
  for (let request = 0; request < 10; request += 1) {
    const decision = router.decide({ targetingKey: `unit ${worker}.${served + request}` });
    const error = isBad && decision.model === 'v2';
    if (router.report(decision, { error, latencyMs: 5, ...one })) counted += 1;
  }
  served += 10;
  note({ kind: 'served', reports: counted });
}

async function carryOut(order: Order): Promise<Partial<OrderAnswer>> {
  if (order === 'turn bad') isBad = true;
  if (order === 'turn good') isBad = false;
  // Asks the store now, however long it would be spared after its failures.
  if (order === 'tick') await router.tick();
  if (order === 'tick' || order === 'turn bad' || order === 'turn good' || order === 'status') {
    const { stale, revision, counters, unstored, root } = router.status();
    return { stale, revision, counters, unstored, share: servedShare(), phase: root.settled ?? root.phase };
  }
  const answering = order === 'roll back' ? router.rollback('an order') : router[order]();
  // Before anything could be awaited: what acts at once shows here.
  const shareAtOnce = servedShare();
  noteShare();
  const { accepted, reason } = await answering;
  return { accepted, reason: reason ?? '', shareAtOnce, share: servedShare() };
}

const serving = setInterval(serve, 10);
process.on('message', ({ id, order }: { id: number; order: Order | 'close' }) => {
  const answer = async () => {
    if (order !== 'close') return process.send?.({ id, ...(await carryOut(order)) });
    clearInterval(serving);
    await router.close();
    note({ kind: 'closed', counters: router.status().counters });
    process.send?.({ id }, () => {
      end();
      process.exit(0);
    });
  };
  void answer();
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
note({ kind: 'started' });
