import { ConfigError, type Issue } from '../core/errors.js';
import { usageError, exitCodes, type Terminal } from './terminal.js';
import type { Command } from './commands.js';
import { rehearsalFrom, together } from './rehearsal-section.js';
import { noteUnknown, sharedOptions } from './shared-options.js';
import { issuesOf, readSource, type Source } from './source.js';
import { routerOf } from './router-of.js';

export const validatePlanCommand: Command = {
  usage: 'PLAN...',
  says: 'check plans, with every mistake at once',
  more: ['Ends with 0 if all are right, and with 1 if any is wrong.'],
  options: { json: sharedOptions.json, use: sharedOptions.use },
  async run(given, terminal) {
    if (given.files.length === 0) throw usageError('needs a plan: a JSON file or a module.');
    const results: { readonly file: string; readonly ok: boolean; readonly issues: readonly Issue[] }[] = [];
    for (const file of given.files) {
      const source = await readSource(file, given.text('use'), terminal);
      const issues = await allIssues(source);
      if (!given.has('json')) noteUnknown(source, terminal);
      results.push({ file, ok: issues.length === 0, issues });
    }
    if (given.has('json')) terminal.out(`${JSON.stringify({ format: 1, plans: results }, null, 2)}\n`);
    else for (const { file, issues } of results) told(file, issues, terminal);
    return results.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.planWrong;
  },
};

function told(file: string, issues: readonly Issue[], terminal: Terminal): void {
  if (issues.length === 0) terminal.out(`${file}: fine\n`);
  else terminal.note(`${new ConfigError(file, issues).message}\n`);
}

/** Those of the plan and of its rehearsal; with none, what only a router finds, such as a cycle of prerequisites. */
export async function allIssues(source: Source): Promise<readonly Issue[]> {
  const ofRehearsal = source.section === undefined ? [] : rehearsalFrom(source).issues;
  const issues = together(source.issues, ofRehearsal);
  if (issues.length > 0 || source.plan === undefined) return issues;
  try {
    await routerOf(source.plan, source.conditions).close();
    return [];
  } catch (error) {
    return issuesOf(error).map((issue) => ({ ...issue, path: issue.path.replace(/^options/, 'plan') }));
  }
}
