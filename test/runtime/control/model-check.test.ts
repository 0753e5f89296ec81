import { describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import type { Answer } from '../../../src/runtime/control/control-loop.js';
import type { HistoryEntry, RolloutRecord } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Choices, ChosenNetwork, type Fate, quiet } from './model-check.js';
import { exposedIn, Replica, start, witnessed } from './replicas.js';

const minute = 60_000;
const strategy = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.1, minAgeMs: minute },
    { share: 0.5, minAgeMs: minute },
  ],
  guardrails: [maxErrorRate(0.05)],
});

type Act = (replica: Replica) => Promise<Answer | void>;
const tick: Act = ({ loop }) => loop.tick();
const rollback: Act = ({ loop }) => loop.command({ type: 'rollback', by: 'ann', reason: 'it smells' });
const promote: Act = ({ loop }) => loop.command({ type: 'promote', by: 'bob' });
const reset: Act = ({ loop }) => loop.command({ type: 'reset', by: 'bob' });
const pause: Act = ({ loop }) => loop.command({ type: 'pause', by: 'bob' });
/** All requests fail, so that the next tick rolls back by itself. */
const failing: Act = (replica) => {
  replica.serve(100, 1, 7);
  return replica.loop.tick();
};

/** What each replica does, one after another; how many calls may fail, and how many replicas may crash, in one run. */
interface Story {
  readonly acts: readonly (readonly Act[])[];
  readonly faults: number;
  readonly crashes: number;
  /** What happens before, while the network is whole: which replica, and what. The others have not heard of it. */
  readonly before?: readonly (readonly [replica: number, act: Act])[];
  /** Each replica begins its acts at any time, though those before are under way, instead of one after another. */
  readonly anyTime?: boolean;
  /** Whether a person's rollback is the last word, so that every replica must end without the candidate. */
  readonly endsRolledBack?: boolean;
}

interface Running {
  replica: Replica;
  readonly name: string;
  readonly acts: Act[];
  /** Acts under way. */
  busy: number;
  isCrashed: boolean;
}

const shareIn = (state: unknown) => (state as { own: { share: number } }).own.share;
const textOf = ({ revision, from, to, why }: HistoryEntry) => `${revision} ${from} ${to} ${why}`;

/** The two rules: what is served is what is stored, or less of the candidate; and more of it only once that is stored. */
function checkServed(replicas: readonly Running[], records: ReadonlyMap<number, RolloutRecord>): void {
  for (const { replica } of replicas) {
    for (const { state, revision, isStored } of replica.adopted) {
      const stored = records.get(revision)?.state;
      if (stored === undefined) throw new Error(`revision ${revision} is served and was never stored`);
      if (isStored) expect(state).toEqual(stored);
      else if (shareIn(state) > shareIn(stored)) throw new Error('more of the candidate is served than is stored');
    }
  }
}

/** One run, as the choices have it. */
async function run(story: Story, choices: Choices): Promise<void> {
  const clock = new ManualClock(start);
  const { store, records } = witnessed();
  const network = new ChosenNetwork(store);
  const make = (name: string) => new Replica({ name, strategy, store: network.of(name), clock });
  // All have read the first record before the story begins.
  network.isHealed = true;
  const running = story.acts.map((acts, index): Running => {
    const name = 'abc'[index] as string;
    return { replica: make(name), name, acts: [...acts], busy: 0, isCrashed: false };
  });
  for (const { replica } of running) await replica.loop.tick();
  for (const [index, act] of story.before ?? []) await act((running[index] as Running).replica);
  clock.advance(minute);
  network.isHealed = false;

  let { faults, crashes } = story;
  const lost: Replica[] = [];
  const beginNext = (one: Running) => {
    const act = one.acts.shift() as Act;
    const { replica } = one;
    one.busy += 1;
    void act(replica).then(() => {
      if (one.replica === replica) one.busy -= 1;
    });
    // A rollback acts at once, before anything is asked of the store.
    if (act === rollback) expect(replica.share).toBe(0);
  };
  const beginAll = () => {
    if (story.anyTime === true) return;
    for (const one of running) if (one.busy === 0 && one.acts.length > 0) beginNext(one);
  };
  const crash = (one: Running) => {
    // It comes back as a new process that knows nothing, and goes on with what it still had to do.
    crashes -= 1;
    network.forget(one.name);
    lost.push(one.replica);
    Object.assign(one, { replica: make(one.name), isCrashed: true, busy: 0 });
  };
  /** Everything that can happen next. */
  const events = (): readonly (() => void)[] => {
    const fates: readonly Fate[] = faults > 0 ? ['ok', 'before', 'after', 'late'] : ['ok'];
    const calls = network.pending.flatMap((_, index) =>
      fates.map((fate) => () => {
        if (fate !== 'ok') faults -= 1;
        network.carryOut(index, fate);
      }),
    );
    const alive = crashes > 0 ? running.filter(({ isCrashed, busy }) => busy > 0 && !isCrashed) : [];
    const waiting = running.filter(({ acts }) => story.anyTime === true && acts.length > 0);
    return [...calls, ...alive.map((one) => () => crash(one)), ...waiting.map((one) => () => beginNext(one))];
  };
  beginAll();
  await quiet();
  for (let next = events(); next.length > 0; next = events()) {
    next[choices.choose(next.length)]?.();
    await quiet();
    checkServed(running, records);
    beginAll();
    await quiet();
  }

  network.heal();
  for (let round = 0; round < 3; round += 1) for (const { replica } of running) await replica.loop.tick();
  checkServed(running, records);
  const last = records.get(Math.max(...records.keys())) as RolloutRecord;
  for (const { replica } of running) {
    expect(replica.loop.record).toEqual(last);
    expect(replica.loop.pendingRollbacks).toBe(0);
  }
  expect([...records.keys()]).toEqual([...records.keys()].map((_, index) => index + 1));
  checkTold([...running.map(({ replica }) => replica), ...lost], records, lost.length === 0);
  if (lost.length > 0) return;
  if (story.endsRolledBack === true) expect(shareIn(last.state)).toBe(0);
  const exposed = running.reduce((sum, { replica }) => sum + replica.exposed, 0);
  for (const { replica } of running) expect(exposedIn(replica)).toBe(exposed);
}

