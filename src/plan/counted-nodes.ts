import type { Plan } from './plan.js';

/** A node whose arms are counted: what a stratum must know of it to be judged later. The baseline is the last arm. */
export interface CountedNode {
  readonly node: string;
  readonly epoch: number;
  readonly salt: string;
  readonly arms: readonly string[];
  readonly shares: Readonly<Record<string, number>>;
}

/** Every node of a plan that counts, once, wherever and however often it stands in the plan. */
export function countedNodes(plan: Plan<string>): readonly CountedNode[] {
  const found = new Map<string, CountedNode>();
  const add = (
    node: { node: string; epoch: number; salt: string },
    arms: readonly { arm: string; share: number }[],
  ) => {
    const { node: path, epoch, salt } = node;
    const shares = Object.fromEntries(arms.map(({ arm, share }) => [arm, share]));
    found.set(path, { node: path, epoch, salt, arms: arms.map(({ arm }) => arm), shares });
  };
  const visit = (at: Plan<string>): void => {
    switch (at.op) {
      case 'serve':
        return;
      case 'split':
        if (at.counts) add(at, at.arms);
        for (const { plan: below } of at.arms) visit(below);
        return;
      case 'choose':
        add(at, at.arms);
        for (const { plan: below } of at.arms) visit(below);
        return;
      case 'match':
        for (const { plan: below } of at.rules) visit(below);
        visit(at.otherwise);
        return;
      case 'mirror':
        add(at, [...at.shadows, { arm: 'primary', share: 1 }]);
        visit(at.primary);
    }
  };
  visit(plan);
  return [...found.values()];
}
