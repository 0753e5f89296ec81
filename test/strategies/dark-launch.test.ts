/* oxlint-disable unicorn/no-thenable -- `then` is an option of a dark launch, and none is ever awaited. */
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import type { Context } from '../../src/core/context.js';
import { isTurnoutError } from '../../src/core/errors.js';
import { hash32 } from '../../src/core/hash.js';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import type { Match, Route, Split } from '../../src/plan/plan.js';
import { reachableModels } from '../../src/plan/reachable.js';
import type { Call } from '../../src/runtime/calls/model.js';
import { createRouter } from '../../src/runtime/router.js';
import { ABTest } from '../../src/strategies/ab-test.js';
import { DarkLaunch } from '../../src/strategies/dark-launch.js';
import { strategyLaws } from '../../src/testing/strategy-laws.js';
import { Drive, dial, gateDial, monday } from './drive.js';

const minute = 60_000;
const quick = [{ share: 0.1 }, { share: 0.5 }] as const;
const staff = { eq: ['group', 'staff'] } as const;

const launch = (options: object = {}) =>
  new Drive(
    new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: staff, reveal: quick, ...options } as never) as DarkLaunch<
      'v1',
      'v2'
    >,
  );

/** The plan that those outside of the audience get. */
const outsideOf = (drive: { plan(): unknown }) => (drive.plan() as Match<string>).otherwise;

const reached = {
  dark: (options: object = {}) => launch(options),
  revealing: (options: object = {}) => {
    const drive = launch({ until: {}, ...options });
    drive.tick();
    return drive;
  },
  paused: (options: object = {}) => {
    const drive = reached.revealing(options);
    drive.order('pause');
    return drive;
  },
  'paused while dark': (options: object = {}) => {
    const drive = launch(options);
    drive.order('pause');
    return drive;
  },
  kept: (options: object = {}) => {
    const drive = launch({ until: {}, then: 'keep', reveal: [{ share: 0.3 }], ...options });
    drive.tick();
    drive.tick();
    return drive;
  },
  promoted: (options: object = {}) => {
    const drive = launch(options);
    drive.order('promote');
    return drive;
  },
  'rolled-back': (options: object = {}) => {
    const drive = launch(options);
    drive.order('rollback');
    return drive;
  },
} as const;
type Place = keyof typeof reached;
const places = Object.keys(reached) as Place[];

describe('while dark', () => {
  test('the hidden model is there for the audience alone, and falls back to the visible one', () => {
    const drive = launch();
    expect(drive.plan()).toEqual({
      op: 'match',
      node: 'root',
      rules: [{ name: 'audience', when: staff, arm: 'hidden', plan: { op: 'serve', model: 'v2' } }],
      otherwise: { op: 'serve', model: 'v1' },
      fallback: 'v1',
    });
    expect(drive.status()).toEqual({
      node: 'root',
      kind: 'dark-launch',
      phase: 'running',
      stable: 'v1',
      shares: { hidden: 0, visible: 1 },
      waitingFor: ['approval'],
      children: [],
      detail: { stage: 'dark', attempt: 1, since: monday, why: 'the roll-out started' },
    });
  });

  test('it runs on a share of all requests, each drawn, whose output goes nowhere', () => {
    const drive = launch({ execute: 0.25, unit: 'tenantId', salt: 'mine' });
    expect(outsideOf(drive)).toEqual({
      op: 'mirror',
      node: 'root',
      epoch: 1,
      salt: 'mine',
      primary: { op: 'serve', model: 'v1' },
      shadows: [{ arm: 'hidden', model: 'v2', share: 0.25 }],
    });
    expect(outsideOf(launch({ execute: 0 }))).toEqual({ op: 'serve', model: 'v1' });
  });

  test('it waits for an approval unless it is told what to wait for', () => {
    const drive = launch();
    drive.tick(365 * 24 * 60 * minute);
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.state.own).toMatchObject({ stage: 'dark', share: 0 });
    expect(drive.order('approve')).toBeUndefined();
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: '10%', share: 0.1, phase: 'ramping' });
    expect(drive.state.own.guard?.approvals).toBeUndefined();
  });

  test('it is rejected by a person, and then nobody gets it', () => {
    const drive = launch();
    expect(drive.order('reject')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', why: 'rejected (ann)' });
    expect(reachableModels(drive.plan())).toEqual(['v1']);
  });

  test('it counts the mirrored executions and its age, and reveals by itself once they are there', () => {
    const gate = gateDial('load', 'inconclusive');
    const drive = launch({ execute: 1, until: { minAgeMs: minute, minOutcomes: 100, gates: [gate] } });
    drive.see({ primary: { outcomes: 99 }, hidden: { outcomes: 99 } });
    drive.tick(minute - 1);
    expect(drive.waits()).toEqual(['age of 60000 ms (now 59999)', '1 more outcomes', 'load: it is inconclusive']);
    expect(drive.status().waitingFor).toEqual(['age of 60000 ms', '100 outcomes', 'load']);
    expect(gate.asked.at(-1)).toMatchObject({ arm: 'hidden', control: 'primary' });
    drive.see({ primary: { outcomes: 1 }, hidden: { outcomes: 1 } });
    gate.outcome = 'pass';
    drive.tick(1);
    expect(drive.state.own).toMatchObject({ stage: '10%', share: 0.1 });
    expect(drive.last.notices[0]?.data).toMatchObject({
      from: 'dark',
      to: '10%',
      why: 'stage dark passed',
      share: 0.1,
    });
  });

  test('its deadline is that of any stage', () => {
    const drive = launch({ execute: 1, until: { minOutcomes: 5, maxAgeMs: minute, onInsufficient: 'rollback' } });
    drive.tick(minute - 1);
    expect(drive.state.own.phase).toBe('ramping');
    drive.tick(1);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', byMachine: true });
  });
});