/** What was stored is told once; by a process that crashed it may not have been. */
function checkTold(
  replicas: readonly Replica[],
  records: ReadonlyMap<number, RolloutRecord>,
  isComplete: boolean,
): void {
  const told = replicas.flatMap((replica) => replica.told.map(textOf)).toSorted();
  const stored = [...records.values()]
    .flatMap(({ history, revision }) => history.filter((entry) => entry.revision === revision))
    .map(textOf)
    .toSorted();
  if (isComplete) expect(told).toEqual(stored);
  else {
    expect(new Set(told).size).toBe(told.length);
    expect(stored).toEqual(expect.arrayContaining(told));
  }
}

const faults = Number(process.env['MODEL_FAULTS'] ?? 1);
const stories: Readonly<Record<string, Story>> = {
  'one grows, one rolls back': { acts: [[tick], [rollback]], faults: faults + 1, crashes: 0, endsRolledBack: true },
  'one grows twice, one rolls back': { acts: [[tick, tick], [rollback]], faults, crashes: 0, endsRolledBack: true },
  'one promotes, one rolls back': { acts: [[promote], [rollback]], faults, crashes: 1 },
  'both grow': { acts: [[tick], [tick]], faults, crashes: 1 },
  'one finds a failing candidate, one grows': { acts: [[failing], [tick]], faults, crashes: 0, endsRolledBack: true },
  'one rolls back, one begins anew': { acts: [[rollback], [reset]], faults, crashes: 1 },
  'one rolls back, one pauses, one grows': {
    acts: [[rollback], [pause], [tick]],
    faults: faults - 1,
    crashes: 0,
    endsRolledBack: true,
  },
  'one rolls back what it believes to be rolled back, and another has begun anew': {
    acts: [[rollback], [pause]],
    before: [
      [0, rollback],
      [1, reset],
    ],
    faults: faults + 1,
    crashes: 0,
    endsRolledBack: true,
  },
  'one rolls back while it grows': {
    acts: [[tick, rollback], [tick]],
    anyTime: true,
    faults: faults - 1,
    crashes: 0,
    endsRolledBack: true,
  },
  'two roll back, one promotes': { acts: [[rollback], [rollback], [promote]], faults: faults - 1, crashes: 0 },
};

describe('every way in which few replicas and a store that fails can meet', () => {
  test.each(Object.entries(stories))('%s', { timeout: 600_000 }, async (_, story) => {
    const choices = new Choices();
    let runs = 0;
    do {
      try {
        await run(story, choices);
      } catch (error) {
        throw new Error(`in run ${runs}`, { cause: error });
      }
      runs += 1;
    } while (choices.next());
    // More than one, or nothing was chosen.
    expect(runs).toBeGreaterThan(100);
    if (process.env['MODEL_RUNS'] !== undefined) process.stdout.write(`${runs} runs\n`);
  });
});
