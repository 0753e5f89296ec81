import type { Json } from '../../core/json.js';
import { heldWords } from '../guarding.js';
import { joinPauseMs, lateOnes } from './advance.js';
import { type Fleet, originals, totalOf } from './fleet.js';
import { type RollingState, targetOf } from './state.js';

/** What must happen before the roll-out moves on, in words. */
export function waitingOf(fleet: Fleet, own: RollingState): readonly string[] {
  if (own.halted === 'paused') return ['resume()'];
  if (own.halted === 'failed') return [`resume() or rollback(), since ${own.why}`];
  if (own.phase === 'waiting') {
    const { replicas } = fleet;
    const there = Object.values(own.members).filter(({ present }) => present).length;
    return replicas === undefined
      ? [`no replica to join for ${joinPauseMs} ms (${there} are there)`]
      : [`${replicas - there} more replicas to join (${there} are there)`];
  }
  if (own.phase !== 'rolling' && own.phase !== 'reversing') return [];
  const late = lateOnes(own).map((name) => `${name}, which is late: ${own.members[name]?.why}`);
  const { done, of } = progressOf(fleet, own);
  return [...heldWords(own), ...late, `${of - done} of ${of} instances`];
}

/** How many instances are where they shall be, of those that there are meant to be. */
export function progressOf(fleet: Fleet, own: RollingState): { readonly done: number; readonly of: number } {
  const target = targetOf(own);
  const all = originals(fleet, own.members);
  const done = all.filter(([, { version, phase }]) => version === target && phase === 'serving').length;
  return { done, of: totalOf(fleet, own.members) };
}

/** The instances for a status, each in a word or two. */
export function instanceWords(own: RollingState): { readonly [instance: string]: Json } {
  return Object.fromEntries(
    Object.entries(own.members).map(([name, { version, phase, present, why }]) => {
      const words = `${version}, ${present ? phase : `away while ${phase}`}`;
      return [name, why === '' ? words : `${words}: ${why}`];
    }),
  );
}

/** Where a roll-out is, for a refusal. */
export function said({ phase, halted }: RollingState): string {
  return halted === 'no' ? phase : `${phase}, and ${halted === 'paused' ? 'paused' : 'halted by a failure'}`;
}
