import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Outcome, type Severity, severities } from '../../src/analysis/verdict.js';
import { ABTest } from '../../src/strategies/ab-test.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { DarkLaunch } from '../../src/strategies/dark-launch.js';
import { newAttempt } from '../../src/strategies/attempt.js';
import { guard, guardRules } from '../../src/strategies/guarding.js';
import { rootScope } from '../../src/strategies/scope.js';
import { Shadow } from '../../src/strategies/shadow.js';
import type { Command, Notice, Strategy, Transition } from '../../src/strategies/strategy.js';
import { Drive, dial } from './drive.js';
import { fakeView } from './view.js';

const hour = 3_600_000;
const outcomes: readonly Outcome[] = ['pass', 'fail', 'inconclusive', 'insufficient-data', 'error', 'cancelled'];

/** Strategies in a moment in which guardrails are asked, and what each is when it is stopped. */
const stages = [{ share: 0.1 }, { share: 0.5, hold: true }, { share: 1 }] as const;
const made = {
  canary: (options: object) => {
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2', stages, ...options } as never));
    return drive as unknown as Drive<never, string>;
  },
  'dark launch': (options: object) =>
    new Drive(
      new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: [], until: {}, reveal: stages, ...options } as never),
    ) as unknown as Drive<never, string>,
  'blue-green': (options: object) =>
    new Drive(new BlueGreen({ blue: 'v1', green: 'v2', bakeMs: hour, ...options } as never)) as unknown as Drive<
      never,
      string
    >,
  shadow: (options: object) =>
    new Drive(
      new Shadow({ primary: 'v1', shadow: 'v2', until: { minAgeMs: hour }, ...options } as never),
    ) as unknown as Drive<never, string>,
  'A/B test': (options: object) =>
    new Drive(new ABTest({ arms: { a: 'v1', b: 'v2' }, ...options } as never)) as unknown as Drive<never, string>,
} as const;
type Kind = keyof typeof made;
const kinds = Object.keys(made) as Kind[];
const staged: ReadonlySet<Kind> = new Set(['canary', 'dark launch']);

/** A drive that is being judged; for stages, in the second one. */
function judged(kind: Kind, severity: Severity | undefined, options: object = {}) {
  const rule = Object.assign(dial('errors'), severity === undefined ? {} : { severity });
  const drive = made[kind]({ guardrails: [rule], ...options });
  // Past what comes before: the dark time, getting ready.
  const looks = { canary: 1, 'dark launch': 2, 'blue-green': 2, shadow: 0, 'A/B test': 0 }[kind];
  for (let look = 0; look < looks; look += 1) drive.tick();
  return { drive, rule };
}

const alertsIn = (notices: readonly Notice[]) => notices.filter(({ type }) => type === 'alert').map(({ data }) => data);
const own = (drive: Drive<never, string>) => (drive.state as { own: Record<string, unknown> }).own;
const isRolledBack = (drive: Drive<never, string>) => drive.status().settled === 'rolled-back';

/** A look, with the rollbacks that it asks for; all notices of it. */
function look(drive: Drive<never, string>, ms = 0): readonly Notice[] {
  drive.now += ms;
  const first: Transition<never> = drive.send({ type: 'tick' });
  return [...first.notices, ...(first.urgent ?? []).flatMap((command: Command) => drive.send(command).notices)];
}