describe('the reveal', () => {
  test('keeps the audience, counts only those that are drawn, and leaves the nameless out', () => {
    const drive = reached.revealing({ unit: 'tenantId', salt: 'mine' });
    const plan = drive.plan() as Match<string>;
    expect(plan).toMatchObject({
      op: 'match',
      node: 'root',
      rules: [
        { name: 'audience', when: staff, arm: 'hidden', plan: { op: 'serve', model: 'v2' } },
        { name: 'pinned', arm: 'visible', plan: { op: 'serve', model: 'v1' } },
      ],
      fallback: 'v1',
    });
    expect(plan.otherwise).toEqual({
      op: 'split',
      node: 'root',
      epoch: 2,
      salt: 'mine',
      unit: 'tenantId',
      arms: [
        { arm: 'hidden', share: 0.1, plan: { op: 'serve', model: 'v2' } },
        { arm: 'visible', share: 0.9, plan: { op: 'serve', model: 'v1' } },
      ],
      cuts: [
        { below: 429496730, arm: 0 },
        { below: 2 ** 32, arm: 1 },
      ],
      missing: 'last',
      counts: true,
      fallback: 'v1',
    });
    expect(outsideOf(reached.revealing())).not.toHaveProperty('unit');
  });

  test('mirrors nothing any more', () => {
    expect(outsideOf(reached.revealing({ execute: 1 }))).toMatchObject({ op: 'split' });
  });

  test('goes through its stages, and then to everybody, the nameless too', () => {
    const drive = reached.revealing({ execute: 1 });
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: '50%', share: 0.5 });
    drive.tick();
    expect(drive.state.own).toMatchObject({ phase: 'promoted', share: 1 });
    const split = drive.plan() as Split<string>;
    expect(split).toMatchObject({ op: 'split', missing: 'draw', cuts: [{ below: 2 ** 32, arm: 0 }], fallback: 'v1' });
    expect(drive.status()).toMatchObject({ settled: 'promoted', stable: 'v2', shares: { hidden: 1, visible: 0 } });
  });

  test('of everybody as a stage shows it to the nameless before it is promoted', () => {
    const drive = reached.revealing({ reveal: [{ share: 1, hold: true }] });
    expect(drive.plan()).toMatchObject({ op: 'split', missing: 'draw' });
    expect(drive.status()).toMatchObject({ phase: 'running', stable: 'v1', shares: { hidden: 1 } });
  });

  test('takes the stages of a canary by default', () => {
    const drive = launch({ until: {}, reveal: undefined });
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: '1%', share: 0.01 });
    expect(drive.status().waitingFor).toEqual(['age of 600000 ms', '100 outcomes']);
  });

  test('can stop before everybody', () => {
    expect(reached.kept().state.own).toMatchObject({ phase: 'kept', share: 0.3 });
    expect(reached.kept().plan()).toMatchObject({ op: 'match' });
  });

  test('never grows outside of the calendar', () => {
    const calendar = { windows: [{ days: ['sun'], from: '00:00', to: '24:00' }] };
    const drive = launch({ until: {}, calendar });
    drive.tick();
    expect(drive.state.own.stage).toBe('dark');
    expect(drive.waits()).toHaveLength(1);
  });
});

