import { describe, expect, test } from 'vitest';
import type { Guardrail } from '../../src/analysis/verdict.js';
import { binary } from '../../src/evidence/metric.js';
import type { Json } from '../../src/core/json.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { FeatureFlag } from '../../src/strategies/feature-flag.js';
import { rootScope } from '../../src/strategies/scope.js';
import { Shadow } from '../../src/strategies/shadow.js';
import type { Scope, Signal, Strategy, Transition, View } from '../../src/strategies/strategy.js';
import { strategyLaws } from '../../src/testing/strategy-laws.js';

const atMost: Guardrail<never> = {
  name: 'at most 5 % errors',
  metrics: [],
  judge: ({ strata, arm }) => {
    const cells = strata.flatMap(({ cells }) => cells[arm] ?? []);
    const n = cells.reduce((sum, { outcomes }) => sum + outcomes, 0);
    const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
    return {
      rule: 'at most 5 % errors',
      outcome: n >= 50 && errors > 0.05 * n ? 'fail' : 'pass',
      reason: `${errors} of ${n}`,
      n,
    };
  },
};

const ours = {
  canary: () =>
    new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [atMost], retry: { times: 2, afterMs: 1000 } }),
  'careful canary': () =>
    new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [
        { share: 0.1, hold: true, maxAgeMs: 3_600_000, onDeadline: 'rollback' },
        { share: 0.5, minOutcomes: 1000 },
      ],
      then: 'keep',
    }),
  'blue-green': () =>
    new BlueGreen({
      blue: 'v1',
      green: 'v2',
      testers: { eq: ['group', 'staff'] },
      warm: () => undefined,
      checks: [
        { name: 'smoke', run: () => true },
        { name: 'parity', run: () => true },
      ],
      switch: 'approved',
      guardrails: [atMost],
      keepWarm: { ms: 3_600_000, requests: 500 },
    }),
  'bare blue-green': () =>
    new BlueGreen({ blue: 'v1', green: 'v2', onCheckFailure: 'rollback', checks: [{ name: 'a', run: () => true }] }),
  flag: () =>
    new FeatureFlag({
      on: 'v2',
      off: 'v1',
      share: 0.3,
      rules: [
        { name: 'staff', when: { eq: ['group', 'staff'] }, use: 'on' },
        { name: 'beta', when: { eq: ['group', 'beta'] }, use: 'v3' },
      ],
    }),
  shadow: () =>
    new Shadow({
      primary: 'v1',
      shadow: ['v2', 'v3'],
      share: 0.5,
      noiseFloor: true,
      guardrails: [atMost],
      until: { minAgeMs: 7_200_000, minOutcomes: 500 },
    }),
  tree: () =>
    new FeatureFlag({
      off: new BlueGreen({ blue: 'v1', green: new Canary({ baseline: 'v1', candidate: 'v4' }) }),
      on: new Canary({
        baseline: new Shadow({ primary: 'v1', shadow: 'v3' }),
        candidate: new Canary({ baseline: 'v2', candidate: 'v3', guardrails: [atMost] }),
        guardrails: [atMost],
      }),
      rules: [{ name: 'de', when: { eq: ['country', 'DE'] }, use: new Shadow({ primary: 'v5', shadow: 'v1' }) }],
    }),
};

for (const [name, create] of Object.entries(ours)) {
  describe(`a ${name}`, () => {
    for (const law of strategyLaws({ create })) test(law.name, law.run);
  });
}

type ToggleState = {
  readonly share: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly isOver: boolean;
};

/** The least strategy that keeps every law, written without our base class: the laws must be there for users' own ones. */
class Toggle implements Strategy<'old' | 'new', never, ToggleState> {
  readonly kind: string = 'toggle';
  readonly models = ['old', 'new'] as const;
  readonly metrics = [];

  init(_now: number, scope: Scope): ToggleState {
    return { share: 0.5, epoch: scope.revision, attempt: 1, isOver: false };
  }

