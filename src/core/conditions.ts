import { comparisons } from './comparisons.js';
import type { Context } from './context.js';
import { ConfigError, type Issue, TurnoutError } from './errors.js';
import { isObject, type Json, own } from './json.js';
import { type Check, nearest, show } from './options.js';

/**
 * A condition as data: exactly one operator, whose value is its operands, such as `{ eq: ['country', 'DE'] }`. Two
 * operators side by side are a mistake, never silently one of them: `and` and `or` combine. See docs/conditions.md.
 */
export type JsonCondition = { readonly [operator: string]: Json };

/** Which requests a rule is for: as data, or as a function that returns true or false at once, without a promise. */
export type Condition = JsonCondition | ((context: Context) => boolean);

/** A compiled condition. */
export type Predicate = (context: Context) => boolean;

/** What a condition can only name, and whoever compiles it must know. */
export interface ConditionResolver {
  /** The function that `{ use: name }` stands for; undefined if there is none, which is a mistake. */
  readonly use: (name: string) => Predicate | undefined;
  /** Whether a context has this arm at another node: `{ arm: [node, arm] }`. */
  readonly arm: (node: string, arm: string) => Predicate;
  /** Told what a condition threw while it was evaluated. */
  readonly onError?: (error: unknown) => void;
}

const maxDepth = 32;
const maxSize = 10_000;
const never: Predicate = () => false;

/** One walk over a condition finds its mistakes and compiles it, so that the two can never disagree. */
interface Walk {
  readonly issues: Issue[];
  readonly resolver: ConditionResolver;
  /** How many operators and list items may still come. It bounds shared objects too, which a depth alone would not. */
  left: number;
}

function mistake(walk: Walk, path: string, message: string): Predicate {
  walk.issues.push({ path, message });
  return never;
}

function spend(walk: Walk, size: number, path: string): boolean {
  const before = walk.left;
  walk.left -= size;
  if (before >= 0 && walk.left < 0)
    mistake(walk, path, `must end here: ${maxSize} operators and list items are the most.`);
  return walk.left >= 0;
}

function build(value: unknown, path: string, depth: number, walk: Walk): Predicate {
  if (typeof value === 'function')
    return mistake(walk, path, 'must be data here. Give the function a name: { use: name }.');
  if (!isObject(value)) return mistake(walk, path, `must be a condition (was ${show(value)}).`);
  const operators = Object.keys(value);
  const [operator] = operators;
  if (operator === undefined || operators.length > 1) {
    const were = operators.slice(0, 5).join(', ') || 'none';
    return mistake(walk, path, `must have exactly one operator (was ${were}). Combine with { and: [...] }.`);
  }
  if (depth > maxDepth) return mistake(walk, path, `must be nested at most ${maxDepth} deep.`);
  if (!spend(walk, 1, path)) return never;
  const operand = value[operator];
  const structure = own(structures, operator);
  if (structure !== undefined) return structure(operand, `${path}.${operator}`, depth, walk);
  return compare(operator, operand, path, walk);
}

