import type { Metrics } from '../evidence/metric.js';
import { detectableProportionDifference } from '../stats/planning/proportions.js';
import { count, hours, percent, points } from './phrases.js';
import type { ScenarioResult, StepResult } from './rehearsal-result.js';
import type { RunSummary } from './run-summary.js';

/** Something that a plan does badly, in words. */
export type WeakSpot = {
  readonly kind: 'blind-stage' | 'missed-harm' | 'false-alarms' | 'no-decision';
  readonly scenario: string;
  /** A stage that cannot do better. */
  readonly node?: string;
  readonly stage?: string;
  readonly text: string;
};

/** What weak spots are looked for in. */
export interface Findings {
  readonly scenarios: readonly ScenarioResult[];
  readonly runs: Readonly<Record<string, readonly RunSummary[]>>;
  readonly metrics: Metrics;
  readonly forMs: number;
}

/** Beyond these rates a plan is not what one hopes for. */
const wrongMax = 0.05;
const undecidedMax = 0.1;
/** A stage is blind when a single test at its end would need a larger loss: this level, this power. */
const alpha = 0.01;
const power = 0.8;

/** Finds them: what goes wrong too often, and stages that are too small to see what a scenario would do. */
export function weakSpots(findings: Findings): readonly WeakSpot[] {
  return findings.scenarios.flatMap((scenario) => [
    ...wrongEndings(scenario, findings.forMs),
    ...blindStages(scenario, findings),
  ]);
}

function wrongEndings(scenario: ScenarioResult, forMs: number): readonly WeakSpot[] {
  const { scenario: name, says, missed, falseAlarms, undecided, waitingFor } = scenario;
  const spots: WeakSpot[] = [];
  const plusMinus = ({ rate, standardError }: { readonly rate: number; readonly standardError: number }) =>
    `${percent(rate)} (± ${percent(standardError)})`;
  if (missed !== undefined && missed.rate > wrongMax) {
    const text = `A candidate that is ${says} is promoted in ${plusMinus(missed)} of the roll-outs.`;
    spots.push({ kind: 'missed-harm', scenario: name, text });
  }
  if (falseAlarms !== undefined && falseAlarms.rate > wrongMax) {
    const [rule = 'something'] = Object.entries(scenario.rollbacks).sort((a, b) => b[1] - a[1])[0] ?? [];
    const text =
      `A candidate that is ${says} is rolled back in ${plusMinus(falseAlarms)} of the roll-outs, ` +
      `most often by ${rule}.`;
    spots.push({ kind: 'false-alarms', scenario: name, text });
  }
  if (undecided.rate > undecidedMax) {
    const stage = stuckIn(scenario);
    const waits = waitingFor.length === 0 ? '' : `; the first waits for ${waitingFor.join(', ')}`;
    const where = stage === undefined ? '' : `, most often in stage ${stage.name}`;
    const text =
      `With a candidate that is ${says}, ${plusMinus(undecided)} of the roll-outs have not ended ` +
      `after ${hours(forMs)}${where}${waits}.`;
    spots.push({
      kind: 'no-decision',
      scenario: name,
      ...(stage !== undefined && { node: stage.node, stage: stage.name }),
      text,
    });
  }
  return spots;
}

/** The stage that most runs never left. */
function stuckIn({ steps, runs }: ScenarioResult): StepResult | undefined {
  const [first] = steps;
  const own = steps.filter(({ node }) => node === first?.node);
  const left = (index: number) => own.slice(index + 1).reduce((most, { reached }) => Math.max(most, reached.count), 0);
  const stuck = own.map((step, index) => step.reached.count - step.rolledBack.count - left(index));
  const most = Math.max(0, ...stuck);
  return most > undecidedMax * runs ? own[stuck.indexOf(most)] : undefined;
}

interface Loss {
  readonly what: string;
  /** The rate of the reference, and how much of it is lost per request. */
  readonly rate: number;
  readonly loss: number;
  readonly direction: 'up' | 'down';
}

/** The rates that a harmful candidate changes for the worse, by how much on average. */
function lossesOf(
  { harm, requestsExposed }: ScenarioResult,
  runs: readonly RunSummary[],
  metrics: Metrics,
): readonly Loss[] {
  const per = Math.max(1, requestsExposed.value);
  const normal = (of: (run: RunSummary) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0) / Math.max(1, runs.length);
  const losses: Loss[] = [
    {
      what: 'errors',
      rate: normal((run) => run.normal.errorRate),
      loss: harm.excessErrors.value / per,
      direction: 'up',
    },
  ];
  for (const [name, { value }] of Object.entries(harm.lost)) {
    if (metrics[name]?.type !== 'binary') continue;
    const direction = metrics[name]?.better === 'higher' ? 'down' : 'up';
    losses.push({ what: name, rate: normal((run) => run.normal.metrics[name] ?? 0), loss: value / per, direction });
  }
  // A part in a thousand of the rate is nothing but rounding, or a side effect of something that is a loss itself.
  return losses.filter(({ rate, loss }) => rate > 0 && rate < 1 && loss > rate / 1000);
}

/** Stages of the usual course by whose end no test could have seen the largest loss of a scenario. */
function blindStages(scenario: ScenarioResult, { scenarios, runs, metrics }: Findings): readonly WeakSpot[] {
  if (scenario.truth !== 'harmful') return [];
  const usual = scenarios.find(({ truth }) => truth === 'harmless') ?? scenario;
  const losses = lossesOf(scenario, runs[scenario.scenario] ?? [], metrics);
  const spots: WeakSpot[] = [];
  const information = new Map<string, number>();
  for (const { node, name, control, treated, forMs } of usual.steps) {
    const both = control.value + treated.value;
    if (!(treated.value > 0 && control.value > 0)) continue;
    // What earlier stages have seen counts as well.
    const nPerArm = (information.get(node) ?? 0) + (2 * control.value * treated.value) / both;
    information.set(node, nPerArm);
    if (!(nPerArm >= 2)) continue;
    const found = losses.map((loss) => ({ ...loss, least: leastSeen(loss, nPerArm) }));
    // One loss that can be seen is enough.
    if (found.length === 0 || found.some(({ loss, least }) => loss >= least)) continue;
    const { what, loss, least } = found.reduce((best, next) =>
      next.loss / next.least > best.loss / best.least ? next : best,
    );
    const perHour = count(treated.value / (forMs.value / 3_600_000));
    const seen = least < Infinity ? `no test finds less than ${points(least)} there` : 'no test finds anything there';
    const text =
      `With ${perHour} outcomes an hour of the candidate, stage ${name} of ${node} ` +
      `cannot detect a loss of ${points(loss)} of ${what} ` +
      `before it ends after ${hours(forMs.value)}: ${seen} in four of five roll-outs.`;
    spots.push({ kind: 'blind-stage', scenario: scenario.scenario, node, stage: name, text });
  }
  return spots;
}

function leastSeen({ rate, direction }: Loss, nPerArm: number): number {
  return detectableProportionDifference({ p1: rate, nPerArm, alpha, power, twoSided: false, direction }).difference;
}
