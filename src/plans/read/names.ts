import { isObject } from '../../core/json.js';
import { show } from '../../core/options.js';
import { type NamedAs, type Reader, say, sayUnknown } from './reading.js';

const nothing = () => undefined;
/** What passes for what a name stands for, where it stands for nothing. */
const standIns: Readonly<Record<NamedAs, unknown>> = {
  function: nothing,
  moments: { outcome: nothing, sumsIn: nothing },
};

/** True for `{ use: name }`. */
export function isNamed(json: unknown): json is { readonly use: string } {
  return isObject(json) && typeof json['use'] === 'string' && Object.keys(json).length === 1;
}

const readNamed =
  (as: NamedAs): Reader =>
  (json, path, reading) => {
    if (!isNamed(json)) {
      say(reading, path, `must be { "use": name }, the name of a function in the program (was ${show(json)}).`);
      return standIns[as];
    }
    const found = reading.named(json.use, as);
    if (found !== undefined) return found;
    say(
      reading,
      `${path}.use`,
      `must be the name of something in the option \`use\` of parsePlan (was ${show(json.use)}).`,
    );
    return standIns[as];
  };

/** A function, by its name. */
export const functionNamed = readNamed('function');
/** The moments of a contextual bandit, by their name: the program needs them too, to report rewards. */
export const momentsNamed = readNamed('moments');

/** A metric that rules may name. */
export const metricName: Reader = (json, path, reading) => {
  if (typeof json === 'string' && json !== '' && !reading.metrics.includes(json))
    sayUnknown(reading, path, json, reading.metrics);
  return json;
};

/** A model that arms may lead to. */
export const modelName: Reader = (json, path, reading) => {
  const { models } = reading;
  if (typeof json === 'string' && json !== '' && models !== undefined && !models.includes(json))
    sayUnknown(reading, path, json, models);
  return json;
};
