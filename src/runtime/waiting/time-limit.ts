import { TurnoutError } from '../../core/errors.js';
import type { Deadlines } from './deadlines.js';

/** Settles as `work` does, or rejects with `timeout` after `limitMs`; where the platform has no timers it just waits. */
export function withTimeLimit<T>(work: Promise<T>, limitMs: number, deadlines: Deadlines, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const deadline = deadlines.start(limitMs, () => {
      reject(new TurnoutError('timeout', `${what} took more than ${limitMs} ms.`));
    });
    work.then(resolve, reject).finally(() => deadline.cancel());
  });
}
