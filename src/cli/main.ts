import { isTurnoutError, messageOf } from '../core/errors.js';
import { nearest } from '../core/options.js';
import { own } from '../core/json.js';
import { givenTo } from './arguments.js';
import { commands } from './commands.js';
import { helpFor, helpForAll } from './help.js';
import { CommandError, exitCodes, type Terminal, usageError } from './terminal.js';

/** Does what the arguments say; gives the exit code of the process. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined) throw usageError(`needs a command.\n\n${helpForAll()}`);
    if (name === '--help' || name === '-h' || name === 'help') return helped(rest[0], terminal);
    const command = own(commands, name);
    if (command === undefined) throw usageError(unknownCommand(name));
    if (rest.includes('--help') || rest.includes('-h')) return helped(name, terminal);
    return await command.run(givenTo(command.options, rest), terminal);
  } catch (error) {
    return failed(error, own(commands, name ?? '') === undefined ? 'turnout' : `turnout ${name}`, terminal);
  }
}

function helped(name: string | undefined, terminal: Terminal): number {
  const command = name === undefined ? undefined : own(commands, name);
  if (name !== undefined && command === undefined) throw usageError(unknownCommand(name));
  terminal.out(name === undefined || command === undefined ? helpForAll() : helpFor(name, command));
  return exitCodes.fine;
}

function unknownCommand(name: string): string {
  const known = Object.keys(commands);
  const near = nearest(name, known);
  return `'${name}' is no command. ${near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`}`;
}

function failed(error: unknown, what: string, terminal: Terminal): number {
  if (error instanceof CommandError) {
    terminal.note(`${what}: ${error.message}\n`);
    return error.exitCode;
  }
  if (isTurnoutError(error, 'config')) {
    terminal.note(`${error.message}\n`);
    return exitCodes.planWrong;
  }
  if (terminal.signal.aborted) return exitCodes.interrupted;
  // A mistake of ours, or in the user's module: its stack says where.
  terminal.note(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`);
  return exitCodes.internal;
}