describe.each(kinds)('a guardrail of a %s', (kind) => {
  test.each(outcomes.flatMap((outcome) => [...severities, undefined].map((severity) => [outcome, severity] as const)))(
    'that says %s, of severity %s',
    (outcome, severity) => {
      const { drive, rule } = judged(kind, severity);
      const before = drive.status();
      rule.outcome = outcome;
      const notices = look(drive);
      const alerts = alertsIn(notices);
      if (outcome !== 'fail') {
        expect(isRolledBack(drive)).toBe(false);
        expect(drive.status().shares).toEqual(before.shares);
        const told = alerts.filter(({ alert }) => alert !== 'approval-wanted').map(({ alert }) => alert);
        expect(told).toEqual(outcome === 'error' ? ['rule-error'] : []);
        expect(drive.status().waitingFor).toEqual(before.waitingFor);
        return;
      }
      const isStaged = staged.has(kind);
      const leads = severity === 'shrink' && !isStaged ? 'rollback' : (severity ?? 'rollback');
      const [kindOfAlert, level] = (
        {
          hold: ['held', 'warning'],
          shrink: ['shrunk', 'warning'],
          rollback: ['guardrail-failed', 'critical'],
          quarantine: ['quarantined', 'critical'],
        } as const
      )[leads];
      const about = { alert: kindOfAlert, severity: level, attempt: 1, rule: 'errors' };
      expect(alerts.filter(({ alert }) => alert === kindOfAlert)).toEqual([expect.objectContaining(about)]);
      expect(isRolledBack(drive)).toBe(leads === 'rollback' || leads === 'quarantine');
      if (leads === 'hold') {
        expect(drive.status().shares).toEqual(before.shares);
        expect(drive.status().waitingFor).toContain('approval, since guardrail errors holds it: it is fail');
        expect(drive.status().detail).toMatchObject({ held: 'guardrail errors: it is fail' });
      }
      if (leads === 'shrink') expect(own(drive)).toMatchObject({ stage: '10%', share: 0.1 });
      // Once: the next look has nothing to add.
      rule.outcome = leads === 'shrink' ? 'inconclusive' : 'fail';
      expect(alertsIn(look(drive)).filter(({ alert }) => alert === kindOfAlert)).toEqual([]);
    },
  );

  test.each(severities)(
    'does nothing of severity %s where it only observes, and tells once what it would have done',
    (severity) => {
      const { drive, rule } = judged(kind, severity, { mode: 'act' });
      const watched = judged(kind, severity, { mode: 'observe' });
      // From where the other one got to, since nothing moves by itself here.
      watched.drive.state = drive.state;
      watched.drive.revision = drive.revision;
      rule.outcome = 'fail';
      watched.rule.outcome = 'fail';
      const before = watched.drive.status();
      const alerts = alertsIn(look(watched.drive));
      expect(alerts.filter(({ alert }) => alert !== 'approval-wanted')).toEqual([
        {
          alert: 'would-have',
          severity: 'info',
          why: 'it is fail',
          attempt: 1,
          rule: 'errors',
          wouldHave: severity,
        },
      ]);
      expect(watched.drive.status().shares).toEqual(before.shares);
      expect(isRolledBack(watched.drive)).toBe(false);
      expect(watched.drive.status().detail).toMatchObject({ wouldHave: [`${severity}: guardrail errors`] });
      expect(watched.drive.rests(1)).toBe(true);
      expect(watched.drive.order('rollback')).toBeUndefined();
      expect(isRolledBack(watched.drive)).toBe(true);
    },
  );

  test('that quarantines keeps the pair from a new attempt, until somebody overrides it', () => {
    const { drive, rule } = judged(kind, 'quarantine');
    rule.outcome = 'fail';
    look(drive);
    const stands = /^it is quarantined: it is fail \(guardrail errors\)\. Only an override tries it again$/;
    expect(drive.order('resume')).toMatch(stands);
    expect(drive.order('reset')).toMatch(stands);
    if (kind !== 'blue-green') expect(drive.order('promote', kind === 'A/B test' ? { arm: 'b' } : {})).toMatch(stands);
    expect(isRolledBack(drive)).toBe(true);
    rule.outcome = 'pass';
    expect(drive.send({ type: 'reset', by: 'ann', override: true }).refused).toBeUndefined();
    expect(isRolledBack(drive)).toBe(false);
    expect(own(drive)).toMatchObject({ attempt: 2 });
    expect(own(drive)['guard'] ?? {}).not.toHaveProperty('quarantined');
  });

  test('that holds is excused by an approval for the attempt, and a rejection rolls back', () => {
    const { drive, rule } = judged(kind, 'hold');
    rule.outcome = 'fail';
    look(drive);
    expect(drive.order('approve')).toBeUndefined();
    expect(own(drive)).toMatchObject({ guard: { excused: ['errors'] } });
    expect(own(drive)['guard']).not.toHaveProperty('held');
    expect(alertsIn(look(drive)).filter(({ alert }) => alert === 'held')).toEqual([]);
    expect(drive.last.verdicts?.at(-1)?.stop).toEqual({ alpha: 0, spent: 0 });
    const other = judged(kind, 'hold');
    other.rule.outcome = 'fail';
    look(other.drive);
    expect(other.drive.order('reject')).toBeUndefined();
    expect(isRolledBack(other.drive)).toBe(true);
  });

  test('does not move what it holds, however long it takes', () => {
    const { drive, rule } = judged(kind, 'hold');
    rule.outcome = 'fail';
    look(drive);
    rule.outcome = 'pass';
    const { shares, phase } = drive.status();
    for (let day = 0; day < 3; day += 1) look(drive, 24 * hour);
    expect(drive.status()).toMatchObject({ shares, phase });
  });

  test('is shown with its alpha, and how much of it is spent', () => {
    const { drive } = judged(kind, undefined, kind === 'A/B test' ? { guardrailAlpha: 0.04 } : { alpha: 0.04 });
    look(drive);
    expect(drive.last.verdicts?.at(-1)?.stop).toEqual({ alpha: 0.04, spent: 0 });
  });
});

