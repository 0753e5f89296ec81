import { need } from '../domain.js';
import { type Belief, needBelief } from './posterior.js';
import { type Node, quadrature } from './quadrature.js';

const armsMax = 100;

function needArms(where: string, arms: readonly Belief[]): void {
  const count = Array.isArray(arms) ? arms.length : 0;
  need(count >= 1 && count <= armsMax, where, 'arms', `a list of 1 to ${armsMax} beliefs`, count);
  arms.forEach((arm, index) => {
    needBelief(where, `arms[${index}]`, arm);
    const alike = 'alpha' in arm === 'alpha' in (arms[0] as Belief);
    need(alike, where, `arms[${index}]`, 'of the same kind as the first: all beta or all normal', arm);
  });
  const means = arms.map((arm) => ('mean' in arm ? arm.mean : 0));
  const least = 1e-10 * (Math.max(...means) - Math.min(...means));
  const known = arms.every((arm) => 'alpha' in arm || arm.sd >= least);
  need(known, where, 'arms', 'normal with an sd of at least 1e-10 of the distance between their means', least);
}

function integral(nodes: readonly Node[], value: (node: Node) => number): number {
  return nodes.reduce((sum, node) => sum + node.weight * value(node), 0);
}

type Point = Node['arms'][number];

/**
 * For each arm the probability that its true value is the highest (or with `lowerIsBetter` the lowest), by quadrature: no
 * chance, some 1e-9 of error, and zero-data arms are as good as their prior says. 1 to 100 arms of one kind.
 *
 * It is not an error rate: with identical arms and daily looks one of them passes .95 sooner or later in a fifth of all
 * tests. Use it to share traffic; promote by an e-value.
 */
export function probBest(arms: readonly Belief[], options: { readonly lowerIsBetter?: boolean } = {}): number[] {
  needArms('probBest', arms);
  const nodes = quadrature(arms);
  const beaten = options.lowerIsBetter === true ? 'above' : 'below';
  return arms.map((_, best) =>
    Math.min(
      1,
      integral(nodes, (node) =>
        node.arms.reduce((product, arm, i) => product * (i === best ? arm.density : arm[beaten]), 1),
      ),
    ),
  );
}

/** The probability that the true value of `b` is greater than that of `a`, right to about 1e-10 also where it is tiny. */
export function probBGreaterA(a: Belief, b: Belief): number {
  needArms('probBGreaterA', [a, b]);
  return Math.min(
    1,
    integral(quadrature([a, b]), ({ arms }) => (arms[1] as Point).density * (arms[0] as Point).below),
  );
}

/** What choosing an arm is expected to lose, in the unit of the value, if the other one is better: E max(0, other - chosen). */
export function expectedLoss(a: Belief, b: Belief): { readonly chooseA: number; readonly chooseB: number } {
  needArms('expectedLoss', [a, b]);
  const nodes = quadrature([a, b]);
  return {
    // The mean of a positive part is the integral of P(chosen < x) P(other > x).
    chooseA: integral(nodes, ({ arms, slope }) => slope * (arms[0] as Point).below * (arms[1] as Point).above),
    chooseB: integral(nodes, ({ arms, slope }) => slope * (arms[1] as Point).below * (arms[0] as Point).above),
  };
}
