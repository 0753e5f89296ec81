import { comparableIn } from './comparable.js';
import { after, presentOf, rateOf } from './future.js';
import type { Measure } from './measure.js';
import type { Forecast, Judged, Verdict } from './verdict.js';
import { countOf, durationOf } from './words.js';

/** Beyond so many observations nobody waits. */
const outcomesMax = 1e9;
/** So many looks into the future at most. */
const looksMax = 24;
/** How near the number is found: people read two digits of it. */
const precision = 1.05;

/** A rule's judgement, and how strong the evidence is: 1 decides. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly strength: number;
}

/** What a forecast is asked for. */
export interface Planned {
  readonly metric: string;
  /** How much better the arm is planned to be, as a fraction of the control; negative for worse. */
  readonly gain: number;
}

/**
 * The verdict, and where it does not decide, how many more observations of the arm the rule needs and how long they take at the
 * present rate, if the true effect is the one planned for.
 *
 * The rule itself is asked about the evidence as it would be: what there is, and then what the control has shown so far with the
 * planned effect, in expected counts. It is the number at which a typical run decides: half of the runs take longer. No forecast
 * where nothing is known of the control, or where not even a billion observations would do.
 */
export function withForecast(judged: Judged, { metric, gain }: Planned, judge: (judged: Judged) => Judgement): Verdict {
  const { verdict, strength } = judge(judged);
  if (!isOpen(verdict) || judged.forecast === false) return verdict;
  const ready = comparableIn(verdict.rule, judged, metric);
  if ('outcome' in ready) return verdict;
  const { measure, control } = ready;
  const present = measure.ratio === true ? undefined : presentOf(judged, control, measure);
  const factor = measure.better === 'higher' ? 1 + gain : 1 - gain;
  if (present === undefined || !(factor > 0)) return verdict;
  const outcomes = outcomesNeeded(strength, verdict.n, (n) => {
    const later = judge(after(present, judged, control, measure, n, factor));
    // Enough evidence from too few observations is not enough.
    return isSettled(later.verdict) ? Math.max(1, later.strength) : Math.min(0.999, later.strength);
  });
  if (outcomes === undefined) return verdict;
  const rate = rateOf(judged, measure, present.last);
  // Where only closed windows count, the last one has to close, too.
  const ms = rate > 0 ? outcomes / rate + (measure.per === 'exposure' ? measure.windowMs : 0) : undefined;
  return { ...verdict, forecast: plannedForecast(outcomes, ms) };
}

const isOpen = ({ outcome }: Verdict) => outcome === 'inconclusive' || outcome === 'insufficient-data';
const isSettled = ({ outcome }: Verdict) => outcome === 'pass' || outcome === 'fail';

/**
 * The least number at which the strength is 1, within 5 %: `undefined` beyond a billion. Evidence grows nearly in a straight line, so
 * each guess is where the line through the ends of what is known reaches 1, kept away from both ends.
 */
function outcomesNeeded(now: number, n: number, strengthAt: (n: number) => number): number | undefined {
  let [low, lowStrength] = [0, Math.min(now, 0.999)];
  let high = Math.max(16, n);
  let highStrength = strengthAt(high);
  for (let look = 0; look < looksMax && !(highStrength >= 1); look += 1) {
    if (high >= outcomesMax) return undefined;
    const growth = (highStrength - lowStrength) / (high - low);
    [low, lowStrength] = [high, highStrength];
    const guess = growth > 0 ? low + (1.05 * (1 - lowStrength)) / growth : Infinity;
    high = Math.min(outcomesMax, Math.ceil(Math.min(Math.max(guess, 1.5 * low), 16 * low)));
    highStrength = strengthAt(high);
  }
  for (let look = 0; look < looksMax && high > precision * low && high - low > 1; look += 1) {
    const line = low + ((high - low) * (1.01 - lowStrength)) / Math.max(highStrength - lowStrength, 1e-9);
    const least = low + (high - low) / 16;
    const guess = Math.round(Math.min(Math.max(line, least), high - (high - low) / 16));
    const strength = strengthAt(guess);
    if (strength >= 1) [high, highStrength] = [guess, strength];
    else [low, lowStrength] = [guess, strength];
  }
  return high;
}

/** `if the true effect is the one planned for: about 3,100 more outcomes, 2 h 10 min`. */
function plannedForecast(outcomes: number, ms: number | undefined): Forecast {
  const words = `if the true effect is the one planned for: about ${countOf(Number(outcomes.toPrecision(2)))} more outcomes`;
  return ms === undefined ? { outcomes, words } : { outcomes, ms, words: `${words}, ${durationOf(ms)}` };
}

/** What a rule that only counts still needs of the arm: no effect is involved. */
export function countForecast(judged: Judged, measure: Measure, outcomes: number): Forecast {
  const last = judged.strata.reduce<Judged['strata'][number] | undefined>(
    (latest, stratum) => (latest === undefined || stratum.epoch >= latest.epoch ? stratum : latest),
    undefined,
  );
  const rate = last === undefined ? 0 : rateOf(judged, measure, last);
  const ms = rate > 0 ? outcomes / rate + (measure.per === 'exposure' ? measure.windowMs : 0) : undefined;
  const words = `${countOf(outcomes)} more outcome${outcomes === 1 ? '' : 's'}`;
  return ms === undefined ? { outcomes, words } : { outcomes, ms, words: `${words}, about ${durationOf(ms)}` };
}
