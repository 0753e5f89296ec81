import { htmlReport } from '../report/html-report.js';
import type { ReportInput } from '../report/input.js';
import { textReport } from '../report/text-report.js';
import { oneFile } from './arguments.js';
import type { Command } from './commands.js';
import { sharedOptions } from './shared-options.js';
import { parsedJson } from './source.js';
import { exitCodes, type Terminal } from './terminal.js';

export const reportCommand: Command = {
  usage: 'FILE',
  says: 'show a report that was kept as JSON, as tables of text',
  more: ['FILE is what reportOf(router), simulate() or `turnout rehearse --json` gave.'],
  options: { html: sharedOptions.html, title: { value: 'TEXT', says: 'instead of the name of the roll-out' } },
  async run(given, terminal) {
    const file = oneFile(given, 'a file with a report');
    const title = given.text('title');
    await writeReport(parsedJson(await terminal.readText(file), file), title, given.text('html'), terminal);
    return exitCodes.fine;
  },
};

/** The tables to the terminal and, where it is wanted, the page to a file. What is no report is refused by both alike. */
export async function writeReport(
  report: unknown,
  title: string | undefined,
  html: string | undefined,
  terminal: Terminal,
): Promise<void> {
  const options = title === undefined ? {} : { title };
  const columns = Math.min(400, Math.max(40, terminal.columns ?? 100));
  terminal.out(textReport(report as ReportInput, { ...options, columns }));
  if (html !== undefined) await writePage(report as ReportInput, title, html, terminal);
}

export async function writePage(
  report: ReportInput,
  title: string | undefined,
  html: string,
  terminal: Terminal,
): Promise<void> {
  await terminal.writeText(html, htmlReport(report, title === undefined ? {} : { title }));
  terminal.note(`The page is in ${html}\n`);
}
