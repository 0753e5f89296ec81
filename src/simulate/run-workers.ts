import { ConfigError, TurnoutError } from '../core/errors.js';
import type { RunSummary } from './run-summary.js';

/** A run that is to be made. */
export interface RunOrder {
  readonly scenario: string;
  readonly seed: number;
}

interface WorkerLike {
  on(event: 'message', listener: (answer: WorkerAnswer) => void): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
  postMessage(message: unknown, transfer: readonly never[]): void;
  terminate(): Promise<unknown>;
}

interface WorkerAnswer {
  readonly index: number;
  readonly summary?: RunSummary;
  readonly error?: string;
}

type WorkerThreads = { readonly Worker: new (code: string, options: object) => WorkerLike };

/**
 * What a thread runs. It has nothing of this library but what the user's own module imports: the rehearsal that the
 * module exports knows how to run itself, so that no path to a file of ours has to be found in a bundle.
 */
const code = `
const { parentPort, workerData } = require('node:worker_threads');
const loaded = import(workerData).then((module) => module.default);
parentPort.on('message', ({ index, scenario, seed }) => {
  loaded
    .then((rehearsal) => rehearsal.run(scenario, seed))
    .then((summary) => parentPort.postMessage({ index, summary }))
    .catch((error) => parentPort.postMessage({ index, error: String(error?.stack ?? error) }));
});
`;

/** Node's threads, without an import that a bundler for browsers would stumble over. */
function workerThreads(): WorkerThreads {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(name: string): WorkerThreads | undefined };
  };
  const threads = process?.getBuiltinModule?.('node:worker_threads');
  if (threads !== undefined) return threads;
  throw new ConfigError('rehearse', [
    { path: 'options.workers', message: 'needs Node 20.16 or later. Leave it out: the runs then follow one another.' },
  ]);
}

/** Makes runs in several threads; `onDone` is told of each as it ends, in no order. */
export async function runInWorkers(
  module: string,
  orders: readonly RunOrder[],
  workers: number,
  onDone: (index: number, summary: RunSummary) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { Worker } = workerThreads();
  const started = Array.from({ length: Math.min(workers, orders.length) }, () => {
    // Told where the module is, it loads it by itself.
    return new Worker(code, { eval: true, workerData: module });
  });
  let next = 0;
  let missing = orders.length;
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(new TurnoutError('aborted', 'The rehearsal was aborted.', { cause: signal?.reason }));
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort, { once: true });
      const give = (worker: WorkerLike) => {
        const order = orders[next];
        if (order !== undefined) worker.postMessage({ index: next, ...order }, []);
        next += 1;
      };
      for (const worker of started) {
        worker.on('error', reject);
        worker.on('exit', () =>
          reject(new TurnoutError('aborted', 'A thread of the rehearsal ended before its work.')),
        );
        worker.on('message', ({ index, summary, error }) => {
          if (summary === undefined) {
            reject(new TurnoutError('aborted', `A run failed in its thread: ${error}`));
            return;
          }
          onDone(index, summary);
          missing -= 1;
          if (missing === 0) resolve();
          else give(worker);
        });
        give(worker);
      }
    });
  } finally {
    await Promise.all(started.map((worker) => worker.terminate()));
  }
}
