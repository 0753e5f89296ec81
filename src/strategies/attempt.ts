import { type Check, count, object, optional } from '../core/options.js';
import type { Stratum } from '../evidence/stratum.js';
import { type Guard, guardCheck } from './guard.js';
import type { Command, Scope, View } from './strategy.js';

/** The part of a state that every strategy keeps: which try this is, and since when the shares are what they are. */
export type Attempt = {
  /** 1 for the first try; a retry after a rollback is a new one. */
  readonly attempt: number;
  /** The epoch that opened the attempt: older evidence is not judged. */
  readonly firstEpoch: number;
  readonly epoch: number;
  /** When the epoch opened, ms since 1970. */
  readonly since: number;
  /** What was said in the attempt; absent while that is nothing. */
  readonly guard?: Guard;
};

/** The checks of an attempt's keys, for a state's parser. */
export const attemptChecks = {
  attempt: count,
  firstEpoch: count,
  epoch: count,
  since: count,
  guard: optional(guardCheck),
} satisfies Readonly<Record<keyof Attempt, Check>>;

/** A new attempt, whose first epoch opens now. */
export function newAttempt(now: number, scope: Scope, attempt = 1): Attempt {
  return { attempt, firstEpoch: scope.revision, epoch: scope.revision, since: Math.floor(now) };
}

/** The keys that change when the shares do: a new epoch in the same attempt. */
export function newEpoch(now: number, scope: Scope): Pick<Attempt, 'epoch' | 'since'> {
  return { epoch: scope.revision, since: Math.floor(now) };
}

/**
 * What units are hashed with in this attempt. A retry re-randomises, since the units that met the failed candidate are no longer
 * like the others; `keep` is the user's word that they shall stay.
 */
export function saltOf(scope: Scope, { attempt }: Attempt, given?: string, keep = false): string {
  const salt = given ?? scope.salt;
  return attempt === 1 || keep ? salt : `${salt}#${attempt}`;
}

/** The evidence of this attempt. */
export function strataOf(view: View, { firstEpoch }: Attempt): readonly Stratum[] {
  return view.evidence().filter((stratum) => stratum.epoch >= firstEpoch);
}

/** The evidence since the shares were last changed. */
export function epochStrataOf(view: View, { epoch }: Attempt): readonly Stratum[] {
  return view.evidence().filter((stratum) => stratum.epoch === epoch);
}

/**
 * Why a command must be ignored in this attempt: a machine's rollback judged an earlier one, or a person has promoted since, which no
 * machine undoes.
 */
export function staleCommand(command: Command, { attempt, guard }: Attempt): string | undefined {
  if (command.attempt === undefined) return undefined;
  if (command.attempt !== attempt) return `attempt ${command.attempt} was judged, and this is attempt ${attempt}`;
  const isUndone = command.type === 'rollback' && guard?.promotedBy !== undefined;
  return isUndone ? `it was promoted by ${guard.promotedBy}: only a person rolls it back` : undefined;
}

/** A stored state's keys: an attempt's, and the strategy's own. */
export function stateCheck(keys: Readonly<Record<string, Check>>): Check {
  return object({ ...attemptChecks, ...keys });
}
