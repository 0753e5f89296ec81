import * as z from 'zod/mini';
import { calendar } from './conditions.js';
import { gate, guardrail } from './rules.js';
import {
  count,
  duration,
  flag,
  lazily,
  openFraction,
  options,
  positive,
  positiveCount,
  text,
  words,
} from './values.js';

/** Where units are looked for, and what they are hashed with. */
export const placement = lazily(() => options({ unit: text(), salt: text() }));

/** What every strategy with guardrails can be told. */
export const guarded = lazily(() =>
  options({ guardrails: z.array(guardrail()), alpha: openFraction(), mode: words('act', 'observe') }),
);

export const gates = lazily(() => z.array(gate()));

/** What a canary and a dark launch have in common. */
export const ramped = lazily(() => ({
  ...guarded(),
  ...placement(),
  ...options({
    // The word of the strategies' own options; the object is never awaited.
    // oxlint-disable-next-line no-thenable
    then: words('promote', 'keep'),
    calendar: calendar(),
    retry: z.strictObject({
      times: count(),
      afterMs: duration(),
      ...options({ sameUnits: flag(), maxFlipsPerHour: positiveCount() }),
    }),
    watch: z.strictObject({ forMs: positive(), share: openFraction() }),
    coolDownMs: duration(),
  }),
}));