describe('a guardrail', () => {
  test('judges mirrored executions while dark and hidden against visible afterwards, each on its own evidence', () => {
    const rule = dial('errors');
    const drive = launch({ execute: 1, until: {}, guardrails: [rule] });
    drive.order('pause');
    drive.see({ primary: { outcomes: 7 }, hidden: { outcomes: 7 } });
    drive.tick();
    drive.order('resume');
    drive.tick();
    drive.see({ hidden: { outcomes: 3 }, visible: { outcomes: 9 } }, 4);
    expect(drive.state.own.epoch).toBe(4);
    drive.tick();
    drive.see({ hidden: { outcomes: 3 }, visible: { outcomes: 9 } }, drive.state.own.epoch);
    drive.tick();
    const asked = rule.asked.map(({ arm, control, strata }) => [arm, control, strata.map(({ epoch }) => epoch)]);
    expect(asked).toEqual([
      ['hidden', 'primary', [1]],
      ['hidden', 'primary', [1]],
      ['hidden', 'visible', [4]],
      ['hidden', 'visible', [4, 5]],
    ]);
  });

  test.each(['dark', 'revealing', 'paused', 'paused while dark', 'kept'] as const)(
    'that fails takes the hidden model from everybody when %s',
    (place) => {
      const rule = dial('errors');
      const drive = reached[place]({ execute: 1, guardrails: [rule] });
      rule.outcome = 'fail';
      expect(drive.tick().urgent).toMatchObject([{ type: 'rollback', node: 'root', attempt: 1 }]);
      expect(drive.state.own).toMatchObject({ phase: 'rolled-back', byMachine: true });
      expect(reachableModels(drive.plan())).toEqual(['v1']);
    },
  );

  test('is not asked when rolled back', () => {
    const rule = dial('errors', 'fail');
    expect(reached['rolled-back']({ guardrails: [rule] }).tick().urgent).toBeUndefined();
    expect(rule.asked).toEqual([]);
  });

  test('undoes no promotion by a person: it tells, once', () => {
    const drive = reached.promoted({ guardrails: [dial('errors', 'fail')] });
    const { urgent, notices } = drive.tick();
    expect(urgent).toBeUndefined();
    expect(notices.map(({ data }) => data['alert'])).toEqual(['guardrail-failed']);
    expect(drive.state.own.phase).toBe('promoted');
    expect(drive.rests(minute)).toBe(true);
  });

  test('that failed is followed by a dark retry, with the units spread anew', () => {
    const rule = dial('errors', 'pass');
    const drive = reached.revealing({ guardrails: [rule], retry: { times: 1, afterMs: minute } });
    rule.outcome = 'fail';
    drive.tick();
    drive.tick(minute);
    expect(drive.state.own).toMatchObject({ attempt: 2, stage: 'dark', share: 0, phase: 'ramping' });
    rule.outcome = 'pass';
    drive.tick();
    expect(outsideOf(drive)).toMatchObject({ salt: 'root#2' });
  });

  test('that failed leaves the units where they were if that is wanted', () => {
    const retry = { times: 1, afterMs: 0, sameUnits: true };
    const drive = reached['rolled-back']({ retry, execute: 1 });
    drive.order('resume');
    expect(outsideOf(drive)).toMatchObject({ op: 'mirror', salt: 'root' });
    drive.order('promote');
    expect(drive.plan()).toMatchObject({ op: 'split', salt: 'root' });
  });
});