describe('the ledger of a look', () => {
  const scope = rootScope('root', 2);
  const start = newAttempt(0, scope);
  const judgedAs = (arm: string) => ({ now: 0, strata: [], metrics: {}, arm });
  const evidence = (name: string, eValue: number, alpha?: number) => ({
    ...(alpha !== undefined && { alpha }),
    name,
    metrics: [],
    judge: (judged: { alpha?: number }) => {
      const level = alpha ?? judged.alpha ?? 0;
      const outcome = eValue >= 1 / level ? ('fail' as const) : ('inconclusive' as const);
      return { rule: name, outcome, reason: 'so', n: 1, alpha: level, eValue };
    },
  });

  test('stops at the alpha of all together, and names the rule that leads', () => {
    const rules = guardRules({ guardrails: [evidence('a', 60), evidence('b', 140)], alpha: 0.01 });
    const { stops, ledger, verdicts } = guard(rules, start, [judgedAs('x')], {}, scope);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive']);
    expect(stops).toMatchObject([{ arm: 'x', severity: 'rollback', verdict: { rule: 'b' } }]);
    expect(ledger.stop).toEqual({ alpha: 0.01, spent: 1 });
  });

  test('gives each of several arms its part, and stops them one by one', () => {
    const rules = guardRules({ guardrails: [evidence('a', 150)], alpha: 0.02 }, 2);
    expect(rules.alpha).toBe(0.01);
    const quiet = guard(
      guardRules({ guardrails: [evidence('a', 150)], alpha: 0.01 }, 2),
      start,
      [judgedAs('x')],
      {},
      scope,
    );
    expect(quiet.stops).toEqual([]);
    const { stops, ledger } = guard(rules, start, [judgedAs('x'), judgedAs('y')], {}, scope);
    expect(stops.map(({ arm, verdict }) => [arm, verdict.rule])).toEqual([
      ['x', 'a of x'],
      ['y', 'a of y'],
    ]);
    expect(ledger.stop).toEqual({ alpha: 0.02, spent: 1 });
  });

  test('spends a part of alpha where the look may have no more', () => {
    const at = (alphaShare?: number) => {
      const rules = guardRules({ guardrails: [evidence('a', 100)], alpha: 0.01 });
      return guard(rules, start, [judgedAs('x')], alphaShare === undefined ? {} : { alphaShare }, scope);
    };
    expect(at().stops).toHaveLength(1);
    expect(at(1).stops).toHaveLength(1);
    expect(at(0.5).stops).toEqual([]);
    expect(at(0.5).ledger.stop).toEqual({ alpha: 0.005, spent: 0.5 });
    const named = guardRules({ guardrails: [evidence('a', 150, 0.01)] });
    expect(guard(named, start, [judgedAs('x')], { alphaShare: 0.5 }, scope).stops).toEqual([]);
  });

  test('is no later with more alpha, whatever the evidence', () => {
    const eValues = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 4 });
    const alpha = fc.double({ min: 0.0001, max: 0.3, noNaN: true });
    fc.assert(
      fc.property(eValues, alpha, alpha, (values, one, other) => {
        const stops = (level: number) => {
          const guardrails = values.map((eValue, at) => evidence(`r${at}`, eValue));
          return guard(guardRules({ guardrails, alpha: level }), start, [judgedAs('x')], {}, scope).stops.length;
        };
        return stops(Math.min(one, other)) <= stops(Math.max(one, other));
      }),
    );
  });

  test('is not there without guardrails', () => {
    expect(guard(guardRules({}), start, [judgedAs('x')], {}, scope)).toEqual({
      own: start,
      notices: [],
      verdicts: [],
      ledger: {},
      stops: [],
    });
  });
});

