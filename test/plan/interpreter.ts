import type { Context } from '../../src/core/context.js';
import type { Rng } from '../../src/core/rng.js';
import type { Exposure, Plan, Reason } from '../../src/plan/plan.js';
import { compact, oracleHash } from './plans.js';

/** What the interpreter has gathered so far; `rank` is the place of the reason in `reasons`. */
interface Gathered {
  readonly exposures: readonly Exposure[];
  readonly mirrors: readonly { readonly node: string; readonly arm: string; readonly model: unknown }[];
  readonly fallbacks: readonly string[];
  readonly rank: number;
}

const reasons: readonly Reason[] = ['static', 'targeting-match', 'split', 'missing-unit', 'pinned'];
const nothing: Gathered = { exposures: [], mirrors: [], fallbacks: [], rank: 0 };

function textOf(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return `${value as number}`;
  return typeof value === 'string' && value.length > 0 ? value : undefined;
}

/** The plan's meaning in the shortest form: no look-ups, nothing compiled, a hash that is not the library's. */
export function interpret(plan: Plan<string>, context: Context, rng: Rng, so: Gathered = nothing): unknown {
  const on = (next: Plan<string>, rank = 0, exposures: readonly Exposure[] = [], more: Partial<Gathered> = {}) => {
    const stable = plan.op !== 'mirror' && plan.fallback !== undefined ? [plan.fallback] : [];
    const fallbacks = [...stable, ...so.fallbacks];
    const all = {
      ...so,
      ...more,
      fallbacks,
      exposures: [...so.exposures, ...exposures],
      rank: Math.max(rank, so.rank),
    };
    return interpret(next, context, rng, all);
  };
  if (plan.op === 'serve') {
    const { model, instance, fallback } = plan;
    const fallbacks = new Set([...(fallback === undefined ? [] : [fallback]), ...so.fallbacks]);
    fallbacks.delete(model);
    const mirrors = so.mirrors.map((met) => (typeof met.model === 'string' ? met : { ...met, model }));
    const { exposures, rank } = so;
    return {
      model,
      fallbacks: [...fallbacks],
      mirrors,
      exposures,
      reason: reasons[rank],
      ...(instance ? { instance } : {}),
    };
  }
  if (plan.op === 'mirror') {
    const { node, epoch, salt, unit } = plan;
    const copies = plan.shadows.filter(({ share }) => share > 0);
    const met = copies.map(({ arm, model, share }) => compact({ node, epoch, salt, unit, arm, model, share }));
    return on(plan.primary, 0, [], { mirrors: [...so.mirrors, ...met] });
  }
  if (plan.op === 'match') {
    const rule = plan.rules.find(({ when }) => {
      if (typeof when === 'function') {
        try {
          return when(context);
        } catch {
          return false;
        }
      }
      const text = JSON.stringify(when);
      if (text === '{"use":"staff"}') return context['staff'] === true;
      return (context['country'] === 'DE') !== text.startsWith('{"not"');
    });
    return rule === undefined ? on(plan.otherwise) : on(rule.plan, 1);
  }
  if (plan.op === 'choose') throw new Error('choices have tests of their own');
  const { node, arms, cuts, epoch } = plan;
  const attribute = plan.unit ?? 'targetingKey';
  const exposure = (index: number, propensity: number, pinned?: true) => {
    const arm = arms[index]?.arm as string;
    return plan.counts ? [compact({ node, arm, epoch, propensity, unit: attribute, pinned }) as Exposure] : [];
  };
  const to = (index: number) => arms[index]?.plan as Plan<string>;
  const { pins } = context as { readonly pins?: unknown };
  const entries = typeof pins === 'object' && pins !== null && !Array.isArray(pins) ? Object.entries(pins) : [];
  const wanted = entries.find(([name]) => name === node)?.[1];
  const pinned = arms.findIndex(({ arm }) => arm === wanted);
  if (pinned >= 0) return on(to(pinned), 4, exposure(pinned, 1, true));
  const unit = textOf(context[attribute]);
  const only = cuts.length === 1 ? (cuts[0]?.arm as number) : -1;
  if (unit === undefined && plan.missing === 'last') return on(to(arms.length - 1), 3);
  if (only >= 0) return on(to(only), 0, exposure(only, 1));
  const hash = unit === undefined ? rng.next() * 2 ** 32 : oracleHash(unit, oracleHash(plan.salt));
  const index = cuts.find(({ below }) => hash < below)?.arm as number;
  return on(to(index), 2, exposure(index, arms[index]?.share as number));
}