describe('a command', () => {
  const orders = ['promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'] as const;
  /** What an order leads to, or why it is refused. */
  const table: Readonly<Record<Place, Readonly<Record<(typeof orders)[number], string>>>> = {
    dark: {
      promote: 'promoted 1',
      rollback: 'rolled-back 0',
      pause: 'paused 0',
      resume: 'nothing is paused: the dark launch is ramping',
      approve: 'ramping 0',
      reject: 'rolled-back 0',
      reset: 'ramping 0',
    },
    revealing: {
      promote: 'promoted 1',
      rollback: 'rolled-back 0',
      pause: 'paused 0.1',
      resume: 'nothing is paused: the dark launch is ramping',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
      reset: 'ramping 0',
    },
    paused: {
      promote: 'promoted 1',
      rollback: 'rolled-back 0',
      pause: 'nothing ramps: the dark launch is paused',
      resume: 'ramping 0.1',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
      reset: 'ramping 0',
    },
    'paused while dark': {
      promote: 'promoted 1',
      rollback: 'rolled-back 0',
      pause: 'nothing ramps: the dark launch is paused',
      resume: 'ramping 0',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
      reset: 'ramping 0',
    },
    kept: {
      promote: 'promoted 1',
      rollback: 'rolled-back 0',
      pause: 'nothing ramps: the dark launch is kept',
      resume: 'nothing is paused: the dark launch is kept',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
      reset: 'ramping 0',
    },
    promoted: {
      promote: 'the hidden is promoted already',
      rollback: 'rolled-back 0',
      pause: 'nothing ramps: the dark launch is promoted',
      resume: 'nothing is paused: the dark launch is promoted',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
      reset: 'ramping 0',
    },
    'rolled-back': {
      promote: 'promoted 1',
      rollback: 'the dark launch is rolled back already',
      pause: 'nothing ramps: the dark launch is rolled-back',
      resume: 'ramping 0',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
      reset: 'ramping 0',
    },
  };

  test.each(places)('does in %s what the table says', (place) => {
    const ends = orders.map((order) => {
      const drive = reached[place]();
      const { phase, share } = drive.state.own;
      const refused = drive.order(order);
      if (refused !== undefined) expect(drive.state.own).toMatchObject({ phase, share });
      return [order, refused ?? `${drive.state.own.phase} ${drive.state.own.share}`];
    });
    expect(Object.fromEntries(ends)).toEqual(table[place]);
  });

  test('promotes what is hidden, and nothing else', () => {
    expect(launch().order('promote', { arm: 'hidden' })).toBeUndefined();
    expect(launch().order('promote', { arm: 'visible' })).toBe(
      "only the hidden can be promoted, not 'visible'; rollback() leads to the visible",
    );
  });
});

type Made = ReturnType<typeof launch>;
const units = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom('u1', 'u2', '', 7, 8, 2.5, null),
  fc.integer({ min: 0, max: 500 }).map((n) => `user-${n}`),
);
const pins = fc.constantFrom(
  undefined,
  { root: 'hidden' },
  { root: 'visible' },
  { root: 'audience' },
  { root: 'v2' },
  { 'root/hidden': 'b' },
  'hidden',
);
const contexts: fc.Arbitrary<Context> = fc
  .record({ targetingKey: units, tenant: units, group: fc.constantFrom('staff', 'guests', undefined), pins })
  .map((context) => context as unknown as Context);
const audiences = fc.constantFrom(
  staff,
  ({ group }: Context) => group === 'staff',
  [],
  ['u1', '7', 'user-3'],
  () => {
    throw new Error('a condition of the user');
  },
);
const settings = fc.record({
  audience: audiences,
  execute: fc.constantFrom(0, 0.3, 1),
  unit: fc.constantFrom(undefined, 'tenant'),
  until: fc.constantFrom(undefined, {}),
  reveal: fc.constantFrom([{ share: 0.2 }, { share: 0.6 }], [{ share: 1e-12 }, { share: 0.999 }]),
  then: fc.constantFrom('promote', 'keep'),
});
const acts = fc.array(fc.constantFrom('tick', 'promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'), {
  maxLength: 8,
});

/** By the contract in words, not by the plan: is this unit one of those to whom the hidden model was revealed? */
function mayHave(drive: Made, { audience, unit = 'targetingKey' }: { audience: unknown; unit?: string }, who: Context) {
  const { phase, share, attempt } = drive.state.own;
  if (phase === 'rolled-back') return false;
  if (share === 1) return true;
  const value = who[unit];
  const isNamed = (typeof value === 'string' && value !== '') || Number.isSafeInteger(value);
  const inAudience = Array.isArray(audience)
    ? isNamed && audience.includes(String(value))
    : !(typeof audience === 'function' && audience.length === 0) && who['group'] === 'staff';
  if (inAudience) return true;
  const salt = attempt === 1 ? 'root' : `root#${attempt}`;
  return isNamed && hash32(String(value), hash32(salt)) < Math.round(share * 2 ** 32);
}

