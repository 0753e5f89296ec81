import { parseArgs } from 'node:util';
import { messageOf } from '../core/errors.js';
import { usageError } from './terminal.js';

/** An option of a command. One with a `value` takes one, whose name the help shows. */
export interface OptionSpec {
  readonly value?: string;
  /** May be given more than once. */
  readonly multiple?: boolean;
  readonly says: string;
}

/** What was given to a command. */
export interface Given {
  readonly files: readonly string[];
  has(option: string): boolean;
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  /** A whole number; anything else is a mistake of usage. */
  whole(option: string): number | undefined;
}

/** Reads the arguments of a command; throws a usage error for what it does not know. */
export function givenTo(options: Readonly<Record<string, OptionSpec>>, args: readonly string[]): Given {
  const { values, positionals } = parsed(options, args);
  const texts = (option: string): readonly string[] => {
    const value = values[option];
    return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
  };
  return {
    files: positionals,
    has: (option) => values[option] === true,
    text: (option) => texts(option)[0],
    texts,
    whole: (option) => {
      const [value] = texts(option);
      if (value === undefined) return undefined;
      if (/^-?\d+$/.test(value)) return Number(value);
      throw usageError(`--${option} must be a whole number (was '${value}').`);
    },
  };
}

function parsed(options: Readonly<Record<string, OptionSpec>>, args: readonly string[]) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { value, multiple = false }]) => {
      return [name, { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple }];
    }),
  );
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true });
  } catch (error) {
    // Of Node's advice only the first sentence is about what was written.
    throw usageError(messageOf(error).split('. ')[0] ?? 'The options could not be read');
  }
}

/** The only file that a command takes. */
export function oneFile({ files }: Given, what: string): string {
  const [file] = files;
  if (file !== undefined && files.length === 1) return file;
  throw usageError(`needs ${what}, and no more (had ${files.length}).`);
}
