import type { Command } from './commands.js';
import { commands } from './commands.js';

/** What `npx turnout --help` prints. */
export function helpForAll(): string {
  const rows = Object.entries(commands).map(([name, { says }]) => [name, says] as const);
  return lines(
    'turnout: rehearse, check and read plans of roll-outs.',
    '',
    'Usage: turnout COMMAND …',
    '',
    ...table(rows),
    '',
    '`turnout COMMAND --help` says more.',
    'Exit codes: 0 fine · 1 the plan is wrong · 2 a weak spot, with --strict · 64 wrong usage · 66 a file cannot be read.',
  );
}

/** What `npx turnout NAME --help` prints. */
export function helpFor(name: string, { usage, says, more, options }: Command): string {
  const rows = Object.entries(options).map(([option, spec]) => {
    return [`--${option}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.says] as const;
  });
  return lines(`Usage: turnout ${name} ${usage} [options]`, '', `${sentence(says)}.`, ...more, '', ...table(rows));
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const lines = (...texts: readonly string[]) => `${texts.join('\n')}\n`;

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
