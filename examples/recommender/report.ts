import type { ReleaseEvent, StageStory, Story } from './release.js';
import { type Tally, emptyTally } from './traffic.js';

const count = (value: number) => Math.round(value).toLocaleString('en').replaceAll(',', ' ');
const percent = (share: number, digits = 1) => `${(share * 100).toFixed(digits)} %`;
const euros = (value: number) => `${count(value)} €`;
const timeOf = (hour: number) => `day ${Math.floor(hour / 24) + 1}, ${String(hour % 24).padStart(2, '0')}:00`;

/** The sum of all that a release served. */
export function totalOf({ stages }: Pick<Story, 'stages'>): Tally {
  const sum = emptyTally();
  for (const tally of stages.flatMap(({ tallies }) => Object.values(tallies))) {
    sum.visits += tally.visits;
    sum.conversions += tally.conversions;
    sum.revenue += tally.revenue;
  }
  return sum;
}

/** The visits that some models answered. */
export function visitsOf({ stages }: Pick<Story, 'stages'>, models: readonly string[]): number {
  return stages
    .flatMap(({ tallies }) => models.map((model) => tallies[model]?.visits ?? 0))
    .reduce((sum, visits) => sum + visits, 0);
}

/** Every stage with what its models did, what moved it on, and what the rules said then. */
export function stageLines({ stages }: Pick<Story, 'stages'>): readonly string[] {
  return stages.flatMap((stage, index) => ['', ...oneStage(stage, index + 1)]);
}

function oneStage({ stage, fromHour, toHour, tallies, events }: StageStory, number: number): readonly string[] {
  const rows = Object.entries(tallies).sort(([, a], [, b]) => b.visits - a.visits);
  const days = ((toHour - fromHour) / 24).toFixed(1);
  return [
    `stage ${number}, ${stage}: ${timeOf(fromHour)} to ${timeOf(toHour)} (${days} days)`,
    `    ${'model'.padEnd(14)}${'visits'.padStart(9)}${'bought'.padStart(9)}${''.padStart(9)}${'revenue'.padStart(12)}${'per visit'.padStart(11)}`,
    ...rows.map(([model, tally]) => `    ${model.padEnd(14)}${tallyText(tally)}`),
    ...events.flatMap(eventLines),
  ];
}

function tallyText({ visits, conversions, revenue }: Tally): string {
  const cells = [count(visits), count(conversions), percent(conversions / visits, 2)].map((cell) => cell.padStart(9));
  return `${cells.join('')}${euros(revenue).padStart(12)}${`${(revenue / visits).toFixed(2)} €`.padStart(11)}`;
}

function eventLines({ hour, node, from, to, why, verdicts, shares }: ReleaseEvent): readonly string[] {
  const when = `  ${timeOf(hour)}  `;
  if (from === to && shares !== undefined) {
    return [
      `${when}${node}: ${Object.entries(shares)
        .map(([arm, share]) => `${arm} ${percent(share)}`)
        .join(', ')}`,
    ];
  }
  return [
    `${when}${node}: ${from} → ${to}, because ${why}`,
    ...verdicts.map(({ rule, outcome, reason }) => `        ${rule}: ${outcome}, ${reason}`),
  ];
}

/** What came of some visits, beside what would have come of them. */
export function comparison(was: Tally, others: Readonly<Record<string, Tally>>): readonly string[] {
  const name = 'what was';
  const width = Math.max(...[name, ...Object.keys(others)].map((text) => text.length)) + 2;
  return Object.entries({ [name]: was, ...others }).map(
    ([what, tally]) => `  ${what.padEnd(width)}${tallyText(tally)}`,
  );
}

/** What a candidate cost that was stopped, and what it would have cost everybody: on the same visits, by the same coins. */
export function harmLines(was: Tally, without: Tally, everybody: Tally): readonly string[] {
  const lost = { conversions: without.conversions - was.conversions, revenue: without.revenue - was.revenue };
  const risk = {
    conversions: without.conversions - everybody.conversions,
    revenue: without.revenue - everybody.revenue,
  };
  return [
    `  harm done: ${count(lost.conversions)} purchases, ${euros(lost.revenue)}`,
    `  harm avoided: ${count(risk.conversions - lost.conversions)} purchases, ${euros(risk.revenue - lost.revenue)}` +
      ` (${percent((risk.revenue - lost.revenue) / risk.revenue)} of what a release to everybody would have cost)`,
  ];
}