describe('nobody outside of the audience and the revealed units', () => {
  test('ever gets the hidden model, from any state, with any pin; and mirrors never answer', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(settings, acts, fc.array(contexts, { minLength: 1, maxLength: 12 }), (options, steps, crowd) => {
        const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
        const drive = launch(given);
        for (const step of steps)
          if (step === 'tick') drive.tick(1000);
          else drive.order(step);
        const compiled = compilePlan(drive.plan(), { rng: seededRng(1), onError: () => undefined });
        for (const who of crowd) {
          const route: Route<string> = compiled.route(who);
          const may = mayHave(drive, { ...options, ...(options.unit && { unit: options.unit }) } as never, who);
          const wantsOld = (who.pins as Record<string, unknown> | undefined)?.['root'] === 'visible';
          if (!may) expect(route.model).toBe('v1');
          else if (!wantsOld) expect(route.model).toBe('v2');
          if (route.model === 'v1') expect(route.fallbacks).not.toContain('v2');
          const { share, phase } = drive.state.own;
          const isExecuted = share === 0 && phase !== 'rolled-back' && route.model === 'v1' && options.execute > 0;
          expect(route.mirrors.map(({ arm, model, share: of }) => [arm, model, of])).toEqual(
            isExecuted ? [['hidden', 'v2', options.execute]] : [],
          );
          seen.add(`${drive.state.own.phase} ${may} ${route.model}`);
        }
      }),
      { numRuns: 400 },
    );
    // The property would hold for nothing if the states were not reached.
    for (const place of ['ramping', 'paused', 'promoted', 'rolled-back'])
      expect([...seen].filter((way) => way.startsWith(place)).length).toBeGreaterThan(0);
    for (const way of ['ramping true v2', 'ramping false v1', 'kept true v2', 'kept false v1', 'rolled-back false v1'])
      expect(seen).toContain(way);
  });

  test('is let in by a pin, and whom it was revealed to may keep the visible one by a pin', () => {
    const drive = reached.kept();
    const { route } = compilePlan(drive.plan(), { rng: seededRng(1) });
    const names = Array.from({ length: 200 }, (_, n) => `user-${n}`);
    const revealed = names.filter((name) => hash32(name, hash32('root')) < Math.round(0.3 * 2 ** 32));
    const pinned = names.filter((targetingKey) => route({ targetingKey, pins: { root: 'hidden' } }).model === 'v2');
    expect(pinned).toEqual(revealed);
    expect(revealed.length).toBeGreaterThan(30);
    const back = names.filter((targetingKey) => route({ targetingKey, pins: { root: 'visible' } }).model === 'v2');
    expect(back).toEqual([]);
    const [some] = revealed as [string];
    expect(route({ targetingKey: some, pins: { root: 'hidden' } }).exposures).toMatchObject([{ pinned: true }]);
    expect(route({ targetingKey: some }).exposures).toMatchObject([{ arm: 'hidden', propensity: 0.3 }]);
  });

  test('is told apart at the very edge of the share', () => {
    const hash = hash32('ann', hash32('root'));
    const modelAt = (share: number) => {
      const drive = launch({ until: {}, reveal: [{ share, hold: true }] });
      drive.tick();
      const { route } = compilePlan(drive.plan(), { rng: seededRng(1) });
      const models = [route({ targetingKey: 'ann' }), route({ targetingKey: 'ann', pins: { root: 'hidden' } })];
      return models.map(({ model }) => model);
    };
    expect(modelAt(hash / 2 ** 32)).toEqual(['v1', 'v1']);
    expect(modelAt((hash + 1) / 2 ** 32)).toEqual(['v2', 'v2']);
  });

  test('is counted when in the audience', () => {
    for (const place of ['dark', 'revealing'] as const) {
      const { route } = compilePlan(reached[place]().plan(), { rng: seededRng(1) });
      const chosen = route({ targetingKey: 'ann', group: 'staff' });
      expect(chosen).toMatchObject({ model: 'v2', fallbacks: ['v1'], exposures: [], reason: 'targeting-match' });
    }
  });
});

