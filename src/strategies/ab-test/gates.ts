import { rampCuts } from '../../plan/cuts.js';
import { hashSpace } from '../../plan/weights.js';
import type { Cut, Plan } from '../../plan/plan.js';
import type { Layer } from './options.js';

/** What all gates of a test have in common. */
export interface GateTerms<M extends string> {
  readonly node: string;
  readonly epoch: number;
  readonly unit: string | undefined;
  /** What becomes of a request without a unit: it stays outside, or is drawn. */
  readonly missing: 'draw' | 'last';
  /** Who does not get in gets this. */
  readonly outside: Plan<M>;
}

/**
 * Lets the units of `cuts` through to `inside`. A gate is a split of its own salt that counts nothing: widening it flips nobody between
 * the arms behind it, and who is kept out is no exposure.
 */
function gate<M extends string>(
  terms: GateTerms<M>,
  name: string,
  salt: string,
  share: number,
  cuts: readonly Cut[],
  inside: Plan<M>,
): Plan<M> {
  return {
    op: 'split',
    node: `${terms.node}:${name}`,
    epoch: terms.epoch,
    salt,
    ...(terms.unit !== undefined && { unit: terms.unit }),
    arms: [
      { arm: 'in', share, plan: inside },
      { arm: 'out', share: 1 - share, plan: terms.outside },
    ],
    cuts,
    missing: terms.missing,
    counts: false,
  };
}

/** A fraction of the units takes part. */
export function coverageGate<M extends string>(
  terms: GateTerms<M>,
  salt: string,
  coverage: number,
  inside: Plan<M>,
): Plan<M> {
  if (coverage === 1) return inside;
  return gate(terms, 'coverage', `${salt}:coverage`, coverage, rampCuts(coverage), inside);
}

/** A fraction of the units never takes part. */
export function holdoutGate<M extends string>(
  terms: GateTerms<M>,
  salt: string,
  holdout: number,
  inside: Plan<M>,
): Plan<M> {
  if (holdout === 0) return inside;
  return gate(terms, 'holdout', `${salt}:holdout`, 1 - holdout, rampCuts(1 - holdout), inside);
}

/** The units of a range of the layer take part. All tests of a layer hash with the same salt, whatever node they are. */
export function layerGate<M extends string>(terms: GateTerms<M>, layer: Layer | undefined, inside: Plan<M>): Plan<M> {
  if (layer === undefined) return inside;
  const { name, from, to } = layer;
  // Rounded alike in every test, so that ranges which meet neither overlap nor leave a gap.
  const ends = [from, to, 1].map((fraction) => Math.round(fraction * hashSpace));
  const cuts = ends.flatMap((below, index) => {
    const before = index === 0 ? 0 : (ends[index - 1] as number);
    return below > before ? [{ below, arm: index === 1 ? 0 : 1 }] : [];
  });
  return gate(terms, 'layer', `layer:${name}`, to - from, cuts, inside);
}
