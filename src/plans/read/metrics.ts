import { binary, continuous, type Metric, type Metrics, metricsCheck, ratio } from '../../evidence/metric.js';
import { isObject } from '../../core/json.js';
import { oneOfKinds, type Reading, valuesOf } from './reading.js';

const metric = valuesOf(
  oneOfKinds<Metric<unknown>>({
    key: 'type',
    what: 'a metric, such as { "type": "binary" }',
    makers: { binary, continuous, ratio },
    instead: () => binary(),
  }),
);

/** The metrics that a plan declares. */
export function readMetrics(json: unknown, path: string, reading: Reading): Metrics {
  if (json === undefined) return {};
  const metrics = metric(json, path, reading);
  metricsCheck(metrics, path, reading.issues);
  return isObject(metrics) ? (metrics as Metrics) : {};
}