  reduce(state: ToggleState, signal: Signal, view: View, scope: Scope): Transition<ToggleState> {
    const stay = { state, notices: [] };
    if (signal.type === 'settled' || signal.type === 'joined' || signal.type === 'left') return stay;
    if (signal.type === 'tick') {
      const errors = view.evidence().reduce((sum, { cells }) => sum + (cells['new']?.errors ?? 0), 0);
      if (state.isOver || !(errors > 20)) return stay;
      const urgent = {
        type: 'rollback',
        by: 'errors',
        reason: 'many',
        node: scope.id,
        attempt: state.attempt,
      } as const;
      return { ...stay, urgent: [urgent] };
    }
    if (signal.node !== undefined && signal.node !== scope.id) return { ...stay, refused: 'no such node' };
    if (signal.attempt !== undefined && signal.attempt !== state.attempt)
      return { ...stay, refused: 'another attempt' };
    if (signal.type === 'rollback' && !state.isOver) return this.to({ ...state, share: 0, isOver: true }, scope);
    if (signal.type === 'reset')
      return this.to({ ...state, share: 0.5, isOver: false, attempt: state.attempt + 1 }, scope);
    return { ...stay, refused: 'nothing to do' };
  }

  to(state: ToggleState, scope: Scope): Transition<ToggleState> {
    const data = { why: 'a command' };
    return { state: { ...state, epoch: scope.revision }, notices: [{ type: 'transition', node: scope.id, data }] };
  }

  plan({ share, epoch, isOver }: ToggleState, scope: Scope): ReturnType<Strategy<'old' | 'new'>['plan']> {
    if (isOver) return { op: 'serve', model: 'old' };
    return {
      op: 'split',
      node: scope.id,
      epoch,
      salt: scope.salt,
      arms: [
        { arm: 'new', share, plan: { op: 'serve', model: 'new' } },
        { arm: 'old', share: 1 - share, plan: { op: 'serve', model: 'old' } },
      ],
      cuts: [
        { below: 2 ** 31, arm: 0 },
        { below: 2 ** 32, arm: 1 },
      ],
      missing: 'draw',
      counts: true,
      fallback: 'old',
    };
  }

  tasks(state: ToggleState, scope: Scope): ReturnType<NonNullable<Strategy['tasks']>> {
    const run = () => Promise.resolve();
    return [{ id: `${scope.id}#${state.attempt}`, node: scope.id, name: 'warm', where: 'every', timeoutMs: 1, run }];
  }

  status(state: ToggleState, scope: Scope): ReturnType<Strategy<'old' | 'new'>['status']> {
    const { share, isOver } = state;
    return {
      node: scope.id,
      kind: this.kind,
      phase: isOver ? 'settled' : 'running',
      ...(isOver && { settled: 'rolled-back' as const }),
      stable: 'old',
      shares: { new: share, old: 1 - share },
      waitingFor: [],
      children: [],
    };
  }

  restore(json: Json): ToggleState {
    const state = json as ToggleState;
    if (typeof state?.share !== 'number') throw new Error('not a toggle');
    return state;
  }
}

function named(name: string, create: () => Strategy) {
  const law = strategyLaws({ create, walks: 5 }).find((candidate) => candidate.name.includes(name));
  if (law === undefined) throw new Error(`there is no law '${name}'`);
  return law;
}

/** A Toggle whose reduce is changed after the fact. */
function bent(
  change: (transition: Transition<ToggleState>, state: ToggleState, signal: Signal) => object,
): () => Strategy {
  return () =>
    new (class extends Toggle {
      override reduce(state: ToggleState, signal: Signal, view: View, scope: Scope) {
        const transition = super.reduce(state, signal, view, scope);
        return { ...transition, ...change(transition, state, signal) };
      }
    })();
}

/** A Toggle whose plan is changed after the fact. */
function replanned(change: (plan: ReturnType<Toggle['plan']> & { op: 'split' }) => object): () => Strategy {
  return () =>
    new (class extends Toggle {
      override plan(state: ToggleState, scope: Scope) {
        const plan = super.plan(state, scope);
        return plan.op === 'split' ? ({ ...plan, ...change(plan) } as typeof plan) : plan;
      }
    })();
}

const statusOf = (change: (status: ReturnType<Toggle['status']>) => object) => () =>
  new (class extends Toggle {
    override status(state: ToggleState, scope: Scope) {
      const status = super.status(state, scope);
      return { ...status, ...change(status) };
    }
  })();

