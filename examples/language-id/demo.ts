import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ABTest,
  Bandit,
  Canary,
  DarkLaunch,
  FeatureFlag,
  Pipeline,
  Rolling,
  type Router,
  Shadow,
  binary,
  createRouter,
  maxErrorRate,
  maxLatency,
  noWorseThan,
  reportOf,
} from 'turnout';
import { htmlReport } from 'turnout/report';
import { type Language, models } from './models.js';
import { Servers } from './servers.js';
import { textsOf } from './texts.js';
import { Timeline } from './timeline.js';

// A service tells the language of short texts. Its model is franc; eld and langdetect want its place. Everything here is real: the
// detectors, the texts, whose language is known, and so every outcome and every millisecond.

const textLength = 20;
const metrics = { correct: binary({ per: 'report' }) };
const timeline = new Timeline();
const texts = textsOf(textLength, 7);
const broken: string[] = [];
let readers = 0;
let report = '';

type Service<M extends keyof typeof models> = Router<typeof models, typeof metrics, M>;

/** Says whether what the demo claims came true. */
function claim(text: string, isTrue: boolean): void {
  timeline.say(`${isTrue ? 'so it is:' : 'NOT SO:  '} ${text}`);
  if (!isTrue) broken.push(text);
}

/** Sends one reader's text to the service, and reports whether the answer was right. */
async function ask<M extends keyof typeof models>(service: Service<M>): Promise<M> {
  const { value: sample } = texts.next();
  readers += 1;
  const { output, model, decision } = await service.predict(sample.text, { targetingKey: `reader-${readers}` });
  const isRight = (output as Language) === sample.language;
  service.report(decision, { correct: isRight });
  timeline.answered(model, isRight);
  return model;
}

/** Sends readers until `done`, at most `most` of them. */
async function serve<M extends keyof typeof models>(
  service: Service<M>,
  most: number,
  done: () => boolean,
): Promise<void> {
  timeline.begin(most);
  for (let sent = 0; sent < most && !done(); sent += 1) {
    await ask(service);
    // The detectors are synchronous: shadows and ticks run between two requests, or not at all.
    await new Promise((resolve) => setImmediate(resolve));
    if (sent % 5000 === 4999) timeline.report(service.status().root);
  }
  timeline.end();
  timeline.report(service.status().root);
}

/** A hundred readers at once: which models answer them? */
async function whoAnswers<M extends keyof typeof models>(service: Service<M>): Promise<readonly M[]> {
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(service)));
  return [...new Set(answers)];
}

async function shadow(): Promise<void> {
  timeline.head('1. Shadow: eld and langdetect answer beside franc, and nobody sees their answers');
  const service = createRouter({
    name: 'shadow',
    models,
    metrics,
    tickEveryMs: 200,
    strategy: new Shadow({
      primary: 'franc',
      shadow: ['eld', 'langdetect'],
      guardrails: [maxErrorRate(0.01), maxLatency({ quantile: 0.95, ms: 100 })],
      until: { minOutcomes: 500 },
    }),
  });
  timeline.follow(service);
  let seen = 0;
  service.on('outcome', ({ decision }) => {
    if (decision.served !== undefined && decision.served !== 'franc') seen += 1;
  });
  await serve(service, 5000, () => service.status().root.phase === 'settled');
  const { root, counters } = service.status();
  claim('the shadows saw 500 requests each without trouble', root.settled === 'promoted');
  claim('no reader got an answer of a shadow', seen === 0);
  claim('the shadows and franc often differ, and samples of it were kept', service.differences().length > 0);
  timeline.say(`shadow calls: ${counters['mirrored']}, dropped: ${counters['mirrorsDropped']}`);
  await service.close();
}

async function better(): Promise<void> {
  timeline.head('2. Canary from 5 %, with an A/B test of eld and langdetect inside it, under a kill switch');
  const service = createRouter({
    name: 'detect',
    models,
    metrics,
    tickEveryMs: 200,
    strategy: new FeatureFlag({
      owner: 'search team',
      description: 'A better language detector than franc',
      off: 'franc',
      on: new Canary({
        baseline: 'franc',
        candidate: new ABTest({
          arms: { langdetect: 'langdetect', eld: 'eld' },
          primary: 'correct',
          plannedUnits: 20_000,
          then: 'promote',
        }),
        stages: [
          { share: 0.05, minAgeMs: 1000, minOutcomes: 250 },
          { share: 0.25, minAgeMs: 1000, minOutcomes: 3000 },
          { share: 0.5, minAgeMs: 1000, minOutcomes: 1500 },
        ],
        guardrails: [maxErrorRate(0.01), noWorseThan('correct'), maxLatency({ quantile: 0.95, ms: 100 })],
      }),
    }),
  });
  timeline.follow(service);
  const canary = () => service.status().root.children[0];
  const test = () => canary()?.children[0];
  await serve(service, 60_000, () => canary()?.settled === 'promoted' && test()?.phase === 'settled');
  claim('the canary was promoted', canary()?.settled === 'promoted');
  claim('the A/B test decided for eld', test()?.stable === 'eld');
  claim('eld answers everybody', (await whoAnswers(service)).join() === 'eld');

  timeline.say('three in the morning: one command');
  const answer = service.rollback('a complaint from Finland', { by: 'the one on call' });
  claim('franc answers everybody from this very moment', service.route({ targetingKey: 'anybody' }).model === 'franc');
  claim('the rollback was accepted and stored', (await answer).accepted && service.status().unstored === 0);
  claim('franc answers everybody', (await whoAnswers(service)).join() === 'franc');
  await service.reset(undefined, { by: 'the one on call' });
  claim('the switch is on again, and eld answers as before', (await whoAnswers(service)).join() === 'eld');
  await service.close();
}

