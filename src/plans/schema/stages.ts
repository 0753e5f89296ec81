import * as z from 'zod/mini';
import { gate } from './rules.js';
import {
  count,
  duration,
  flag,
  fraction,
  lazily,
  named,
  number,
  optional,
  options,
  positive,
  text,
  words,
} from './values.js';

const atDeadline = lazily(() => words('wait', 'hold', 'advance', 'rollback'));

/** All of a stage but its name and its share. */
const stageKeys = lazily(() =>
  options({
    minAgeMs: duration(),
    minOutcomes: count(),
    maxAgeMs: duration(),
    hold: flag(),
    gates: z.array(gate()),
    approvalExpiresMs: positive(),
    onDeadline: atDeadline(),
    onInsufficient: atDeadline(),
    onInconclusive: atDeadline(),
    onError: atDeadline(),
  }),
);

/** The dark time of a dark launch. */
export const darkStage = lazily(() => z.strictObject(stageKeys()));

/** The steps of a ramp: one by one, or by what they grow. */
export const stages = lazily(() =>
  named(
    'stages',
    "The steps of a ramp, each larger than the one before; or { ramp: 'linear' | 'exponential' }, which makes them.",
    z.union([
      z
        .array(z.strictObject({ name: optional(text()), share: fraction(), ...stageKeys() }))
        .check(z.minLength(1), z.maxLength(100)),
      z.strictObject({
        ramp: z.literal('linear'),
        step: fraction(),
        ...options({ from: fraction(), to: fraction() }),
        ...stageKeys(),
      }),
      z.strictObject({
        ramp: z.literal('exponential'),
        from: fraction(),
        factor: number().check(z.gte(1.1)),
        to: optional(fraction()),
        ...stageKeys(),
      }),
    ]),
  ),
);
