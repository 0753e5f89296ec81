import type { Tree } from '../../../src/strategies/children.js';
import { Rolling } from '../../../src/strategies/rolling.js';
import type { Member, RollingState } from '../../../src/strategies/rolling/state.js';
import { Drive } from '../drive.js';

export const minute = 60_000;

const update = () => undefined;
const check = () => true;

/** A drive of a strategy with these options, over model servers a to d unless they say otherwise. */
export function servers(options: object = {}) {
  const all = { from: 'v1', to: 'v2', instances: ['a', 'b', 'c', 'd'], maxUnavailable: 1, update, check, ...options };
  return new Roll(new Rolling(all as never) as Rolling<'v1', 'v2'>);
}

/** The same over replicas, of which those named have joined. */
export function replicas(options: object = {}, names: readonly string[] = ['a', 'b', 'c']) {
  const all = { from: 'v1', to: 'v2', replicas: names.length, maxUnavailable: 1, ...options };
  const roll = new Roll(new Rolling(all as never) as Rolling<'v1', 'v2'>);
  for (const instance of names) roll.send({ type: 'joined', instance });
  return roll;
}

/** A drive that knows the instances. */
export class Roll extends Drive<Tree<RollingState>, 'v1' | 'v2'> {
  get own(): RollingState {
    return this.state.own;
  }

  member(name: string): Member {
    return this.own.members[name] as Member;
  }

  /** The phases of all, in a line. */
  phases(): string {
    return Object.entries(this.own.members)
      .map(([name, { version, phase }]) => `${name}:${version === 'to' ? 'v2' : 'v1'} ${phase}`)
      .join(', ');
  }

  /** The instances that requests may come to, with what they serve. */
  placed(): string {
    const plan = this.plan();
    if (plan.op !== 'split') throw new Error('no split');
    return (plan.instances ?? []).map(({ instance, arm }) => `${instance}:${plan.arms[arm]?.arm}`).join(' ');
  }

  /** Carries out all tasks that are wanted, and those that follow, until none is. */
  work(): void {
    for (let task = this.tasks()[0]; task !== undefined; task = this.tasks()[0]) this.settle(task.name);
  }

  /** Ticks and works until nothing moves; gives how many rounds it took. */
  finish(ms = 0): number {
    for (let round = 1; round < 100; round += 1) {
      const before = this.state;
      this.tick(ms);
      this.work();
      if (this.state === before) return round;
    }
    throw new Error('it never ends');
  }
}
