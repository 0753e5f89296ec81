import type { Context } from '../../core/context.js';
import { recordOf } from '../../core/json.js';
import type { CellCounter } from '../../evidence/counter.js';
import { greatestValue, type Metric, type Metrics } from '../../evidence/metric.js';

/** The covariates of one request, by metric. */
export type CovariateValues = Readonly<Record<string, number>>;

/** Reads and counts the covariates of the metrics that have one. */
export class Covariates {
  readonly #metrics: readonly (readonly [name: string, metric: Metric<unknown>, attribute: string])[];

  constructor(metrics: Metrics) {
    this.#metrics = Object.entries(metrics).flatMap(([name, metric]) =>
      metric.covariate === undefined ? [] : [[name, metric, metric.covariate] as const],
    );
  }

  /** What the context says at the exposure, the only moment at which nothing can have been changed by the model yet. */
  of(context: Context): CovariateValues | undefined {
    if (this.#metrics.length === 0) return undefined;
    return recordOf(this.#metrics.map(([name, , attribute]) => [name, covariateOf(context[attribute])] as const));
  }

  /** Counts those of metrics per exposure, which have an observation whether or not anything is reported. */
  count(cell: CellCounter, values: CovariateValues, mark: number): void {
    for (const [name, metric] of this.#metrics) {
      if (metric.per === 'exposure') cell.addCovariate(name, metric, values[name] as number, mark);
    }
  }
}

/** 0 for what is no number: any fixed value will do, since it was known before the exposure. */
function covariateOf(value: unknown): number {
  return typeof value === 'number' && Math.abs(value) <= greatestValue ? value : 0;
}