async function worse(): Promise<void> {
  timeline.head('3. The same with franc-min, a smaller franc that really is worse');
  const service = createRouter({
    name: 'smaller',
    models,
    metrics,
    tickEveryMs: 200,
    strategy: new FeatureFlag({
      owner: 'search team',
      description: 'A smaller franc, to save memory',
      off: 'franc',
      on: new Canary({
        baseline: 'franc',
        candidate: 'franc-min',
        stages: [
          { share: 0.05, minAgeMs: 1000, minOutcomes: 250 },
          { share: 0.25, minAgeMs: 1000, minOutcomes: 10_000 },
          { share: 0.5, minAgeMs: 1000, minOutcomes: 10_000 },
        ],
        guardrails: [maxErrorRate(0.01), noWorseThan('correct'), maxLatency({ quantile: 0.95, ms: 100 })],
      }),
    }),
  });
  timeline.follow(service);
  const canary = () => service.status().root.children[0];
  let reached = 0;
  service.on('exposure', ({ model }) => {
    if (model === 'franc-min') reached += 1;
  });
  const before = readers;
  await serve(service, 60_000, () => canary()?.phase === 'settled');
  claim('the worse model was rolled back', canary()?.settled === 'rolled-back');
  claim('franc answers everybody', (await whoAnswers(service)).join() === 'franc');
  timeline.say(`the worse model answered ${reached} of ${readers - before} readers`);
  report = join(mkdtempSync(join(tmpdir(), 'turnout-')), 'smaller.html');
  writeFileSync(report, htmlReport(reportOf(service), { title: 'A smaller franc' }));
  await service.close();
}

async function pipeline(): Promise<void> {
  timeline.head(
    '4. Pipeline: eld is launched in the dark, rolled out server by server, and then a bandit tries langdetect, too',
  );
  const servers = new Servers('franc');
  const guardrails = [maxErrorRate(0.01), noWorseThan('correct'), maxLatency({ quantile: 0.95, ms: 100 })] as const;
  const [franc, eld, langdetect] = [servers.model('franc'), servers.model('eld'), servers.model('langdetect')];
  const service = createRouter({
    name: 'steps',
    models: { ...models, franc, eld, langdetect },
    metrics,
    tickEveryMs: 200,
    strategy: new Pipeline({
      stages: {
        dark: new DarkLaunch({
          visible: 'franc',
          hidden: 'eld',
          audience: ['the editor'],
          execute: 0.5,
          until: { minAgeMs: 500, minOutcomes: 300 },
          reveal: [{ share: 0.25, minAgeMs: 500, minOutcomes: 300 }],
          guardrails,
        }),
        rolling: new Rolling({
          from: 'franc',
          to: 'eld',
          instances: servers.names,
          maxUnavailable: 1,
          update: (order) => servers.update(order),
          check: ({ model }) => models[model]('All human beings are born free and equal') === 'en',
          minReadyMs: 300,
          guardrails,
        }),
        bandit: new Bandit({
          arms: { langdetect: 'langdetect', eld: 'eld' },
          baseline: 'eld',
          reward: 'correct',
          floor: 0.2,
          batchMs: 1000,
          freeze: 'winner',
        }),
      },
    }),
  });
  timeline.follow(service);
  const root = () => service.status().root;
  claim('the editor has eld already', service.route({ targetingKey: 'the editor' }).model === 'eld');
  claim('nobody else has', (await whoAnswers(service)).join() === 'franc');
  await serve(service, 100_000, () => root().shares['dark'] === 0);
  await serve(service, 200_000, () => root().shares['rolling'] === 0);
  claim('every server has eld', servers.serving.join() === 'eld');
  claim('no reader was sent to a server that was not ready', servers.failures === 0);
  await serve(service, 40_000, () => root().phase === 'settled');
  claim('the pipeline came to its end', root().settled === 'promoted');
  claim('the bandit found that eld is better', (await whoAnswers(service)).join() === 'eld');
  await service.close();
}

await shadow();
await better();
await worse();
await pipeline();
timeline.say('');
timeline.say(`pictures of the roll-out that was rolled back: ${report}`);
timeline.say(broken.length === 0 ? 'Everything came as claimed.' : `Not so: ${broken.join('; ')}.`);
process.exitCode = broken.length === 0 ? 0 : 1;
