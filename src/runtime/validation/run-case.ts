import type { Clock } from '../../core/clock.js';
import { TurnoutError, messageOf } from '../../core/errors.js';
import { LiveCall } from '../calls/live-call.js';
import { callModel } from '../calls/model.js';
import type { Deadlines } from '../waiting/deadlines.js';
import type { Scorer, ValidationCase } from './validation-options.js';

/** What one call came to. */
export interface CaseRun {
  /** 0 where there was no output, or none that could be scored. */
  readonly score: number;
  /** Until the output was there; a failed call's too. */
  readonly latencyMs: number;
  readonly output?: unknown;
  readonly error?: string;
}

export interface CaseTools<I, E> {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly timeoutMs: number;
  readonly scorer: Scorer<I, never, E>;
}

/** Calls a model with a case and scores what it answers, within the time limit. Never rejects, unless `signal` aborts it. */
export function runCase<I, E>(
  model: unknown,
  one: ValidationCase<I, E>,
  { clock, deadlines, timeoutMs, scorer }: CaseTools<I, E>,
  signal: AbortSignal | undefined,
): Promise<CaseRun> {
  return new Promise((resolve, reject) => {
    const call = new LiveCall(one.context ?? {}, 'check', undefined);
    const startedAt = clock.elapsed();
    let latencyMs: number | undefined;
    const latency = () => latencyMs ?? clock.elapsed() - startedAt;
    const end = () => {
      deadline.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      end();
      reject(new TurnoutError('aborted', 'the validation was aborted'));
      LiveCall.abort(call, signal?.reason);
    };
    const deadline = deadlines.start(timeoutMs, () => {
      end();
      const error = new TurnoutError('timeout', `not done within ${timeoutMs} ms`);
      resolve({ score: 0, latencyMs: latency(), error: error.message });
      LiveCall.abort(call, error);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    const run = async (): Promise<CaseRun> => {
      const output = await callModel(model, one.input, call);
      latencyMs = clock.elapsed() - startedAt;
      const score = Number(await scorer(output as never, one));
      if (!(score >= 0 && score <= 1))
        throw new TurnoutError('domain', `the scorer gave ${score}, not a fraction in [0, 1]`);
      return { score, latencyMs, output };
    };
    run().then(
      (result) => {
        end();
        resolve(result);
      },
      (error: unknown) => {
        end();
        resolve({ score: 0, latencyMs: latency(), error: messageOf(error) });
      },
    );
  });
}
