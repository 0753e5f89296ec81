import { ConfigError } from '../core/errors.js';
import { rehearse } from '../simulate/rehearse.js';
import { type Given, oneFile } from './arguments.js';
import type { Command } from './commands.js';
import { ProgressLine } from './progress.js';
import { rehearsalFrom, together } from './rehearsal-section.js';
import { writePage, writeReport } from './report.js';
import { noteUnknown, sharedOptions } from './shared-options.js';
import { readSource } from './source.js';
import { exitCodes, type Terminal } from './terminal.js';
import { allIssues } from './validate-plan.js';

export const rehearseCommand: Command = {
  usage: 'PLAN',
  says: 'run a plan some hundred times in each scenario, and find its weak spots',
  more: [
    'PLAN is a JSON plan with a section `rehearsal`, or a module whose default export is one, or defineRehearsal(…).',
    'Ends with 1 if the plan is wrong, and with --strict with 2 if there is a weak spot.',
  ],
  options: {
    runs: { value: 'N', says: 'of each scenario (default 200, or what the plan says)' },
    seed: { value: 'N', says: 'one seed gives one result (default 1, or what the plan says)' },
    workers: { value: 'N', says: 'threads (default: none but the first)' },
    scenario: { value: 'NAME', multiple: true, says: 'only this one; may be given again' },
    strict: { says: 'end with 2 if there is a weak spot' },
    title: { value: 'TEXT', says: 'of the report' },
    html: sharedOptions.html,
    json: sharedOptions.json,
    use: sharedOptions.use,
  },
  async run(given, terminal) {
    const file = oneFile(given, 'a plan');
    const use = given.text('use');
    const source = await readSource(file, use, terminal);
    noteUnknown(source, terminal);
    const built = rehearsalFrom(source);
    const issues = built.rehearsal === undefined ? together(source.issues, built.issues) : await allIssues(source);
    if (issues.length > 0 || built.rehearsal === undefined) throw new ConfigError(file, issues);
    const options = runOptions(given, built);
    const module = () => terminal.rehearsalModule(terminal.urlOf(file), use && terminal.urlOf(use));
    const rehearsal = options.workers === undefined ? built.rehearsal : module();
    const result = await run({ rehearsal, ...options }, terminal);
    const title = given.text('title') ?? source.plan?.name;
    const html = given.text('html');
    if (!given.has('json')) await writeReport(result, title, html, terminal);
    else {
      terminal.out(`${JSON.stringify(result, null, 2)}\n`);
      if (html !== undefined) await writePage(result, title, html, terminal);
    }
    return given.has('strict') && result.weakSpots.length > 0 ? exitCodes.weakSpot : exitCodes.fine;
  },
};

type Options = Omit<Parameters<typeof rehearse>[0], 'onProgress' | 'signal'>;

async function run(options: Options, terminal: Terminal) {
  const line = new ProgressLine(terminal);
  try {
    return await rehearse({ ...options, signal: terminal.signal, onProgress: (progress) => line.show(progress) });
  } finally {
    line.clear();
  }
}

/** What the command says, and what the plan says where it does not. */
function runOptions(
  given: Given,
  plan: { readonly runs: number | undefined; readonly seed: number | undefined },
): Omit<Options, 'rehearsal'> {
  const runs = given.whole('runs') ?? plan.runs;
  const seed = given.whole('seed') ?? plan.seed;
  const workers = given.whole('workers');
  const scenarios = given.texts('scenario');
  return {
    ...(runs !== undefined && { runs }),
    ...(seed !== undefined && { seed }),
    ...(workers !== undefined && { workers }),
    ...(scenarios.length > 0 && { scenarios }),
  };
}
