import { compareSemver, isSemver } from './semver.js';

/** Looks at the value of an attribute; a missing one is `undefined`. */
export type Test = (value: unknown) => boolean;

/** Makes the test from the operand, or says in words what the operand must be. */
type Comparison = (operand: unknown) => Test | string;

// Equality is for these alone. NaN and the infinities are not JSON, so no operand is one, and nothing equals them.
const isScalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value);
const scalar = 'a text, a finite number, true, false or null';

const equals: Comparison = (operand) => (isScalar(operand) ? (value) => value === operand : scalar);

const among: Comparison = (operand) => {
  // Checked as a set: `every` on the list would step over its holes, and a hole equals a missing attribute.
  const items = new Set<unknown>(Array.isArray(operand) ? operand : [undefined]);
  return [...items].every(isScalar) ? (value) => items.has(value) : `a list of items, each ${scalar}`;
};

/** The opposite for every value, a missing one included, so that `ne` says the same as `not` around `eq`. */
function opposite(comparison: Comparison): Comparison {
  return (operand) => {
    const test = comparison(operand);
    return typeof test === 'string' ? test : (value) => !test(value);
  };
}

/** `order` is NaN where the two cannot be ordered, and then no comparison holds. */
interface Order<T> {
  readonly be: string;
  accepts(operand: unknown): operand is T;
  order(value: unknown, operand: T): number;
}

const values: Order<number | string> = {
  be: 'a text or a finite number',
  accepts: (operand): operand is number | string => typeof operand === 'string' || Number.isFinite(operand),
  order: (value, operand) => {
    if (typeof value === 'number' && typeof operand === 'number') return value - operand;
    if (typeof value !== 'string' || typeof operand !== 'string') return Number.NaN;
    return value < operand ? -1 : Number(value > operand);
  },
};

const versions: Order<string> = {
  be: "a version such as '1.4.0' or '2.0.0-rc.1'",
  accepts: (operand): operand is string => typeof operand === 'string' && isSemver(operand),
  order: (value, operand) => (typeof value === 'string' ? compareSemver(value, operand) : Number.NaN),
};

function ordered<T>({ be, accepts, order }: Order<T>, holds: (order: number) => boolean): Comparison {
  return (operand) => (accepts(operand) ? (value) => holds(order(value, operand)) : be);
}

/** '' is refused: it is in every text, and a rule for everyone is hardly ever what an empty field meant. */
function partOf(holds: (text: string, part: string) => boolean): Comparison {
  return (operand) =>
    typeof operand === 'string' && operand !== ''
      ? (value) => typeof value === 'string' && holds(value, operand)
      : 'a text that is not empty';
}

const inText = partOf((text, part) => text.includes(part));

const contains: Comparison = (operand) => {
  const within = inText(operand);
  if (operand === '' || !isScalar(operand)) return `${scalar}, but not ''`;
  return (value) => (Array.isArray(value) ? value.includes(operand) : typeof within === 'function' && within(value));
};

const below = (order: number) => order < 0;
const upTo = (order: number) => order <= 0;
const same = (order: number) => order === 0;
const from = (order: number) => order >= 0;
const above = (order: number) => order > 0;

/** The operators that hold an attribute against an operand. `ne` stands first, so that it is the advice for `neq`. */
export const comparisons: Readonly<Record<string, Comparison>> = {
  ne: opposite(equals),
  eq: equals,
  in: among,
  notIn: opposite(among),
  lt: ordered(values, below),
  lte: ordered(values, upTo),
  gt: ordered(values, above),
  gte: ordered(values, from),
  startsWith: partOf((text, part) => text.startsWith(part)),
  endsWith: partOf((text, part) => text.endsWith(part)),
  contains,
  semverEq: ordered(versions, same),
  semverLt: ordered(versions, below),
  semverLte: ordered(versions, upTo),
  semverGt: ordered(versions, above),
  semverGte: ordered(versions, from),
};