function compare(operator: string, operand: unknown, path: string, walk: Walk): Predicate {
  const comparison = own(comparisons, operator);
  if (comparison === undefined) {
    const known = Object.keys(comparisons).concat(Object.keys(structures));
    const near = nearest(operator, known);
    const advice = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`;
    return mistake(walk, `${path}.${operator}`, `is not an operator. ${advice}`);
  }
  const at = `${path}.${operator}`;
  if (!isPair(operand)) return mistake(walk, at, `must be [attribute, value] (was ${show(operand)}).`);
  const [name, expected] = operand;
  if (Array.isArray(expected) && !spend(walk, expected.length, `${at}[1]`)) return never;
  const test = comparison(expected);
  if (typeof test === 'string') mistake(walk, `${at}[1]`, `must be ${test} (was ${show(expected)}).`);
  if (!isName(name)) return mistake(walk, `${at}[0]`, `must be the name of an attribute (was ${show(name)}).`);
  if (typeof test === 'string') return never;
  const read = attribute(name);
  return (context) => test(read(context));
}

const isPair = (value: unknown): value is readonly [unknown, unknown] => Array.isArray(value) && value.length === 2;
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * Reads own keys only, so that a hostile name finds nothing that nobody put there. `plan.tier` looks for a key of just
 * that name first, then for `tier` in the object `plan`; lists are not looked into.
 */
function attribute(name: string): (context: Context) => unknown {
  const keys = name.split('.');
  return (context) => {
    if (keys.length === 1 || Object.hasOwn(context, name)) return own(context, name);
    let value: unknown = context;
    for (let i = 0; i < keys.length; i += 1) value = isObject(value) ? own(value, keys[i] as string) : undefined;
    return value;
  };
}

type Structure = (operand: unknown, path: string, depth: number, walk: Walk) => Predicate;

/** All or any of a list. An empty one is refused: it is a rule for everyone, or for no one, that nobody wrote down. */
function listed(verdict: boolean): Structure {
  return (operand, path, depth, walk) => {
    if (!Array.isArray(operand) || operand.length === 0)
      return mistake(walk, path, `must be a list of conditions (was ${show(operand)}).`);
    const parts: Predicate[] = [];
    for (let i = 0; i < operand.length && walk.left >= 0; i += 1)
      parts.push(build(operand[i], `${path}[${i}]`, depth + 1, walk));
    return (context) => {
      for (let i = 0; i < parts.length; i += 1) if ((parts[i] as Predicate)(context) === verdict) return verdict;
      return !verdict;
    };
  };
}

const structures: Readonly<Record<string, Structure>> = {
  and: listed(false),
  or: listed(true),
  not: (operand, path, depth, walk) => {
    const inner = build(operand, path, depth + 1, walk);
    return (context) => !inner(context);
  },
  exists: (operand, path, _depth, walk) => {
    if (!isName(operand)) return mistake(walk, path, `must be the name of an attribute (was ${show(operand)}).`);
    const read = attribute(operand);
    return (context) => {
      const value = read(context);
      return value !== undefined && value !== null;
    };
  },
  use: (operand, path, _depth, walk) => {
    const test = isName(operand) ? walk.resolver.use(operand) : undefined;
    if (test !== undefined) return strict(`condition ${show(operand)}`, test);
    return mistake(walk, path, `must be the name of a known function (was ${show(operand)}).`);
  },
  arm: (operand, path, _depth, walk) => {
    if (isPair(operand) && isName(operand[0]) && isName(operand[1])) return walk.resolver.arm(operand[0], operand[1]);
    return mistake(walk, path, `must be [node, arm] (was ${show(operand)}).`);
  },
};

/** Takes only true and false: a promise is truthy, so an async function would otherwise hold for everyone. */
function strict(what: string, test: Predicate): Predicate {
  return (context) => {
    const result: unknown = test(context);
    if (typeof result === 'boolean') return result;
    throw new TurnoutError('domain', `${what}: must return true or false, and at once (was ${show(result)}).`);
  };
}

function start(condition: unknown, path: string, walk: Walk): Predicate {
  if (typeof condition === 'function') return strict(path, condition as Predicate);
  return build(condition, path, 1, walk);
}

/** Any function, or a JSON condition without mistakes, at most 32 deep, of at most 10 000 operators and list items. */
export const conditionCheck: Check = (value, path, issues) => {
  start(value, path, { issues, resolver: { use: () => never, arm: () => never }, left: maxSize });
};

/**
 * The condition as a function that allocates nothing and never throws.
 *
 * An error inside it (a user's function that throws, or returns no boolean) makes the whole condition false and goes to
 * `onError`: were only the function false, a `not` around it would let everyone in. Throws a ConfigError for what
 * `conditionCheck` refuses and for a `use` that the resolver does not know.
 */
export function compileCondition(condition: Condition, resolver: ConditionResolver): Predicate {
  const issues: Issue[] = [];
  const holds = start(condition, 'condition', { issues, resolver, left: maxSize });
  if (issues.length > 0) throw new ConfigError('condition', issues);
  return (context) => {
    try {
      return holds(context);
    } catch (error) {
      resolver.onError?.(error);
      return false;
    }
  };
}

/** The nodes whose arms a condition asks for, each once: what a search for cycles needs. A function shows none. */
export function prerequisitesOf(condition: Condition): readonly string[] {
  const nodes = new Set<string>();
  const arm = (node: string) => {
    nodes.add(node);
    return never;
  };
  start(condition, 'condition', { issues: [], resolver: { use: () => never, arm }, left: maxSize });
  return [...nodes];
}