describe('an audience of units', () => {
  const modelsFor = (audience: readonly string[], options: object, crowd: readonly Context[]) => {
    const { route } = compilePlan(launch({ audience, ...options }).plan(), { rng: seededRng(1) });
    return crowd.map((who) => route(who).model);
  };

  test('knows a unit as a text and as a whole number', () => {
    const crowd = [{ targetingKey: '42' }, { targetingKey: 42 }, { targetingKey: '042' }, { targetingKey: 43 }];
    expect(modelsFor(['42', 'x'], {}, crowd as never)).toEqual(['v2', 'v2', 'v1', 'v1']);
    expect(
      modelsFor(['042', '1e3', '4.5'], {}, [
        { targetingKey: 42 },
        { targetingKey: 1000 },
        { targetingKey: 4.5 },
      ] as never),
    ).toEqual(['v1', 'v1', 'v1']);
  });

  test('is one of the unit that is named', () => {
    const crowd = [{ tenantId: 'acme' }, { targetingKey: 'acme' }];
    expect(modelsFor(['acme'], { unit: 'tenantId' }, crowd)).toEqual(['v2', 'v1']);
  });

  test('may be empty: then the model only runs', () => {
    expect(modelsFor([], {}, [{ targetingKey: 'acme' }, {}])).toEqual(['v1', 'v1']);
  });
});

describe('options', () => {
  const issuesOf = (options: object): readonly string[] => {
    try {
      launch(options);
      return [];
    } catch (error) {
      if (!isTurnoutError(error, 'config')) throw error;
      return (error as unknown as { issues: readonly { path: string; message: string }[] }).issues.map(
        ({ path, message }) => `${path}: ${message}`,
      );
    }
  };
  const units = (n: number) => Array.from({ length: n }, (_, index) => String(index));

  test.each([
    [{ audience: undefined }, 'strategy.audience: must be a condition (was undefined).'],
    [{ audience: ['u1', ''] }, "strategy.audience[1]: must be a text that is not empty (was '')."],
    [{ audience: units(4001) }, 'strategy.audience: must be a list of 0 to 4000 items (was a list of 4001).'],
    [{ hidden: 'v1' }, "strategy.hidden: must differ from visible (was 'v1'): what everybody gets cannot be hidden."],
    [{ execute: 5 }, 'strategy.execute: must be a fraction in [0, 1] (was 5). Did you mean 0.05?'],
    [
      { execute: 0.1, hidden: new ABTest({ arms: { a: 'v2', b: 'v3' } }) },
      'strategy.execute: must be left out where hidden is a strategy: only a model can be mirrored.',
    ],
    [
      { until: { minOutcomes: 1 } },
      'strategy.execute: must be over 0 with minOutcomes or gates in until: nothing else is counted while dark.',
    ],
    [
      { until: { gates: [gateDial()] }, execute: 0 },
      'strategy.execute: must be over 0 with minOutcomes or gates in until: nothing else is counted while dark.',
    ],
    [{ until: { share: 0 } }, 'strategy.until.share: must be left out: nothing is revealed yet.'],
    [{ until: { name: 'x' } }, 'strategy.until.name: must be left out: nothing is revealed yet.'],
    [{ until: 5 }, 'strategy.until: must be an object (was 5).'],
    [{ until: { minAge: 5 } }, 'strategy.until.minAge: is not an option. Did you mean minAgeMs?'],
    [{ until: { minAgeMs: 5, maxAgeMs: 4 } }, 'strategy.until.maxAgeMs: must be at least minAgeMs, 5 (was 4).'],
    [
      { reveal: [{ share: 0.1 }, { share: 0.2, name: 'dark' }] },
      "strategy.reveal[1].name: must not be 'dark', which is the time before the reveal.",
    ],
    [{ reveal: [] }, 'strategy.reveal: must be a list of 1 to 100 items (was a list of 0).'],
    [{ reveal: [{ share: 0 }] }, 'strategy.reveal[0].share: must be over 0, since a ramp only grows (was 0).'],
  ])('%# are refused: %s', (options, issue) => {
    expect(issuesOf(options)).toEqual([issue]);
  });

  test('are taken at their limits', () => {
    expect(issuesOf({ audience: units(4000) })).toEqual([]);
    expect(issuesOf({ until: { minAgeMs: 5, maxAgeMs: 5 } })).toEqual([]);
    expect(issuesOf({ execute: 0, hidden: new ABTest({ arms: { a: 'v2', b: 'v3' } }) })).toEqual([]);
    expect(issuesOf({ execute: 0.01, until: { minOutcomes: 1 } })).toEqual([]);
  });
});

