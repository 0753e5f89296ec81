import { isObject } from '../../core/json.js';
import { exponential, linear } from '../../strategies/ramp.js';
import { type Stage, stagesCheck } from '../../strategies/stages.js';
import { keysOf, listOf, oneOfKinds, type Reader, say } from './reading.js';
import { gate } from './rules.js';

/** A stage, the dark time, or whatever else has gates. */
export const withGates = keysOf({ gates: listOf(gate) });

const instead = (): readonly Stage<never>[] => [{ share: 1 }];

const readRamp = oneOfKinds<readonly Stage<never>[]>({
  key: 'ramp',
  what: "a list of stages, or { ramp: 'linear' } or { ramp: 'exponential' }",
  makers: { linear, exponential },
  instead,
});

/** Stages one by one, or by what they grow. */
export const stages: Reader = (json, path, reading) => {
  if (!isObject(json)) return listOf(withGates)(json, path, reading);
  const steps = readRamp(withGates(json, path, reading), path, reading);
  // Each step has what the ramp says of all: a mistake in it stands in the ramp, once.
  const issues = [...new Map(found(steps).map((issue) => [issue.path, issue])).values()];
  for (const issue of issues) say(reading, `${path}${issue.path}`, issue.message);
  return issues.length > 0 ? instead() : steps;
};

function found(steps: readonly Stage<never>[]) {
  const issues: { path: string; message: string }[] = [];
  stagesCheck(steps, '', issues);
  return issues.map(({ path, message }) => ({ path: path.replace(/^\[\d+\]/, ''), message }));
}
