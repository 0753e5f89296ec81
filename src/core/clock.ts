/** A handle that a clock gave out; only the same clock can read it. */
export type Timer = unknown;

/**
 * Time as an argument. `now` is wall time (ms since 1970; it may jump), `elapsed` is monotonic (ms since an arbitrary
 * start; only differences mean anything).
 */
export interface Clock {
  now(): number;
  elapsed(): number;
  /** Calls back once after `delayMs` (24 days at most) and keeps no process alive. Absent where there are no timers. */
  setTimer?(callback: () => void, delayMs: number): Timer;
  clearTimer?(timer: Timer): void;
}

// Platforms take a longer delay for none at all, and call back at once. Early by weeks is the lesser evil.
const longestDelayMs = 2 ** 31 - 1;

/** The platform's time. Wrappers, not references: a test or a polyfill may replace the globals after import. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer: (callback, delayMs) => {
    const timer: unknown = setTimeout(callback, Math.min(delayMs, longestDelayMs));
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
    return timer;
  },
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
