import type { Issue } from '../core/errors.js';
import { isObject, own } from '../core/json.js';
import { defineRehearsal, type Rehearsal, type Scenario } from '../simulate/rehearsal.js';
import { type ScenarioOptions, usualScenarios } from '../simulate/scenarios.js';
import type { ModelOutcomes } from '../simulate/simulated-model.js';
import { issuesOf, type Source } from './source.js';

/** What came of the section of a plan that says what it is rehearsed with. */
export interface BuiltRehearsal {
  readonly rehearsal: Rehearsal | undefined;
  readonly issues: readonly Issue[];
  /** As many runs, and this seed, unless the command says otherwise. */
  readonly runs: number | undefined;
  readonly seed: number | undefined;
}

/** Makes the rehearsal of a plan. Issues are told where the values stand in its file. */
export function rehearsalFrom({ plan, section, sectionPath, rehearsal, conditions }: Source): BuiltRehearsal {
  if (rehearsal !== undefined) return { rehearsal, issues: [], runs: undefined, seed: undefined };
  if (plan === undefined) return nothing([]);
  if (!isObject(section)) {
    return nothing([
      { path: sectionPath, message: 'must say what the plan is rehearsed with: traffic, models, forMs and scenarios.' },
    ]);
  }
  const { usual, scenarios = {}, runs, seed, ...simulation } = section;
  const issues: Issue[] = [];
  const all = {
    ...usualOf(usual, simulation['models'], `${sectionPath}.usual`, issues),
    ...(isObject(scenarios) ? scenarios : {}),
  };
  if (Object.keys(all).length === 0 && issues.length === 0)
    issues.push({
      path: `${sectionPath}.scenarios`,
      message: 'must have a scenario, or `usual` must name what the usual ones are about.',
    });
  const { name, metrics, strategy } = plan;
  // Whether it fits is what is checked here, at once.
  const definition = { simulation: { name, metrics, strategy, conditions, ...simulation }, scenarios: all } as never;
  const made = issues.length > 0 ? undefined : tried(() => defineRehearsal(definition), all, sectionPath, issues);
  const whole = (value: unknown) => (typeof value === 'number' ? value : undefined);
  return { rehearsal: made, issues, runs: whole(runs), seed: whole(seed) };
}

const nothing = (issues: readonly Issue[]): BuiltRehearsal => ({
  rehearsal: undefined,
  issues,
  runs: undefined,
  seed: undefined,
});

/** The usual scenarios; `like` names the model that the candidate is like. */
function usualOf(usual: unknown, models: unknown, path: string, issues: Issue[]): Readonly<Record<string, Scenario>> {
  if (!isObject(usual)) return {};
  const { like, ...options } = usual;
  const known = isObject(models) ? models : {};
  const outcomes = typeof like === 'string' ? own(known, like) : undefined;
  if (!isObject(outcomes)) {
    issues.push({
      path: `${path}.like`,
      message: `must be one of the models ${Object.keys(known).join(', ')} (was ${String(like)}).`,
    });
    return {};
  }
  try {
    // `usualScenarios` checks what it is given, and says what is wrong with it.
    return usualScenarios({ ...(options as unknown as ScenarioOptions<string>), like: outcomes as ModelOutcomes });
  } catch (error) {
    issues.push(...issuesOf(error).map((issue) => ({ ...issue, path: issue.path.replace(/^options/, path) })));
    return {};
  }
}

function tried(make: () => Rehearsal, scenarios: object, path: string, issues: Issue[]): Rehearsal | undefined {
  try {
    return make();
  } catch (error) {
    const told = new Set(issues.map((issue) => issue.path));
    for (const issue of issuesOf(error)) {
      const at = placeOf(issue.path, scenarios, path);
      // What stands in the section itself is wrong in each scenario, and is told once.
      if (!told.has(at)) issues.push({ ...issue, path: at });
      told.add(at);
    }
    return undefined;
  }
}

/** Where a value of `definition.scenarios.equal.traffic` stands: with the scenario if it brings its own, in the section, or in the plan. */
function placeOf(issuePath: string, scenarios: object, path: string): string {
  const inner = issuePath.replace(/^definition\.(?:simulation\.)?/, '');
  for (const [name, scenario] of Object.entries(scenarios)) {
    const prefix = `scenarios.${name}.`;
    if (!inner.startsWith(prefix)) continue;
    const rest = inner.slice(prefix.length);
    if (brings(scenario, rest)) return `${path}.${inner}`;
    return /^(?:name|metrics|strategy)\b/.test(rest) ? `plan.${rest}` : `${path}.${rest}`;
  }
  return `${path}.${inner}`;
}

/** Of models, a scenario may bring some and leave the others. */
function brings(scenario: unknown, rest: string): boolean {
  const [key = '', name = ''] = rest.split(/[.[]/);
  if (!isObject(scenario) || !Object.hasOwn(scenario, key)) return false;
  return key !== 'models' || (isObject(scenario[key]) && Object.hasOwn(scenario[key], name));
}

/** The issues of a plan and of its rehearsal together. Which models a strategy reaches is not known where it is wrong. */
export function together(ofPlan: readonly Issue[], ofRehearsal: readonly Issue[]): readonly Issue[] {
  const isKnown = !ofPlan.some(({ path }) => path.startsWith('plan.strategy'));
  const told = new Set(ofPlan.map(({ path }) => path));
  const more = ofRehearsal.filter(({ path }) => !told.has(path) && (isKnown || !/\.(?:models|reference)\b/.test(path)));
  return [...ofPlan, ...more];
}
