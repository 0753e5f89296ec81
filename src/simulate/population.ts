import { type Context, defaultUnit } from '../core/context.js';
import { hash32 } from '../core/hash.js';
import {
  type Check,
  fraction,
  must,
  object,
  optional,
  positive,
  positiveCount,
  recordOf,
  text,
} from '../core/options.js';
import type { Rng } from '../core/rng.js';
import { exponential } from './variates.js';

/** What every population has. */
interface Shared {
  /** The attribute that names the unit. Default `targetingKey`. */
  readonly unit?: string;
  /** The fraction of requests without a unit. Default 0. */
  readonly anonymous?: number;
  /** Further attributes: for each its values with their weights. A unit keeps its own. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** So many units, who come again and again. */
export interface ClosedPopulation extends Shared {
  readonly units: number;
  /**
   * How uneven their requests are: 0 (default) is even; with 1 the busiest tenth makes a third of all requests, with 3
   * over half.
   */
  readonly skew?: number;
}

/** New units all the time, of whom some come back. */
export interface OpenPopulation extends Shared {
  /** The fraction of requests by units who were here before. */
  readonly returning: number;
  /** How many units ago, on average, those who return were new. Default 1000. */
  readonly recentUnits?: number;
}

/** Who makes the requests. */
export type Population = ClosedPopulation | OpenPopulation;

/** Everybody is new: the independent units that most formulas take for granted. */
export const strangers: OpenPopulation = { returning: 0 };

/** Somebody: a number that stands for the unit (-1: nobody known), and the context of the request. */
export interface Somebody {
  readonly id: number;
  readonly context: Context;
}

/** Where numbers of new units begin: there is room below it, and a hash of 32 bits above it. */
const firstUnit = 1_000_000_000;

/** Draws who comes next. Memory does not depend on how many units there are: a unit is its number. */
export class Crowd {
  readonly #tag: string;
  readonly #rng: Rng;
  readonly #unit: string;
  readonly #anonymous: number;
  readonly #attributes: readonly Attribute[];
  readonly #nextId: () => number;

  /**
   * `tag` keeps the units of one run apart from those of others: the same units would get the same arms in all of them.
   */
  constructor(population: Population, rng: Rng, tag: string) {
    this.#tag = tag;
    const { unit = defaultUnit, anonymous = 0, attributes = {} } = population;
    this.#rng = rng;
    this.#unit = unit;
    this.#anonymous = anonymous;
    this.#attributes = Object.entries(attributes).map(([name, weights]) => new Attribute(name, weights));
    this.#nextId = 'units' in population ? closed(population, rng) : open(population, rng);
  }

  next(): Somebody {
    // Nothing is drawn for what is not wanted.
    const isAnonymous = this.#anonymous > 0 && this.#rng.next() < this.#anonymous;
    const id = isAnonymous ? -1 : this.#nextId();
    const context: Record<string, unknown> = isAnonymous ? {} : { [this.#unit]: `${this.#tag}-${id}` };
    for (const attribute of this.#attributes) {
      context[attribute.name] = attribute.at(isAnonymous ? this.#rng.next() : attribute.placeOf(id));
    }
    return { id, context };
  }
}

function closed({ units, skew = 0 }: ClosedPopulation, rng: Rng): () => number {
  return () => Math.floor(units * rng.next() ** (1 + skew));
}

function open({ returning, recentUnits = 1000 }: OpenPopulation, rng: Rng): () => number {
  // The world did not begin with the simulation: those who return at its start were new before it.
  let newest = firstUnit;
  return () => {
    if (returning > 0 && rng.next() < returning) return newest - Math.floor(exponential(rng) * recentUnits);
    newest += 1;
    return newest;
  };
}

/** One attribute: a value for each place in [0, 1). */
class Attribute {
  readonly name: string;
  readonly #values: readonly string[];
  readonly #ends: readonly number[];
  readonly #seed: number;

  constructor(name: string, weights: Readonly<Record<string, number>>) {
    this.name = name;
    this.#seed = hash32(`attribute ${name}`);
    this.#values = Object.keys(weights);
    const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
    let end = 0;
    this.#ends = Object.values(weights).map((weight) => (end += weight / sum));
  }

  placeOf(id: number): number {
    return hash32(String(id), this.#seed) / 0x100000000;
  }

  at(place: number): string | undefined {
    const index = this.#ends.findIndex((end) => place < end);
    return this.#values[index < 0 ? this.#values.length - 1 : index];
  }
}

const weight = must('a number over 0', (value) => typeof value === 'number' && value > 0 && value < Infinity);
const shared = {
  unit: optional(text),
  anonymous: optional(fraction),
  attributes: optional(recordOf(recordOf(weight, { min: 1, max: 100 }), { max: 20 })),
};
const closedCheck = object({
  ...shared,
  units: positiveCount,
  skew: optional(must('a number from 0 to 20', (value) => typeof value === 'number' && value >= 0 && value <= 20)),
});
const openCheck = object({ ...shared, returning: fraction, recentUnits: optional(positive) });

/** The check of a population. */
export const populationCheck: Check = (value, path, issues) => {
  const isClosed = typeof value === 'object' && value !== null && 'units' in value;
  (isClosed ? closedCheck : openCheck)(value, path, issues);
};
