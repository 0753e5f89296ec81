import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReportInput, htmlReport } from 'turnout/report';
import type { Candidate } from './recommenders.js';
import { coOccurrence, popularity } from './co-occurrence.js';
import { factorisation } from './factorisation.js';
import { historiesOf, holdOut } from './histories.js';
import { hitRate } from './quality.js';
import { listLength } from './ranking.js';
import { knownOf, rehearsalLines, rehearsed } from './rehearsal.js';
import { type ReleaseOptions, Release, type Story, pastShoppers } from './release.js';
import { comparison, harmLines, stageLines, totalOf, visitsOf } from './report.js';
import { shopOf } from './shop.js';
import { Shoppers } from './shoppers.js';

// A shop releases a new recommender by a plan of six steps; then it tries the same plan with two candidates that are broken.
// The recommenders are trained here. The shoppers are simulated: README.md says how. Every number below comes from this run.

const seed = 7;
const plan = { seed, visitsPerHour: 500, group: 0.05, mostDays: 60 } as const;
const candidateModels = ['factors', 'premium', 'luxury'];
const broken: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'turnout-'));
const pages: string[] = [];

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Says whether what the example claims came true. */
function claim(text: string, isTrue: boolean): void {
  say(`${isTrue ? 'so it is:' : 'NOT SO:  '} ${text}`);
  if (!isTrue) broken.push(text);
}

function models(): void {
  const shop = shopOf(seed);
  const split = holdOut(historiesOf(new Shoppers(shop, seed), pastShoppers));
  const { length } = shop.items;
  say('', `THE RECOMMENDERS, trained on ${pastShoppers} shoppers; of each the last purchase was held out`);
  const scorers = {
    'best-sellers': popularity(split.known, length),
    together: coOccurrence(split.known, length),
    factors: factorisation(split.known, length, { seed }),
  };
  for (const [name, scorer] of Object.entries(scorers)) {
    const rate = (hitRate(scorer, split) * 100).toFixed(1);
    say(`  ${name.padEnd(14)} the purchase is among the ${listLength} items of the list for ${rate} % of the shoppers`);
  }
}

/** Writes a page of pictures, and remembers where. */
function draw(name: string, title: string, input: ReportInput | undefined): void {
  if (input === undefined) return;
  const page = join(folder, `${name}.html`);
  writeFileSync(page, htmlReport(input, { title, units: { revenue: '€' } }));
  pages.push(page);
}

/** The same plan on virtual shoppers, before anybody sees it. */
async function rehearsal(): Promise<void> {
  say('', 'THE REHEARSAL: the steps of the plan, before they are taken');
  const known = knownOf(seed);
  const result = await rehearsed(known, plan.visitsPerHour, plan.group);
  say(`  known of the model in place: ${(known.conversion * 100).toFixed(1)} % of the visits end with a purchase`);
  say(...rehearsalLines(result));
  const [equal, , worse] = result.scenarios;
  claim('a worse recommender never gets to the servers', worse?.rolledBack.rate === 1);
  claim('one that is only as good is not rolled back', equal?.rolledBack.count === 0);
  draw('rehearsal', 'The release of a recommender, rehearsed', result);
}

async function release(title: string, options: ReleaseOptions): Promise<{ release: Release; story: Story }> {
  say('', title.toUpperCase());
  const release = new Release(options);
  const story = await release.run();
  say(...stageLines(story), '');
  return { release, story };
}

async function good(): Promise<void> {
  const alarm = { afterHours: 75, hours: 5 };
  const { release: it, story } = await release('The release', { ...plan, candidate: 'good', alarm });
  draw('release', 'The release of a recommender', it.report);
  const was = totalOf(story);
  const [without, atOnce] = it.whatIf('together', 'factors');
  say(
    `the same ${was.visits} visits`,
    ...comparison(was, { 'without the release': without, 'factors from the first day': atOnce }),
    '',
  );
  claim('the plan came to its end', story.outcome === 'promoted');
  claim(`everybody gets ${story.stable}`, story.stable !== 'together');
  claim('the shop earned more than without the release', was.revenue > without.revenue);
}

/** How far a broken candidate came, and a comparison of what was with what would have been without it. */
async function stopped(title: string, candidate: Candidate, stage: string) {
  const { release: it, story } = await release(title, { ...plan, candidate });
  const was = totalOf(story);
  draw(candidate, title, it.report);
  const reached = visitsOf(story, candidateModels);
  const hours = was.visits / plan.visitsPerHour;
  say(`stopped after ${hours} ${hours === 1 ? 'hour' : 'hours'}: it answered ${reached} of ${was.visits} visits`);
  claim(`the ${stage} stopped it`, story.outcome === 'rolled-back' && story.stages.at(-1)?.stage === stage);
  claim('everybody gets the model that was in place', story.stable === 'together');
  return { it, was, reached };
}

async function wrongJoin(): Promise<void> {
  const title = 'The same with a candidate that was trained on a wrong join';
  const { it, was } = await stopped(title, 'wrong-join', 'canary');
  const [without, everybody] = it.whatIf('together', 'factors');
  say('', ...comparison(was, { 'without the release': without, 'released to everybody': everybody }));
  say(...harmLines(was, without, everybody));
}

async function forgetsStock(): Promise<void> {
  const title = 'The same with a candidate that forgets what is sold out';
  const { it, was, reached } = await stopped(title, 'forgets-stock', 'shadow');
  const lists = it.unsellable('factors');
  claim('no shopper saw a list of it', reached === 0);
  say('', `  harm avoided: ${lists} of the ${was.visits} lists would have shown what cannot be bought`);
}

say('A recommender is released by a plan of six steps. The shoppers are simulated.');
models();
await rehearsal();
await good();
await wrongJoin();
await forgetsStock();
say('', 'Pictures of all that:', ...pages.map((page) => `  ${page}`));
say('', broken.length === 0 ? 'Everything came as claimed.' : `Not so: ${broken.join('; ')}.`);
process.exitCode = broken.length === 0 ? 0 : 1;
