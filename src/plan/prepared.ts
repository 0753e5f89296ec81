import type { Predicate } from '../core/conditions.js';
import type { Rng } from '../core/rng.js';
import type { Choose, Match, Mirror, Reason, Route, Serve, Split } from './plan.js';
import type { Trail } from './trail.js';

/** What a plan cannot bring along: chance, the functions its conditions name, and who is told of trouble. */
export interface CompileOptions {
  /** Draws the arm of a request that has no unit, where the plan says `missing: 'draw'`. */
  readonly rng: Rng;
  /** The functions that `{ use: name }` stands for. */
  readonly conditions?: Readonly<Record<string, Predicate>>;
  /** Told what conditions and policies threw, and which prerequisites ask for a node that is not there. */
  readonly onError?: (error: unknown) => void;
  /** Told by routes instead of `static`: `disabled`, `stale`. */
  readonly reason?: Reason;
}

export interface PreparedArm<M extends string> {
  readonly arm: string;
  /** Where a split places units on instances: one prepared arm for each of them. */
  readonly instance?: string;
  readonly next: Prepared<M>;
}

interface Common<M extends string> {
  readonly id: number;
  /** What an ordinary request has gathered when it gets here. */
  readonly trail: Trail<M>;
}

export interface PreparedServe<M extends string> extends Common<M> {
  readonly op: 'serve';
  readonly plan: Serve<M>;
  readonly route: Route<M>;
}

export interface PreparedSplit<M extends string> extends Common<M> {
  readonly op: 'split';
  readonly plan: Split<M>;
  readonly unit: string;
  readonly seed: number;
  readonly arms: readonly PreparedArm<M>[];
  readonly propensities: readonly number[];
  /** The one arm that has everything, or -1: then nothing needs to be hashed. */
  readonly only: number;
  readonly locate: (hash: number) => number;
  /** As `locate`, among the instances that serve an arm; absent without instances. */
  readonly locateIn?: (hash: number, arm: string) => number;
}

export interface PreparedRule<M extends string> {
  readonly name: string;
  readonly arm: string | undefined;
  readonly test: Predicate;
  readonly next: Prepared<M>;
}

export interface PreparedMatch<M extends string> extends Common<M> {
  readonly op: 'match';
  readonly plan: Match<M>;
  readonly rules: readonly PreparedRule<M>[];
  readonly otherwise: Prepared<M>;
}

export interface PreparedMirror<M extends string> extends Common<M> {
  readonly op: 'mirror';
  readonly plan: Mirror<M>;
  readonly primary: Prepared<M>;
}

export interface PreparedChoose<M extends string> extends Common<M> {
  readonly op: 'choose';
  readonly plan: Choose<M>;
  readonly unit: string;
  readonly seed: number;
  readonly arms: readonly PreparedArm<M>[];
  /** Reused by every request: what the policy last wrote, as fractions of their sum. */
  readonly weights: Float64Array;
}

/** A node with all that can be worked out before the first request comes. */
export type Prepared<M extends string> =
  | PreparedServe<M>
  | PreparedSplit<M>
  | PreparedMatch<M>
  | PreparedMirror<M>
  | PreparedChoose<M>;

/** A node at which a context is given an arm. */
export type Deciding<M extends string> = PreparedSplit<M> | PreparedMatch<M> | PreparedChoose<M>;

/** A plan with all that its walkers share. */
export interface Preparation<M extends string> {
  readonly root: Prepared<M>;
  readonly routes: readonly Route<M>[];
  readonly rng: Rng;
  readonly reason: Reason;
  readonly report: (error: unknown) => void;
}
