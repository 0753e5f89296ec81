import type { Issue } from '../core/errors.js';
import { isObject, own } from '../core/json.js';
import { show } from '../core/options.js';

/** What is read of zod's issues. */
interface ShapeIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[] | undefined;
  readonly errors?: readonly (readonly ShapeIssue[])[] | undefined;
  readonly discriminator?: string | undefined;
  readonly expected?: unknown;
  readonly values?: readonly unknown[] | undefined;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly inclusive?: unknown;
}

/** Zod's issues about `root`, which stands at `path`, in our words. */
export function shapeIssues(issues: readonly ShapeIssue[], root: unknown, path: string): readonly Issue[] {
  return issues.flatMap((issue) => issuesOf(issue, root, path));
}

function issuesOf(issue: ShapeIssue, root: unknown, path: string): readonly Issue[] {
  const value = issue.path.reduce(below, root);
  const at = `${path}${issue.path.map(step).join('')}`;
  const { keys, errors = [] } = issue;
  if (keys !== undefined) return keys.map((key) => ({ path: `${at}.${key}`, message: 'is not an option.' }));
  const near = nearest(errors, value);
  if (near !== undefined) return shapeIssues(near, value, at);
  return [{ path: at, message: `must be ${wanted(issue)} (was ${show(value)}).` }];
}

/** Of several things that a value may be, the only one that it comes nearest to. None where all issues are of the whole. */
function nearest(errors: readonly (readonly ShapeIssue[])[], value: unknown): readonly ShapeIssue[] | undefined {
  const near = errors
    .filter((issues) => !issues.some(isOfWhole))
    .map((issues) => ({ issues, cost: cost(issues, value) }));
  const least = Math.min(...near.map((one) => one.cost));
  const best = near.filter((one) => one.cost === least);
  return best.length === 1 ? best[0]?.issues : undefined;
}

/** It is of another type, or its kind is another one. */
const isOfWhole = ({ path, keys, discriminator, values }: ShapeIssue): boolean =>
  path.length === 0 ? keys === undefined : path.length === 1 && (discriminator !== undefined || values?.length === 1);

/** Keys that it has and should not have, and those that it should have. */
function cost(issues: readonly ShapeIssue[], value: unknown): number {
  return issues.reduce((sum, { path, keys = [] }) => {
    const [key] = path;
    return sum + (key === undefined ? keys.length : Number(below(value, key) === undefined));
  }, 0);
}

function wanted(issue: ShapeIssue): string {
  const { expected, values, minimum, maximum, inclusive, errors } = issue;
  if (errors !== undefined && errors.length > 0)
    return [...new Set(errors.flatMap(([first]) => first ?? []).map(wanted))].join(' or ');
  if (values !== undefined) return values.map(show).join(' or ');
  if (minimum !== undefined) return `${inclusive === true ? 'at least' : 'over'} ${String(minimum)}`;
  if (maximum !== undefined) return `${inclusive === true ? 'at most' : 'under'} ${String(maximum)}`;
  return own(articles, String(expected)) ?? `a ${String(expected)}`;
}

const articles: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
  int: 'a whole number',
  undefined: 'something else',
};

function below(value: unknown, key: PropertyKey): unknown {
  if (Array.isArray(value)) return value[Number(key)] as unknown;
  return isObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
}

const step = (key: PropertyKey): string => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`);

/** True where one path is the other, or lies above or below it. */
function onOneWay(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long.startsWith(short) && (long.length === short.length || '.['.includes(long.charAt(short.length)));
}

/** The issues of the classes, which say more, and those of the shape that are about something else. */
export function merged(ofClasses: readonly Issue[], ofShape: readonly Issue[]): readonly Issue[] {
  const more = ofShape.filter(({ path }) => !ofClasses.some((known) => onOneWay(known.path, path)));
  return [...ofClasses, ...more];
}
