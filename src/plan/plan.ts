import type { Condition } from '../core/conditions.js';
import type { Context } from '../core/context.js';
import type { Comparison } from './comparison.js';

/** A range of [0, 2^32): from the previous cut's `below` up to this one's belongs to `arms[arm]`. */
export interface Cut {
  readonly below: number;
  readonly arm: number;
}

/** An arm of a split. `share` is its fraction of the units that reach the node. */
export interface PlanArm<M extends string> {
  readonly arm: string;
  readonly share: number;
  readonly plan: Plan<M>;
}

/** An instance that is ready for requests, and the index of the arm that it serves. */
export interface PlanInstance {
  readonly instance: string;
  readonly arm: number;
}

/** Answers with one model. `fallback` is tried when the model fails. */
export interface Serve<M extends string> {
  readonly op: 'serve';
  readonly model: M;
  readonly instance?: string;
  readonly fallback?: M;
}

/**
 * Shares units among arms. The baseline is the last arm: a missing unit under `missing: 'last'`, a cut that is not a number, and
 * whatever else cannot be placed falls to it. `counts: false` is for gates (coverage, layers, holdouts): no exposure.
 */
export interface Split<M extends string> {
  readonly op: 'split';
  readonly node: string;
  readonly epoch: number;
  readonly salt: string;
  /** The attribute that names the unit; `targetingKey` if absent. */
  readonly unit?: string;
  readonly arms: readonly PlanArm<M>[];
  readonly cuts: readonly Cut[];
  readonly missing: 'draw' | 'last';
  readonly counts: boolean;
  /**
   * Places units on these instances, by rendezvous hashing, instead of by the cuts: who gets an instance gets its arm, and a
   * request without a unit a random one. Exposures are counted by arm.
   */
  readonly instances?: readonly PlanInstance[];
  /** The instance that this process is: who comes here was placed here already, and no other arm is reached. */
  readonly here?: string;
  readonly fallback?: M;
}

/** A rule of a match: the first whose condition holds decides. `arm` is what a prerequisite on this node sees (default: its name). */
export interface PlanRule<M extends string> {
  readonly name: string;
  readonly when: Condition;
  readonly plan: Plan<M>;
  readonly arm?: string;
}

/** Chooses by conditions. Nothing is counted: who matches a rule was chosen, not drawn. */
export interface Match<M extends string> {
  readonly op: 'match';
  readonly node: string;
  readonly rules: readonly PlanRule<M>[];
  readonly otherwise: Plan<M>;
  readonly fallback?: M;
}

/** A copy of the request goes to `model` (`same`: to the primary once more, which measures noise); its output is dropped. */
export interface PlanShadow<M extends string> {
  readonly arm: string;
  readonly model: M | { readonly same: true };
  readonly share: number;
}

/** With a `unit`, the mirrored share is a share of units, always the same ones; without, each request is drawn. */
export interface Mirror<M extends string> {
  readonly op: 'mirror';
  readonly node: string;
  readonly epoch: number;
  readonly salt: string;
  readonly unit?: string;
  readonly primary: Plan<M>;
  readonly shadows: readonly PlanShadow<M>[];
  readonly comparison?: Comparison;
}

/** Shares units by weights that depend on the context. `out` has one place per arm, in their order, and must sum to 1. */
export interface Choose<M extends string> {
  readonly op: 'choose';
  readonly node: string;
  readonly epoch: number;
  readonly salt: string;
  readonly unit?: string;
  readonly arms: readonly PlanArm<M>[];
  readonly policy: { weights(context: Context, out: Float64Array): void };
  readonly fallback?: M;
}

/** What a state wants done with requests, as data: a closed set of five nodes, which is all that the router knows. */
export type Plan<M extends string> = Serve<M> | Split<M> | Match<M> | Mirror<M> | Choose<M>;

/** That a unit was given an arm. `propensity` is the chance of that arm, given the context and that the node was reached. */
export interface Exposure {
  readonly node: string;
  readonly arm: string;
  readonly epoch: number;
  readonly propensity: number;
  /** The attribute that named the unit. */
  readonly unit: string;
  /** The arm was forced by `context.pins`; counted apart. */
  readonly pinned?: true;
}

/** A shadow that a route asks for. `share` is drawn per request, or per unit where `unit` is given. */
export interface RouteMirror<M extends string> {
  readonly node: string;
  readonly arm: string;
  readonly epoch: number;
  readonly model: M;
  readonly share: number;
  readonly salt: string;
  readonly unit?: string;
  readonly comparison?: Comparison;
}

/** Why a route was taken: OpenFeature's reasons, and two of ours. */
export type Reason = 'static' | 'split' | 'targeting-match' | 'pinned' | 'missing-unit' | 'disabled' | 'stale';

/** Where a request goes. Built once per plan, frozen, and shared by all requests that take it. */
export interface Route<M extends string> {
  readonly model: M;
  /** The stable models of the enclosing nodes, innermost first, without `model` and without repeats. */
  readonly fallbacks: readonly M[];
  readonly mirrors: readonly RouteMirror<M>[];
  readonly exposures: readonly Exposure[];
  readonly reason: Reason;
  readonly instance?: string;
}
