import { type Check, all, duration, either, must, object, oneOf, optional, positive, verify } from '../core/options.js';

/** What a metric's numbers mean. `'~value'` only carries the type of what is reported. */
export interface Metric<V> {
  readonly type: 'binary' | 'continuous';
  readonly per: 'exposure' | 'report';
  readonly windowMs: number;
  readonly better: 'higher' | 'lower';
  /** Values are counted as min(value, cap), in [0, cap]. */
  readonly cap?: number;
  readonly '~value'?: V;
}

export type Metrics = Readonly<Record<string, Metric<unknown>>>;
