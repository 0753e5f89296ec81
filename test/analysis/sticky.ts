import type { Judged } from '../../src/analysis/verdict.js';
import { hash32 } from '../../src/core/hash.js';
import type { Rng } from '../../src/core/rng.js';
import { emptyEvidence, type Evidence, mergeEvidence } from '../../src/evidence/evidence.js';
import type { Metrics } from '../../src/evidence/metric.js';
import type { Exposure, Route } from '../../src/plan/plan.js';
import { Recorder } from '../../src/runtime/recording/recorder.js';

/** What one request of a unit comes to. `trait` is the unit's own, in [0, 1): what its requests have in common. */
export interface Request {
  readonly trait: number;
  readonly isCandidate: boolean;
  readonly hour: number;
}

export interface Roll {
  readonly rng: Rng;
  /** Different in each run, so that units fall into other clusters and arms. */
  readonly run: number;
  readonly metrics: Metrics;
  readonly units: number;
  /** The candidate's share in each hour. */
  readonly shares: readonly number[];
  /** The requests of a unit in an hour. */
  readonly requests: (trait: number, rng: Rng) => number;
  readonly outcome: (request: Request, rng: Rng) => Readonly<Record<string, unknown>>;
  readonly visits?: 'many' | 'one';
  /** Units have a name, and so return; without one each request is drawn. */
  readonly named?: boolean;
  /** A new unit for each request. */
  readonly fresh?: boolean;
  readonly contextOf?: (trait: number) => Readonly<Record<string, unknown>>;
}

export const hour = 3_600_000;
const start = 1_700_000_000_000 - (1_700_000_000_000 % hour);

/** A ramp of units through a real recorder and its store, with a look after every hour. */
export function* rollOut(roll: Roll): Generator<Judged> {
  const { rng, run, metrics, units, shares, requests, outcome, visits = 'many', named = true, fresh } = roll;
  const recorder = new Recorder({ metrics, visits, dedupe: 2 });
  const salt = hash32(`salt ${run}`);
  const people = Array.from({ length: units }, (_, unit) => ({ name: `${run}/${unit}`, trait: rng.next() }));
  let evidence: Evidence = emptyEvidence;
  let made = 0;
  for (const [at, share] of shares.entries()) {
    const epoch = 1 + shares.indexOf(share);
    const now = start + at * hour;
    recorder.adopt([{ node: 'root', epoch, salt: 'root', shares: { b: share, a: 1 - share }, arms: ['b', 'a'] }]);
    const routes = { b: routeTo('b', epoch, share), a: routeTo('a', epoch, 1 - share) };
    for (const { name, trait } of people) {
      const n = requests(trait, rng);
      for (let request = 0; request < n; request += 1) {
        made += 1;
        const unit = fresh === true ? `${name}/${made}` : name;
        const place = named ? hash32(unit, salt) / 2 ** 32 : rng.next();
        const isCandidate = place < share;
        const route = isCandidate ? routes.b : routes.a;
        const context = named ? { ...roll.contextOf?.(trait), targetingKey: unit } : {};
        const covariates = recorder.covariatesOf(context);
        const marks = recorder.expose(route, context, now, covariates);
        const { error = false, latencyMs = 10, ...reported } = outcome({ trait, isCandidate, hour: at }, rng);
        recorder.settle(route.exposures, now, now, { error: error === true, latencyMs: Number(latencyMs) }, marks);
        if (Object.keys(reported).length === 0) continue;
        const content = { router: 'r', id: String(made), at: now, model: 'm', exposures: route.exposures, marks };
        recorder.report({ ...content, ...(covariates && { covariates }) }, reported, now);
      }
    }
    evidence = mergeEvidence(evidence, recorder.takeDelta(now + hour) ?? emptyEvidence);
    yield { now: now + 100 * hour, strata: evidence.strata, metrics, arm: 'b', control: 'a' };
  }
}

function routeTo(arm: string, epoch: number, propensity: number): Route<string> {
  const exposure: Exposure = { node: 'root', arm, epoch, propensity, unit: 'targetingKey' };
  return { model: 'm', fallbacks: [], mirrors: [], exposures: [exposure], reason: 'split' };
}
