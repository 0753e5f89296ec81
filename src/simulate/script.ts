import { type Check, duration, object, oneOf, optional, text } from '../core/options.js';
import type { CommandOptions, Router } from '../runtime/router.js';

/** An order that a person gives during a simulation. */
export interface ScriptedCommand extends CommandOptions {
  /** Milliseconds after the start. */
  readonly atMs: number;
  readonly command: 'promote' | 'rollback' | 'pause' | 'resume' | 'approve' | 'reject' | 'reset';
  /** Of a rollback. Default `'the script says so'`. */
  readonly reason?: string;
}

/** What became of an order. */
export type ScriptedAnswer = {
  readonly atMs: number;
  readonly command: string;
  readonly accepted: boolean;
  readonly reason?: string;
};

type AnyRouter = Pick<Router<never, never, string>, ScriptedCommand['command']>;

/** Gives an order to a router. */
export async function give(router: AnyRouter, order: ScriptedCommand): Promise<ScriptedAnswer> {
  const { atMs, command, reason = 'the script says so', node, by, arm } = order;
  const options: CommandOptions = {
    ...(node !== undefined && { node }),
    ...(by !== undefined && { by }),
    ...(arm !== undefined && { arm }),
  };
  const answer =
    command === 'rollback'
      ? await router.rollback(reason, options)
      : await (command === 'reset' ? router.reset(node, options) : router[command](options));
  return { atMs, command, accepted: answer.accepted, ...(answer.reason !== undefined && { reason: answer.reason }) };
}

/** The check of a scripted command. */
export const commandCheck: Check = object({
  atMs: duration,
  command: oneOf('promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'),
  reason: optional(text),
  node: optional(text),
  by: optional(text),
  arm: optional(text),
});
