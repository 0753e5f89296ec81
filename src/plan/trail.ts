import { defaultUnit } from '../core/context.js';
import type { Choose, Exposure, Mirror, Plan, PlanShadow, Reason, Route, RouteMirror, Serve, Split } from './plan.js';
import type { Placement } from './place.js';

/** A shadow met on the way down: its model may still be `same`, which only the end of the way can tell. */
interface MetShadow<M extends string> {
  readonly mirror: Mirror<M>;
  readonly shadow: PlanShadow<M>;
}

/** What a request gathers on its way from the root of a plan to a model. Each step makes a new one. */
export interface Trail<M extends string> {
  readonly exposures: readonly Exposure[];
  readonly shadows: readonly MetShadow<M>[];
  /** Outermost first. */
  readonly fallbacks: readonly M[];
  readonly reason: Reason;
  /** Where the request is answered: of nested instances the innermost. */
  readonly instance?: string;
}

/** From the weakest to the strongest: a route tells the strongest of the reasons met on its way. */
const strength: readonly Reason[] = ['static', 'targeting-match', 'split', 'missing-unit', 'pinned'];

export const emptyTrail: Trail<never> = { exposures: [], shadows: [], fallbacks: [], reason: 'static' };

function withReason<M extends string>(trail: Trail<M>, reason: Reason): Trail<M> {
  return strength.indexOf(reason) > strength.indexOf(trail.reason) ? { ...trail, reason } : trail;
}

function withFallback<M extends string>(trail: Trail<M>, fallback: M | undefined): Trail<M> {
  return fallback === undefined ? trail : { ...trail, fallbacks: [...trail.fallbacks, fallback] };
}

/** A shadow without a share (or with one that is not a number) is left out: there is nothing to draw. */
function withShadows<M extends string>(trail: Trail<M>, mirror: Mirror<M>): Trail<M> {
  const met = mirror.shadows.filter(({ share }) => share > 0).map((shadow) => ({ mirror, shadow }));
  return met.length === 0 ? trail : { ...trail, shadows: [...trail.shadows, ...met] };
}

/** Into a node, whichever way it then goes. */
export function enter<M extends string>(trail: Trail<M>, node: Plan<M>): Trail<M> {
  return node.op === 'mirror' ? withShadows(trail, node) : withFallback(trail, node.fallback);
}

/** Out of a match by a rule. Nothing is added by `otherwise`. */
export function afterRule<M extends string>(trail: Trail<M>): Trail<M> {
  return withReason(trail, 'targeting-match');
}

/** Out of a split or a choice by an arm. */
export function afterArm<M extends string>(
  trail: Trail<M>,
  plan: Split<M> | Choose<M>,
  { by, propensity }: Placement,
  { arm, instance }: { readonly arm: string; readonly instance?: string },
): Trail<M> {
  if (by === 'missing') return withReason(trail, 'missing-unit');
  const placed = instance === undefined ? trail : { ...trail, instance };
  // In the instance itself nothing is shared out: whoever sent the request here has done that.
  const isSettled = by === 'only' || by === 'here';
  const reasoned = isSettled ? placed : withReason(placed, by === 'pin' ? 'pinned' : 'split');
  if (plan.op === 'split' && !plan.counts) return reasoned;
  const exposure: Exposure = Object.freeze({
    node: plan.node,
    arm,
    epoch: plan.epoch,
    propensity,
    unit: plan.unit ?? defaultUnit,
    ...(by === 'pin' ? { pinned: true as const } : {}),
  });
  return { ...reasoned, exposures: [...reasoned.exposures, exposure] };
}

function routeMirror<M extends string>({ mirror, shadow }: MetShadow<M>, model: M): RouteMirror<M> {
  return Object.freeze({
    node: mirror.node,
    arm: shadow.arm,
    epoch: mirror.epoch,
    model: typeof shadow.model === 'string' ? shadow.model : model,
    share: shadow.share,
    salt: mirror.salt,
    ...(mirror.unit === undefined ? {} : { unit: mirror.unit }),
    ...(mirror.comparison === undefined ? {} : { comparison: mirror.comparison }),
  });
}

/** The route at the end of a trail. `plain` is told instead of `static` (a disabled or a stale plan). */
export function seal<M extends string>(trail: Trail<M>, serve: Serve<M>, plain: Reason): Route<M> {
  const { model, instance = trail.instance } = serve;
  return Object.freeze({
    model,
    fallbacks: Object.freeze([...new Set(trail.fallbacks.toReversed())].filter((fallback) => fallback !== model)),
    mirrors: Object.freeze(trail.shadows.map((met) => routeMirror(met, model))),
    exposures: Object.freeze([...trail.exposures]),
    reason: trail.reason === 'static' ? plain : trail.reason,
    ...(instance === undefined ? {} : { instance }),
  });
}
