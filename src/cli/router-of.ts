import type { Metrics } from '../evidence/metric.js';
import { createRouter, type Router } from '../runtime/router.js';
import type { Models } from '../runtime/calls/model.js';
import { CommandError, exitCodes } from './terminal.js';
import type { Source } from './source.js';

/** A router of the plan at its beginning, whose models are never called. */
export function routerOf(
  plan: NonNullable<Source['plan']>,
  conditions: Source['conditions'],
): Router<Models, Metrics, string> {
  const { strategy } = plan;
  const models: Models = Object.fromEntries(strategy.models.map((model) => [model, neverCalled]));
  return createRouter<Models, typeof strategy, Metrics>({
    ...plan,
    models,
    conditions,
    load: 'lazy',
    tickEveryMs: false,
  });
}

function neverCalled(): never {
  throw new CommandError(exitCodes.internal, 'A model was called where only its name is known.');
}