const tasksOf =
  (change: object, times = 1) =>
  () =>
    new (class extends Toggle {
      override tasks(state: ToggleState, scope: Scope) {
        const [task] = super.tasks(state, scope);
        return Array.from({ length: times }, () => Object.assign({ ...task } as NonNullable<typeof task>, change));
      }
    })();

let calls = 0;

/** A canary that rolls back whatever is promoted. */
function overruling(): Strategy {
  const canary = new Canary({ baseline: 'v1', candidate: 'v2' });
  const reduce: Strategy['reduce'] = (state, signal, view, scope) => {
    const after = canary.reduce(state as never, signal, view, scope);
    const isPromoted = canary.status(after.state, scope).settled === 'promoted';
    if (signal.type !== 'tick' || !isPromoted) return after;
    const { attempt } = after.state.own;
    return { ...after, urgent: [{ type: 'rollback', by: 'it', reason: 'x', node: scope.id, attempt }] };
  };
  return {
    kind: 'overruling',
    models: canary.models,
    metrics: canary.metrics,
    init: (now, scope, attempt) => canary.init(now, scope, attempt),
    reduce,
    plan: (state, scope) => canary.plan(state as never, scope),
    status: (state, scope) => canary.status(state as never, scope),
    restore: (json) => canary.restore(json),
  };
}

