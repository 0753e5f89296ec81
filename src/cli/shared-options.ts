import type { OptionSpec } from './arguments.js';
import type { Source } from './source.js';
import type { Terminal } from './terminal.js';

/** Options that several commands have. */
export const sharedOptions = {
  use: { value: 'MODULE', says: 'whose exports are what the plan names as { "use": name }' },
  json: { says: 'print JSON, for programs' },
  html: { value: 'FILE', says: 'write a page with pictures as well' },
} satisfies Readonly<Record<string, OptionSpec>>;

/** Says what a plan names and nobody has: it is not wrong, since the program that will use the plan has it. */
export function noteUnknown({ unknown }: Source, terminal: Terminal): void {
  if (unknown.length === 0) return;
  const does = 'What does nothing, and holds for nobody, stands in their place';
  terminal.note(`Not known here: ${unknown.join(', ')}. ${does}. Give --use MODULE for the real ones.\n`);
}
