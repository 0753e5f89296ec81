import { emptyCell } from '../evidence/cell.js';
import { type Evidence, emptyEvidence, mergeEvidence } from '../evidence/evidence.js';
import type { StateStore } from '../runtime/control/store.js';
import { QuantileSketch } from '../stats/sketch.js';
import { type Law, expectSame } from './law.js';

/** Makes a law of a check that gets a fresh store. */
export type LawMaker = (name: string, check: (store: StateStore) => Promise<void>) => Law;

const delta = (exposed: number): Evidence => ({
  ...emptyEvidence,
  strata: [
    {
      node: 'router',
      epoch: 1,
      from: 0,
      to: 3_600_000,
      salt: 'router',
      shares: { candidate: 0.1, baseline: 0.9 },
      arms: ['candidate', 'baseline'],
      cells: { baseline: { ...emptyCell, exposed, units: exposed } },
    },
  ],
});

const exposedIn = ({ strata }: Evidence) =>
  strata.reduce((sum, { cells }) => sum + (cells['baseline']?.exposed ?? 0), 0);

/** A delta that uses every field there is. */
function full(value: number): Evidence {
  const latency = new QuantileSketch();
  for (const ms of [0, value, 12.5, 1e6]) latency.add(ms);
  const sketch = latency.toJSON();
  const sums = { n: 2, sum: value, sumSq: value * value, late: 1 };
  const metrics = { clicked: { ...sums, per: 'exposure' as const }, revenue: { ...sums, sketch } };
  const counts = { exposed: 9, units: 8, pinned: 1, outcomes: 7, errors: 2, fellBack: 1, compared: 3, mismatches: 1 };
  const cell = { ...counts, latency: sketch, firstItem: sketch, metrics };
  const [stratum] = delta(0).strata;
  const cells = { baseline: cell, candidate: cell };
  const dropped = { exposed: 1, outcomes: 2, reports: 3, foldedEarly: 0 };
  return { ...emptyEvidence, strata: stratum === undefined ? [] : [{ ...stratum, cells }], dropped };
}

/** What every store must do with evidence. */
export function evidenceLaws(law: LawMaker): readonly Law[] {
  return [
    law('evidence of no writer is empty', async (store) => {
      const { evidence, lastSeq } = await store.readEvidence('router', 'a');
      expectSame([exposedIn(evidence), lastSeq], [0, 0], 'evidence');
    }),
    law('a delta is added once per writer and seq', async (store) => {
      expectSame(await store.addEvidence('router', 'a', 1, delta(5)), 'added', 'the first');
      expectSame(await store.addEvidence('router', 'a', 1, delta(5)), 'duplicate', 'the first again');
      expectSame(await store.addEvidence('router', 'a', 2, delta(3)), 'added', 'the second');
      expectSame(await store.addEvidence('router', 'a', 1, delta(5)), 'duplicate', 'the first, late');
      const { evidence, lastSeq } = await store.readEvidence('router', 'a');
      expectSame([exposedIn(evidence), lastSeq], [8, 2], 'evidence');
    }),
    law('writers do not share their seqs, and their evidence is summed', async (store) => {
      await store.addEvidence('router', 'a', 1, delta(5));
      await store.addEvidence('router', 'b', 1, delta(7));
      const { evidence, lastSeq } = await store.readEvidence('router', 'c');
      expectSame([exposedIn(evidence), lastSeq], [12, 0], 'evidence');
    }),
    law('a writer that the store does not know is refused unless it starts at 1', async (store) => {
      expectSame(await store.addEvidence('router', 'a', 3, delta(5)), 'refused', 'a writer that starts at 3');
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 0, 'evidence');
    }),
    law('the same delta sent twice at once is added once', async (store) => {
      const answers = await Promise.all([1, 2, 3].map(() => store.addEvidence('router', 'a', 1, delta(5))));
      expectSame(answers.filter((answer) => answer === 'added').length, 1, 'added');
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 5, 'evidence');
    }),
    law('many writers at once lose nothing', async (store) => {
      const writers = Array.from({ length: 20 }, (_, index) =>
        store.addEvidence('router', `w${index}`, 1, delta(index)),
      );
      await Promise.all(writers);
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 190, 'evidence');
    }),
    law('routers do not share evidence', async (store) => {
      await store.addEvidence('router', 'a', 1, delta(5));
      expectSame(exposedIn((await store.readEvidence('other', 'a')).evidence), 0, 'evidence');
    }),
    law('a seq that skips one is refused, and the one that was skipped is still taken', async (store) => {
      await store.addEvidence('router', 'a', 1, delta(5));
      expectSame(await store.addEvidence('router', 'a', 3, delta(100)), 'refused', 'the third');
      expectSame(await store.addEvidence('router', 'a', 2, delta(7)), 'added', 'the second');
      expectSame(await store.addEvidence('router', 'a', 3, delta(1)), 'added', 'the third again');
      const { evidence, lastSeq } = await store.readEvidence('router', 'a');
      expectSame([exposedIn(evidence), lastSeq], [13, 3], 'evidence');
    }),
    law('a repetition adds nothing, whatever is in it', async (store) => {
      await store.addEvidence('router', 'a', 1, delta(5));
      expectSame(await store.addEvidence('router', 'a', 1, delta(100)), 'duplicate', 'the repetition');
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 5, 'evidence');
    }),
    law('a seq is told only with the evidence that it is of', async (store) => {
      const writer = async () => {
        for (let seq = 1; seq <= 20; seq += 1) await store.addEvidence('router', 'a', seq, delta(1));
      };
      const reader = async () => {
        for (let look = 0; look < 20; look += 1) {
          const { evidence, lastSeq } = await store.readEvidence('router', 'a');
          expectSame(exposedIn(evidence), lastSeq, 'evidence at the last seq');
        }
      };
      await Promise.all([writer(), reader(), reader()]);
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 20, 'evidence');
    }),
    law('writers may have any names', async (store) => {
      const writers = ['a', 'A', 'a:1', '__proto__', '../a', 'ключ 🔑', ' ', 'w'.repeat(200)];
      for (const [index, writer] of writers.entries()) {
        expectSame(await store.addEvidence('router', writer, 1, delta(2 ** index)), 'added', `the delta of ${writer}`);
      }
      for (const writer of writers) {
        const { evidence, lastSeq } = await store.readEvidence('router', writer);
        expectSame([exposedIn(evidence), lastSeq], [2 ** writers.length - 1, 1], `evidence for ${writer}`);
      }
    }),
    law(
      'evidence comes back as it was sent, to the last digit, and its sum is that of mergeEvidence',
      async (store) => {
        const sent = full(0.1 + 0.2);
        await store.addEvidence('router', 'a', 1, sent);
        expectSame((await store.readEvidence('router', 'a')).evidence, sent, 'the first delta');
        await store.addEvidence('router', 'b', 1, full(1 / 3));
        const wanted = mergeEvidence(sent, full(1 / 3));
        expectSame((await store.readEvidence('router', 'a')).evidence, wanted, 'the sum of two');
        const closing = { ...emptyEvidence, foldBefore: 3_600_000 };
        await store.addEvidence('router', 'b', 2, closing);
        expectSame(
          (await store.readEvidence('router', 'a')).evidence,
          mergeEvidence(wanted, closing),
          'the sum, folded',
        );
      },
    ),
  ];
}
