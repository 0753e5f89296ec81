import type { Context } from '../../core/context.js';

/** What a model is told about the request besides its input. */
export interface Call {
  /** Aborts when nobody waits for the answer any more. Made when it is read, so reading it is what it costs. */
  readonly signal: AbortSignal;
  readonly context: Context;
  /** `shadow`: the output is compared and dropped, so leave side effects out. `check`: a test before a release. */
  readonly mode: 'live' | 'shadow' | 'check';
  readonly instance?: string;
}

/** A model with a life: `load` ends before the first call, `unload` begins after the last. */
export interface Model<I, O> {
  predict(input: I, call: Call): O | PromiseLike<O>;
  load?(): unknown;
  unload?(): unknown;
}

/** A model that is only a function. */
export type Predict<I, O> = (input: I, call: Call) => O | PromiseLike<O>;

/** Models by name: functions, objects with `predict`, or plain values, which are their own output. */
export type Models = Readonly<Record<string, unknown>>;

// A function without parameters accepts any input, and so does a plain value.
type FirstOf<A extends readonly unknown[]> = A extends readonly [] ? unknown : A[0];
type Signature<X> = X extends (...args: infer A) => infer R
  ? { in: FirstOf<A>; out: Awaited<R> }
  : X extends { predict(...args: infer A): infer R }
    ? { in: FirstOf<A>; out: Awaited<R> }
    : { in: unknown; out: Awaited<X> };

/** The input that every one of the models `M` accepts: an intersection. */
export type InputOf<Ms, M> = {
  [K in M & keyof Ms]: (input: Signature<Ms[K]>['in']) => void;
}[M & keyof Ms] extends (input: infer I) => void
  ? I
  : never;

/** The output that any one of the models `M` may give: a union. */
export type OutputOf<Ms, M> = Signature<Ms[M & keyof Ms]>['out'];

/** True for an object with `predict`, own or inherited; whether it is a function shows when it is called. */
export function hasPredict(model: unknown): model is Model<unknown, unknown> {
  return typeof model === 'object' && model !== null && 'predict' in model;
}

/** Calls a model by what it is. Throws what the model throws; a promise is returned as it is. */
export function callModel(model: unknown, input: unknown, call: Call): unknown {
  if (typeof model === 'function') return (model as Predict<unknown, unknown>)(input, call);
  return hasPredict(model) ? model.predict(input, call) : model;
}
