import { messageOf } from '../core/errors.js';
import type { Command } from '../strategies/strategy.js';
import { isThenable } from './waiting/promises.js';

/** Says who may give which order: `false`, or the reason as a text, refuses it. It may ask a service, within five seconds. */
export type Authorize = (command: Command) => boolean | string | PromiseLike<boolean | string>;

export interface AuthorityOptions {
  readonly authorize: Authorize | undefined;
  limited<T>(work: Promise<T>): Promise<T>;
  onError(error: unknown, operation: string): void;
}

/**
 * Asks the user's hook whether an order may be given; resolves to why not, or undefined. A hook that answers at once is answered at
 * once. One that fails refuses everything but a rollback: at 3 a.m. the way back must not hang on a service of permissions.
 */
export function refusalOf(
  command: Command,
  { authorize, limited, onError }: AuthorityOptions,
): string | undefined | Promise<string | undefined> {
  const refusal = (answer: unknown) => {
    if (answer === true) return undefined;
    return typeof answer === 'string' ? answer : `'${command.by}' may not ${command.type}`;
  };
  const failed = (error: unknown) => {
    onError(error, 'authorize');
    return command.type === 'rollback' ? undefined : `the authorize hook failed: ${messageOf(error)}`;
  };
  if (authorize === undefined) return undefined;
  try {
    const answer = authorize(command);
    return isThenable(answer) ? limited(Promise.resolve(answer)).then(refusal, failed) : refusal(answer);
  } catch (error) {
    return failed(error);
  }
}
