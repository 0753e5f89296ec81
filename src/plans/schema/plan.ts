import * as z from 'zod/mini';
import type { Json } from '../../core/json.js';
import { rehearsal } from './rehearsal.js';
import { strategy } from './strategies.js';
import { descriptions, lazily, options, positive, type Schema, text, words } from './values.js';

const metric = lazily(() => {
  const shared = options({ windowMs: positive(), better: words('higher', 'lower') });
  const more = { ...shared, ...options({ per: words('exposure', 'report'), covariate: text() }) };
  return z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('binary'), ...more }),
    z.strictObject({ type: z.literal('continuous'), cap: z.optional(positive()), ...more }),
    z.strictObject({ type: z.literal('ratio'), ...shared }),
  ]);
});

/** A whole plan. */
export const planSchema: () => Schema = lazily(() =>
  z.strictObject({
    name: text(),
    ...options({
      $schema: text(),
      description: text(),
      visits: words('many', 'one'),
      metrics: z.record(z.string(), metric()),
      rehearsal: rehearsal(),
    }),
    strategy: strategy(),
  }),
);

/**
 * The JSON Schema (draft 2020-12) of a plan, for editors: made anew at each call. The package has the same as `turnout/plans/schema.json`.
 * It knows shapes, words and simple limits; what holds between several keys, only `parsePlan` knows.
 */
export function planJsonSchema(): Json {
  const schema: unknown = z.toJSONSchema(planSchema(), { io: 'input', metadata: descriptions() });
  return { title: 'A plan of turnout', ...(schema as { readonly [key: string]: Json }) };
}