test('a dark launch names the models and metrics of all below it and of its rules', () => {
  const of = <const Q extends string>(metric: Q) => ({ ...dial(), metrics: [metric] as const });
  const strategy = new DarkLaunch({
    visible: 'v1',
    hidden: new ABTest({ arms: { a: 'v2', b: 'v3' }, primary: 'clicked' }),
    audience: [],
    guardrails: [of('revenue')],
    reveal: [{ share: 0.5, gates: [{ ...of('rating'), gate: true }] }],
  });
  const models: readonly ('v1' | 'v2' | 'v3')[] = strategy.models;
  const metrics: readonly ('clicked' | 'revenue' | 'rating')[] = strategy.metrics;
  expect(models.toSorted()).toEqual(['v1', 'v2', 'v3']);
  expect(metrics.toSorted()).toEqual(['clicked', 'rating', 'revenue']);
  const drive = new Drive(strategy);
  expect(drive.status()).toMatchObject({ stable: 'v1', children: [{ node: 'root/hidden' }] });
  expect(drive.plan()).toMatchObject({ rules: [{ plan: { node: 'root/hidden' } }] });
});

const failsOften = {
  name: 'at most 5 % errors',
  metrics: [],
  judge: ({
    strata,
    arm,
  }: {
    strata: readonly { cells: Record<string, { outcomes: number; errors: number }> }[];
    arm: string;
  }) => {
    const cells = strata.flatMap(({ cells: all }) => all[arm] ?? []);
    const n = cells.reduce((sum, { outcomes }) => sum + outcomes, 0);
    const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
    const outcome = n >= 50 && errors > 0.05 * n ? ('fail' as const) : ('pass' as const);
    return { rule: 'at most 5 % errors', outcome, reason: `${errors} of ${n}`, n };
  },
};

describe('a dark launch', () => {
  const laws = [
    ...strategyLaws({
      walks: 6,
      create: () => new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: ['u1'] }),
      name: 'of a list',
    }),
    ...strategyLaws({
      name: 'with all there is',
      walks: 12,
      create: () =>
        new DarkLaunch({
          visible: new ABTest({ arms: { old: 'v1', other: 'v3' } }),
          hidden: 'v2',
          audience: staff,
          execute: 0.5,
          until: { minAgeMs: minute, minOutcomes: 100, maxAgeMs: 3_600_000, onDeadline: 'rollback' },
          reveal: [{ share: 0.1, minOutcomes: 50 }, { share: 0.5, hold: true }, { share: 1 }],
          guardrails: [failsOften as never],
          then: 'keep',
          retry: { times: 3, afterMs: 1000 },
        }),
    }),
  ];
  for (const law of laws) test(law.name, law.run);
});

describe('in a router', () => {
  test('a dark launch judges what it mirrors, answers by the visible model, and takes the audience along when it ends', async () => {
    const seen: string[] = [];
    const router = createRouter({
      name: 'dark-launch-test',
      models: {
        v1: (input: number) => input,
        v2: (_: number, { mode }: Call): number => {
          seen.push(mode);
          throw new Error('it cannot take the load');
        },
      },
      tickEveryMs: false,
      strategy: new DarkLaunch({
        visible: 'v1',
        hidden: 'v2',
        audience: ['ann'],
        execute: 1,
        guardrails: [maxErrorRate(0.1)],
      }),
    });
    await router.ready();
    const { output, model } = await router.predict(1, { targetingKey: 'bob' });
    expect([output, model]).toEqual([1, 'v1']);
    expect((await router.predict(2, { targetingKey: 'ann' })).decision.model).toBe('v2');
    for (let n = 0; n < 30; n += 1) await router.predict(n, { targetingKey: `user-${n}` });
    await vi.waitFor(() => expect(seen.filter((mode) => mode === 'shadow')).toHaveLength(31));
    await router.tick();
    const { root } = router.status();
    expect(root.settled).toBe('rolled-back');
    expect(router.route({ targetingKey: 'ann' }).model).toBe('v1');
    await router.close();
  });
});
