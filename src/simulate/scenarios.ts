import { ConfigError } from '../core/errors.js';
import { own } from '../core/json.js';
import { type Level, mapLevel } from './level.js';
import type { Scenario } from './rehearsal.js';
import type { ModelOutcomes } from './simulated-model.js';

/** What the usual scenarios are made from. */
export interface ScenarioOptions<M extends string> {
  /** The model that is released. */
  readonly candidate: M;
  /** What comes of the baseline, and of a candidate that is like it. */
  readonly like: ModelOutcomes;
  /** What the candidate may be better or worse in: a metric of `like`, or `'error'`. */
  readonly metric: string;
  /** By how much, in the metric's unit (a rate: as a fraction). */
  readonly better: number;
  readonly worse: number;
  /** More of the metric is better. Default true, and false for `'error'`. */
  readonly moreIsBetter?: boolean;
  /** How many times as long the slow one takes. Default 2. */
  readonly slowBy?: number;
  /** The error rate of the crashing one. Default 0.5. */
  readonly crashRate?: number;
  /** How long the drifting one takes from being like the baseline to being `worse`. Default a day. */
  readonly driftMs?: number;
}

export type UsualScenario = 'equal' | 'better' | 'worse' | 'slow' | 'crashing' | 'drifting';

const dayMs = 86_400_000;

/**
 * The scenarios that every plan should be held against; add your own beside them. Throws ConfigError for an unknown
 * metric.
 */
export function usualScenarios<const M extends string>(
  options: ScenarioOptions<M>,
): Readonly<Record<UsualScenario, Scenario<M>>> {
  const { candidate, like, metric, better, worse, slowBy = 2, crashRate = 0.5, driftMs = dayMs } = options;
  const up = options.moreIsBetter ?? metric !== 'error';
  const by = (amount: number) => shifted(like, metric, up ? amount : -amount);
  const scenario = (truth: Scenario['truth'], says: string, model: ModelOutcomes): Scenario<M> => {
    // `candidate` is one of M, which a computed key does not tell the types.
    return { truth, says, models: { [candidate]: model } as unknown as NonNullable<Scenario<M>['models']> };
  };
  return {
    equal: scenario('harmless', 'like the baseline', like),
    better: scenario('harmless', `better by ${better} in ${metric}`, by(better)),
    worse: scenario('harmful', `worse by ${worse} in ${metric}`, by(-worse)),
    slow: scenario('harmful', `${slowBy} times as slow`, slowed(like, slowBy)),
    crashing: scenario('harmful', `fails ${crashRate * 100} % of its calls`, { ...like, errorRate: crashRate }),
    drifting: scenario('harmful', `worse by up to ${worse} in ${metric}`, drifted(like, by(-worse), metric, driftMs)),
  };
}

function levelOf(model: ModelOutcomes, metric: string): Level {
  if (metric === 'error') return model.errorRate ?? 0;
  const of = own(model.metrics ?? {}, metric);
  if (of === undefined) {
    const known = [...Object.keys(model.metrics ?? {}), 'error'].join(', ');
    throw new ConfigError('usualScenarios', [
      { path: 'options.metric', message: `must be something that \`like\` has: ${known} (was '${metric}').` },
    ]);
  }
  return 'mean' in of ? of.mean : of.rate;
}

function withLevel(model: ModelOutcomes, metric: string, level: Level): ModelOutcomes {
  if (metric === 'error') return { ...model, errorRate: level };
  const of = own(model.metrics ?? {}, metric);
  const changed = of !== undefined && 'mean' in of ? { ...of, mean: level } : { ...of, rate: level };
  return { ...model, metrics: { ...model.metrics, [metric]: changed } };
}

const isChance = (model: ModelOutcomes, metric: string): boolean => {
  const of = own(model.metrics ?? {}, metric);
  return of === undefined || !('mean' in of);
};

function shifted(model: ModelOutcomes, metric: string, amount: number): ModelOutcomes {
  const clamp = (value: number) => (isChance(model, metric) ? Math.min(1, Math.max(0, value)) : value);
  return withLevel(
    model,
    metric,
    mapLevel(levelOf(model, metric), (value) => clamp(value + amount)),
  );
}

function slowed(model: ModelOutcomes, factor: number): ModelOutcomes {
  const { latencyMs = 0 } = model;
  const times = (value: number) => value * factor;
  if (typeof latencyMs === 'number' || !('medianMs' in latencyMs)) {
    return { ...model, latencyMs: mapLevel(latencyMs, times) };
  }
  return { ...model, latencyMs: { ...latencyMs, medianMs: mapLevel(latencyMs.medianMs, times) } };
}

/** From one to the other in a straight line; of levels that change by themselves, between their first values. */
function drifted(from: ModelOutcomes, to: ModelOutcomes, metric: string, overMs: number): ModelOutcomes {
  const first = (level: Level) => (typeof level === 'number' ? level : (level[0]?.[1] ?? 0));
  return withLevel(from, metric, [
    [0, first(levelOf(from, metric))],
    [overMs, first(levelOf(to, metric))],
  ]);
}