describe('a person', () => {
  const orders = ['promote', 'pause', 'resume', 'approve'] as const;

  test.each(kinds)('who promotes is not overruled by any guardrail, whatever comes after: %s', (kind) => {
    const order = fc.constantFrom<(typeof orders)[number] | 'tick'>('tick', 'tick', ...orders);
    const severity = fc.constantFrom(...severities);
    fc.assert(
      fc.property(
        fc.array(order, { maxLength: 8 }),
        severity,
        fc.array(order, { maxLength: 8 }),
        (first, hard, then) => {
          const { drive, rule } = judged(kind, hard);
          const arm = kind === 'A/B test' ? { arm: 'b' } : {};
          const act = (what: (typeof orders)[number] | 'tick') =>
            what === 'tick' ? void look(drive, hour) : void drive.order(what, what === 'promote' ? arm : {});
          first.forEach(act);
          if (drive.order('promote', arm) !== undefined) return;
          const { shares } = drive.status();
          rule.outcome = 'fail';
          then.forEach(act);
          const late = { type: 'rollback', by: 'guardrail errors', reason: 'late', attempt: 1 } as const;
          if (kind !== 'blue-green' || drive.status().settled === undefined) drive.send(late);
          look(drive, hour);
          expect(isRolledBack(drive)).toBe(false);
          expect(drive.status().shares).toEqual(shares);
          expect(drive.order('rollback')).toBeUndefined();
          expect(isRolledBack(drive)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each(kinds)('is told once of a guardrail that fails after that: %s', (kind) => {
    const { drive, rule } = judged(kind, 'quarantine');
    expect(drive.order('promote', kind === 'A/B test' ? { arm: 'b' } : {})).toBeUndefined();
    rule.outcome = 'fail';
    // What is through is not judged any more: a test that has ended, a shadow that is complete.
    const isJudged = staged.has(kind);
    const why = 'guardrail errors: it is fail. It was promoted by ann, which no guardrail undoes: rollback() does';
    const told = { alert: 'guardrail-failed', severity: 'critical', why, attempt: 1, rule: 'errors' };
    expect(alertsIn(look(drive))).toEqual(isJudged ? [told] : []);
    expect(alertsIn(look(drive))).toEqual([]);
  });

  test('who switches is told of it in the bake, which then ends as it would have', () => {
    const rule = dial('errors', 'fail');
    const drive = made['blue-green']({ guardrails: [rule] });
    drive.tick();
    expect(drive.order('promote')).toBeUndefined();
    expect(alertsIn(look(drive)).map(({ alert }) => alert)).toEqual(['guardrail-failed']);
    expect(drive.status().detail).toMatchObject({ phase: 'baking', promotedBy: 'ann' });
    look(drive, hour);
    expect(drive.status().settled).toBe('promoted');
  });
});

describe('a stored state from before all this', () => {
  const before = (strategy: Strategy, change: object) => {
    const state = strategy.init(0, rootScope('root', 1)) as { own: object; children: object };
    return strategy.restore({ own: { ...state.own, ...change }, children: state.children } as never) as {
      own: Record<string, unknown>;
    };
  };

  test.each([
    ['canary', new Canary({ baseline: 'v1', candidate: 'v2' })],
    ['dark launch', new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: [] })],
    ['blue-green', new BlueGreen({ blue: 'v1', green: 'v2' })],
  ] as const)('of a %s is read, and its approval has no name', (_, strategy) => {
    const approved = before(strategy, { approved: true });
    expect(approved.own['guard']).toEqual({ approvals: [{ by: 'a person', at: 0 }] });
    expect(approved.own).not.toHaveProperty('approved');
    const not = before(strategy, { approved: false });
    expect(not.own).not.toHaveProperty('approved');
    expect(not.own).not.toHaveProperty('guard');
    expect(() => before(strategy, { approved: 'yes' })).toThrow('own.approved');
  });

  test.each([
    ['held', { rule: 'x', why: 'y' }, 'own.guard.held.excuses'],
    ['excused', 'all', 'own.guard.excused'],
    ['quarantined', 1, 'own.guard.quarantined'],
    ['promotedBy', {}, 'own.guard.promotedBy'],
    ['approvals', [{ by: 'ann' }], 'own.guard.approvals[0].at'],
    ['checks', { x: { ok: 1, at: 0, detail: null } }, 'own.guard.checks.x.ok'],
    ['told', [1], 'own.guard.told[0]'],
    ['fellAt', -1, 'own.guard.fellAt'],
    ['flips', [0.5], 'own.guard.flips[0]'],
    ['more', 1, 'own.guard.more'],
  ])('is refused for a guard with a wrong %s', (key, value, path) => {
    const canary = new Canary({ baseline: 'v1', candidate: 'v2' });
    expect(() => before(canary, { guard: { [key]: value } })).toThrow(path);
    expect(before(canary, { guard: {} }).own['guard']).toEqual({});
  });
});

test('views say nothing of alpha unless they are asked to spend less', () => {
  expect(fakeView()).not.toHaveProperty('alphaShare');
});
