import type { Clock } from '../core/clock.js';
import { TurnoutError } from '../core/errors.js';

/** Settles as `work` does, or rejects with `timeout` after `limitMs`; where the platform has no timers it just waits. */
export function withTimeLimit<T>(work: Promise<T>, limitMs: number, clock: Clock, what: string): Promise<T> {
  const { setTimer, clearTimer } = clock;
  if (setTimer === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimer.call(
      clock,
      () => reject(new TurnoutError('timeout', `${what} took more than ${limitMs} ms.`)),
      limitMs,
    );
    const stop = () => clearTimer?.call(clock, timer);
    work.then(
      (value) => {
        stop();
        resolve(value);
      },
      (error: unknown) => {
        stop();
        reject(error);
      },
    );
  });
}