const broken: readonly (readonly [law: string, what: string, create: () => Strategy])[] = [
  ['in JSON', 'keeps NaN', bent(({ state }) => ({ state: { ...state, share: Number.NaN } }))],
  ['in JSON', 'keeps undefined', bent(({ state }) => ({ state: { ...state, more: undefined } }))],
  ['in JSON', 'keeps a Map', bent(({ state }) => ({ state: { ...state, more: new Map() } }))],
  ['in JSON', 'keeps a function deep inside', bent(({ state }) => ({ state: { ...state, more: [{ f: () => 1 }] } }))],
  ['in JSON', 'notices a Date', bent(() => ({ notices: [{ type: 'alert', data: { at: new Date(0) } }] }))],
  ['reduces purely', 'counts its calls', bent(({ state }) => ({ state: { ...state, calls: (calls += 1) } }))],
  ['reduces purely', 'changes its input', bent((_, state) => Object.assign(state, { share: 0.25 }))],
  ['same reference', 'copies what did not change', bent(({ state }) => ({ state: { ...state } }))],
  [
    'same reference',
    'refuses, and moves all the same',
    bent(({ state, refused }, { epoch }) => (refused ? { state: { ...state, epoch: epoch - 1 } } : {})),
  ],
  [
    'same reference',
    'tells a transition that was none',
    bent(() => ({ notices: [{ type: 'transition', node: 'laws', data: { why: '' } }] })),
  ],
  [
    'its own JSON',
    'forgets the attempt',
    () => Object.assign(new Toggle(), { restore: (json: Json) => ({ ...(json as ToggleState), attempt: 1 }) }),
  ],
  ['its own JSON', 'shows a status that is no JSON', statusOf(() => ({ detail: Number.NaN }))],
  ['did not write', 'trusts', () => Object.assign(new Toggle(), { restore: (json: Json) => json })],
  [
    'plans only',
    'has shares over 1',
    replanned(({ arms }) => ({ arms: arms.map((arm) => Object.assign({ ...arm }, { share: 1 })) })),
  ],
  [
    'plans only',
    'has a share below 0',
    replanned(({ arms }) => ({ arms: arms.map((arm, i) => Object.assign({ ...arm }, { share: i === 0 ? -1 : 2 })) })),
  ],
  ['plans only', 'has cuts that end early', replanned(() => ({ cuts: [{ below: 2 ** 31, arm: 0 }] }))],
  [
    'plans only',
    'has cuts that go back',
    replanned(() => ({
      cuts: [
        { below: 2 ** 32, arm: 0 },
        { below: 2 ** 31, arm: 1 },
      ],
    })),
  ],
  [
    'plans only',
    'has a cut for nobody',
    replanned(() => ({
      cuts: [
        { below: 2 ** 31, arm: 0 },
        { below: 2 ** 32, arm: 2 },
      ],
    })),
  ],
  [
    'plans only',
    'has cuts unlike its shares',
    replanned(() => ({
      cuts: [
        { below: 2 ** 30, arm: 0 },
        { below: 2 ** 32, arm: 1 },
      ],
    })),
  ],
  ['plans only', 'has the control first', replanned(({ arms }) => ({ arms: arms.toReversed() }))],
  [
    'plans only',
    'has an arm twice',
    replanned(({ arms }) => ({ arms: arms.map((arm) => Object.assign({ ...arm }, { arm: 'old' })) })),
  ],
  ['plans only', 'has no arms', replanned(() => ({ arms: [] }))],
  ['plans only', 'reaches a model that it does not name', replanned(() => ({ fallback: 'third' }))],
  ['plans only', 'plans for a node of somebody else', replanned(() => ({ node: 'lawsuit' }))],
  [
    'of an epoch',
    'changes shares within an epoch',
    () =>
      Object.assign(new Toggle(), {
        to: (state: ToggleState) => ({ state: { ...state, epoch: 1, share: state.share / 2 }, notices: [] }),
      }),
  ],
  ['of an epoch', 'takes the next number', replanned(({ epoch }) => ({ epoch: epoch + 1 }))],
  [
    'of an epoch',
    'changes its salt within an epoch',
    () => {
      let n = 0;
      return Object.assign(new Toggle(), {
        plan: (state: ToggleState, scope: Scope) => ({ ...new Toggle().plan(state, scope), salt: String((n += 1)) }),
      });
    },
  ],
  ['stable model alone', 'stays with the new one', bent(({ state }) => ({ state: { ...state, isOver: false } }))],
  ['stable model alone', 'goes to what is not stable', statusOf(() => ({ stable: 'new' }))],
  [
    'rolls back once',
    'rolls back again and again',
    bent(({ state }, { epoch }, { type }) => (type === 'rollback' ? { state: { ...state, epoch: epoch + 1 } } : {})),
  ],
  [
    "machine's rollback",
    'obeys a machine that judged another attempt',
    () =>
      Object.assign(new Toggle(), {
        reduce: (state: ToggleState, signal: Signal, view: View, scope: Scope) => {
          const { attempt: _, ...anonymous } = { attempt: 0, ...signal };
          return new Toggle().reduce(state, anonymous as Signal, view, scope);
        },
      }),
  ],
  [
    "machine's rollback",
    'ignores it without a word',
    bent(({ refused }) => (refused === 'another attempt' ? { refused: undefined } : {})),
  ],
  [
    'unknown nodes',
    'obeys for everybody',
    () =>
      Object.assign(new Toggle(), {
        reduce: (state: ToggleState, signal: Signal, view: View, scope: Scope) =>
          new Toggle().reduce(state, 'node' in signal ? { ...signal, node: scope.id } : signal, view, scope),
      }),
  ],
  ['unknown nodes', 'says nothing', bent(({ refused }) => (refused === 'no such node' ? { refused: undefined } : {}))],
  [
    'unknown nodes',
    'moves at the end of any task',
    bent((_, state, { type }) => (type === 'settled' ? { state: { ...state, isOver: true } } : {})),
  ],
  ['lets no machine undo', 'rolls back what a person has promoted', overruling],
  [
    'only with a change',
    'tells at every look',
    bent(() => ({ notices: [{ type: 'alert', node: 'laws', data: { why: 'it goes on' } }] })),
  ],
  [
    'asks urgently',
    'asks to be promoted',
    bent(() => ({ urgent: [{ type: 'promote', by: 'itself', node: 'laws', attempt: 1 }] })),
  ],
  [
    'asks urgently',
    'names no attempt',
    bent(({ urgent }) => (urgent ? { urgent: [{ type: 'rollback', by: 'it', reason: 'x', node: 'laws' }] } : {})),
  ],
  [
    'asks urgently',
    'asks for what it refuses',
    bent(({ urgent }, { attempt }) =>
      urgent ? { urgent: [{ type: 'rollback', by: 'it', reason: 'x', node: 'laws', attempt: attempt + 1 }] } : {},
    ),
  ],
  [
    'asks urgently',
    'never stops asking',
    bent((_, { attempt }) => ({
      urgent: [1, 2].map(() => ({ type: 'rollback', by: 'it', reason: 'x', node: 'laws', attempt })),
    })),
  ],
  [
    'no new model',
    'brings a third model in by a rollback',
    () =>
      Object.assign(new Toggle(), {
        models: ['old', 'new', 'third'],
        plan: (state: ToggleState, scope: Scope) =>
          state.isOver
            ? { ...new Toggle().plan({ ...state, isOver: false }, scope), fallback: 'third' }
            : new Toggle().plan(state, scope),
      }),
  ],
  ['a status that fits', 'is settled and runs', statusOf(() => ({ phase: 'running', settled: 'promoted' }))],
  ['a status that fits', 'is settled without an end', statusOf(() => ({ phase: 'settled', settled: undefined }))],
  ['a status that fits', 'names a stranger stable', statusOf(() => ({ stable: 'third' }))],
  ['a status that fits', 'has a share over 1', statusOf(() => ({ shares: { new: 1.5 } }))],
  ['a status that fits', 'has a share that is NaN', statusOf(() => ({ shares: { new: Number.NaN } }))],
  ['a status that fits', 'tells of another node', statusOf(() => ({ node: 'elsewhere' }))],
  [
    'a status that fits',
    'has a child that does not fit',
    statusOf((status) => ({ children: [{ ...status, stable: 'third' }] })),
  ],
  ['told apart', 'gives two tasks one id', tasksOf({}, 2)],
  ['told apart', 'sets no limit', tasksOf({ timeoutMs: Infinity })],
  ['told apart', 'sets a limit of 0', tasksOf({ timeoutMs: 0 })],
  ['told apart', 'works for another node', tasksOf({ node: 'lawsuit' })],
];

