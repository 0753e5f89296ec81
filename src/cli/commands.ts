import type { Given, OptionSpec } from './arguments.js';
import { explainCommand } from './explain.js';
import { rehearseCommand } from './rehearse.js';
import { reportCommand } from './report.js';
import type { Terminal } from './terminal.js';
import { validatePlanCommand } from './validate-plan.js';

/** One of the things that `npx turnout` does. */
export interface Command {
  /** What comes after its name. */
  readonly usage: string;
  readonly says: string;
  /** More, for its own help. */
  readonly more: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Gives the exit code. */
  run(given: Given, terminal: Terminal): Promise<number>;
}

export const commands: Readonly<Record<string, Command>> = {
  rehearse: rehearseCommand,
  'validate-plan': validatePlanCommand,
  explain: explainCommand,
  report: reportCommand,
};
