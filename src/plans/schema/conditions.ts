import * as z from 'zod/mini';
import { comparisons } from '../../core/comparisons.js';
import { lazily, named, optional, type Schema, text, use, words } from './values.js';

/** Who a rule is for, as data. The operands are looked at by the condition's own check, which says more than a schema could. */
export const condition: () => Schema = lazily(() => {
  const inner = z.lazy(condition);
  const pairs = Object.keys(comparisons).map((operator) =>
    z.strictObject({ [operator]: z.tuple([text(), z.unknown()]) }),
  );
  const some = z.array(inner).check(z.minLength(1));
  const all = [
    z.strictObject({ and: some }),
    z.strictObject({ or: some }),
    z.strictObject({ not: inner }),
    z.strictObject({ exists: text() }),
    z.strictObject({ arm: z.tuple([text(), text()]) }),
    use(),
    ...pairs,
  ] as const;
  return named('condition', 'Exactly one operator with its operands. Combine with and, or, not.', z.union(all));
});

/** When promotions may happen. */
export const calendarKeys = lazily(() => ({
  timeZone: optional(text()),
  windows: optional(
    z.array(
      z.strictObject({
        days: optional(z.array(words('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'))),
        from: text(),
        to: text(),
      }),
    ),
  ),
  freezes: optional(z.array(z.strictObject({ from: text(), to: text(), why: optional(text()) }))),
}));

export const calendar = lazily(() =>
  named(
    'calendar',
    'When promotions may happen: in any window, and in none of the freezes. Rollbacks never ask.',
    z.strictObject(calendarKeys()),
  ),
);