describe('the laws', () => {
  for (const law of strategyLaws({ create: () => new Toggle(), name: 'a toggle' })) test(law.name, law.run);

  test.each(broken)('go red (%s) for a strategy that %s', (law, _what, create) => {
    expect(() => named(law, create).run()).toThrow(/^It breaks ".*" \(seed [1-5]\): .+ After \d+ signals: /);
  });

  test('have one law at least that every broken strategy above breaks, and no law without one', () => {
    const tried = new Set(broken.map(([law, , create]) => named(law, create).name));
    const all = strategyLaws({ create: () => new Toggle() }).map(({ name }) => name);
    expect(all.filter((name) => !tried.has(name))).toEqual([]);
  });

  test('put the given name before their own', () => {
    for (const { name } of strategyLaws({ create: () => new Toggle(), name: 'mine' })) expect(name).toMatch(/^mine \w/);
  });

  test('mix in the signals of the user, and the metrics that rules read', () => {
    const types = new Set<string>();
    const metrics = new Set<string>();
    const create = bent((_, __, signal) => {
      if (signal.type === 'settled') types.add(signal.task);
      return {};
    });
    const watching = () => {
      const strategy = create();
      const reduce = strategy.reduce.bind(strategy);
      return Object.assign(strategy, {
        reduce: (state: Json, signal: Signal, view: View, scope: Scope) => {
          for (const { cells } of view.evidence())
            for (const name of Object.keys(cells['new']?.metrics ?? {})) metrics.add(name);
          for (const name of Object.keys(view.metrics)) metrics.add(`known ${name}`);
          return reduce(state, signal, view, scope);
        },
      });
    };
    const signals = () => ({ type: 'settled', task: 'of the user', node: 'laws', ok: true, detail: null }) as const;
    for (const law of strategyLaws({ create: watching, signals, metrics: { clicked: binary() } })) law.run();
    expect(types).toContain('of the user');
    expect(metrics).toEqual(new Set(['clicked', 'known clicked']));
  });

  test('walk the same way for the same seed, and as often and far as they are told', () => {
    const walks: string[] = [];
    const create = (trail: string[]) =>
      bent((_, __, signal) => {
        trail.push(JSON.stringify(signal));
        return {};
      });
    for (const seed of [7, 7, 8]) {
      const trail: string[] = [];
      strategyLaws({ create: create(trail), walks: 2, steps: 30, seed })[0]?.run();
      expect(trail).toHaveLength(60);
      walks.push(trail.join());
    }
    expect(walks[0]).toBe(walks[1]);
    expect(walks[0]).not.toBe(walks[2]);
    const scope = rootScope('laws', 1);
    expect(new Toggle().plan(new Toggle().init(0, scope), scope).op).toBe('split');
  });
});
