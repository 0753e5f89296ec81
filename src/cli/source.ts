import { type ConfigError, type Issue, isTurnoutError, messageOf } from '../core/errors.js';
import { isObject, own } from '../core/json.js';
import { type ParsedPlan, readPlan } from '../plans/parse-plan.js';
import type { Rehearsal } from '../simulate/rehearsal.js';
import { isStrategy } from '../strategies/children.js';
import { CommandError, exitCodes, type Terminal } from './terminal.js';

/** What a plan's file has come to. */
export interface Source {
  /** What a router needs; undefined for a module that exports only a rehearsal, and where too much is wrong. */
  readonly plan: Pick<ParsedPlan, 'name' | 'metrics' | 'strategy' | 'visits'> | undefined;
  readonly issues: readonly Issue[];
  /** What to rehearse with, as it was written, and where it stands. */
  readonly section: unknown;
  readonly sectionPath: string;
  /** A rehearsal that the module has made by itself. */
  readonly rehearsal?: Rehearsal;
  /** Functions that conditions name. */
  readonly conditions: Readonly<Record<string, () => boolean>>;
  /** Names that stand for nothing here: something harmless is in their place. */
  readonly unknown: readonly string[];
}

/** Reads a plan: JSON, or a module whose default export is one, or the parts of one, or a rehearsal. */
export async function readSource(file: string, use: string | undefined, terminal: Terminal): Promise<Source> {
  const named = use === undefined ? {} : exportsOf(await terminal.load(terminal.urlOf(use)));
  if (!/\.[cm]?[jt]sx?$/.test(file)) return fromJson(parsedJson(await terminal.readText(file), file), named);
  const exported = exportsOf(await terminal.load(terminal.urlOf(file)))['default'];
  return fromExport(exported, named);
}

/** The JSON of a file; a mistake in it is one of the plan. */
export function parsedJson(text: string, file: string): unknown {
  try {
    // Some editors begin a file with a mark that JSON does not know.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CommandError(exitCodes.planWrong, `${file} is not JSON: ${messageOf(error)}`);
  }
}

const exportsOf = (module: unknown) =>
  (typeof module === 'object' && module !== null ? module : {}) as Readonly<Record<string, unknown>>;

function fromExport(exported: unknown, named: Readonly<Record<string, unknown>>): Source {
  if (!isObject(exported)) {
    const issues = [
      { path: 'plan', message: 'must be the default export of the module: a plan, or defineRehearsal(…).' },
    ];
    return { ...nothing, plan: undefined, issues };
  }
  if (isRehearsal(exported)) return { ...nothing, plan: undefined, rehearsal: exported };
  const { plan: inner, conditions, ...rest } = exported;
  const plan = inner ?? rest;
  const functions = isObject(conditions) ? { ...named, ...conditions } : named;
  if (isObject(plan) && isStrategy(plan['strategy'])) {
    const { name = 'plan', metrics = {}, strategy, visits, rehearsal } = plan;
    const known = { name, metrics, strategy, visits: visits === 'one' ? 'one' : 'many' } as Source['plan'];
    const conditionsOf = conditionsFrom(Object.keys(functions), functions);
    return { ...nothing, plan: known, ...sectionOf(rehearsal, exported), conditions: conditionsOf };
  }
  const source = fromJson(inner === undefined ? jsonPart(rest) : inner, functions);
  return source.section === undefined ? { ...source, ...sectionOf(undefined, exported) } : source;
}

const planKeys = new Set(['$schema', 'name', 'description', 'visits', 'metrics', 'strategy', 'rehearsal']);

/** The keys of a plan alone, of a module that has the parts of a rehearsal beside them. */
function jsonPart(parts: Readonly<Record<string, unknown>>): unknown {
  const isPart = (key: string) => planKeys.has(key) || !('traffic' in parts);
  return Object.fromEntries(Object.entries(parts).filter(([key]) => isPart(key)));
}

/** What to rehearse with: a section of the plan, or what stands beside it. */
function sectionOf(
  section: unknown,
  exported: Readonly<Record<string, unknown>>,
): Pick<Source, 'section' | 'sectionPath'> {
  if (section !== undefined) return { section, sectionPath: 'plan.rehearsal' };
  if (!('traffic' in exported)) return { section: undefined, sectionPath: 'plan.rehearsal' };
  const beside = Object.entries(exported).filter(([key]) => key !== 'plan' && !planKeys.has(key));
  return { section: Object.fromEntries(beside), sectionPath: 'plan' };
}

function fromJson(json: unknown, named: Readonly<Record<string, unknown>>): Source {
  const unknown = new Set<string>();
  const find = (name: string, as: 'function' | 'moments') => {
    const found = own(named, name);
    if (found === undefined) unknown.add(name);
    return found ?? (as === 'function' ? harmless : { outcome: harmless, sumsIn: harmless });
  };
  const { plan, issues } = readPlan(json, {}, find);
  const names = namesIn(json);
  for (const name of names) if (own(named, name) === undefined) unknown.add(name);
  const conditions = conditionsFrom(names, named);
  return { ...nothing, plan, issues, section: plan?.rehearsal, conditions, unknown: [...unknown] };
}

const nothing: Source = {
  plan: undefined,
  issues: [],
  section: undefined,
  sectionPath: 'plan.rehearsal',
  conditions: {},
  unknown: [],
};
const harmless = (): undefined => undefined;

/** All names in `{ use: name }`, wherever they stand. */
function namesIn(json: unknown): readonly string[] {
  const names = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 100) return;
    if (isObject(value) && typeof value['use'] === 'string' && Object.keys(value).length === 1) names.add(value['use']);
    for (const below of Object.values(value)) visit(below, depth + 1);
  };
  visit(json, 0);
  return [...names];
}

function conditionsFrom(names: readonly string[], named: Readonly<Record<string, unknown>>): Source['conditions'] {
  const functionOf = (name: string) => {
    const found = own(named, name);
    return (typeof found === 'function' ? found : () => false) as () => boolean;
  };
  return Object.fromEntries(names.map((name) => [name, functionOf(name)]));
}

function isRehearsal(value: object): value is Rehearsal {
  if (!('run' in value && 'scenarios' in value)) return false;
  return typeof value.run === 'function' && isObject(value.scenarios);
}

/** The issues of an error, if it is one of ours about options. */
export function issuesOf(error: unknown): readonly Issue[] {
  if (isTurnoutError(error, 'config') && 'issues' in error) return (error as ConfigError).issues;
  throw error;
}
