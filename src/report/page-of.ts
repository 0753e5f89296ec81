import { knownInput } from './input.js';
import type { Page, ReportOptions } from './page.js';
import { rehearsalPage } from './rehearsal-page.js';
import { rolloutPage } from './rollout-page.js';
import { simulationPage } from './simulation-page.js';

/** The page of whatever it is a report of. Throws a ConfigError for anything else. */
export function pageOf(input: unknown, options: ReportOptions): Page {
  const known = knownInput(input);
  if (known.kind === 'rollout') return rolloutPage(known.report, options);
  return known.kind === 'simulation' ? simulationPage(known.result, options) : rehearsalPage(known.result, options);
}
