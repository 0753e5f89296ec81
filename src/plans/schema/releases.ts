import * as z from 'zod/mini';
import { calendar, condition } from './conditions.js';
import { gates, guarded, placement, ramped } from './shared.js';
import { darkStage, stages } from './stages.js';
import {
  count,
  duration,
  fraction,
  options,
  optional,
  positive,
  positiveCount,
  type Schema,
  text,
  use,
  words,
} from './values.js';

// Strategies that bring something new in. `branch` is what an arm leads to.

export const canary = (branch: Schema) =>
  z.strictObject({
    kind: z.literal('canary'),
    baseline: branch,
    candidate: branch,
    stages: optional(stages()),
    ...ramped(),
  });

export const darkLaunch = (branch: Schema) =>
  z.strictObject({
    kind: z.literal('dark-launch'),
    visible: branch,
    hidden: branch,
    audience: z.union([z.array(text()), condition()]),
    ...options({ execute: fraction(), until: darkStage(), reveal: stages() }),
    ...ramped(),
  });

export const blueGreen = (branch: Schema) =>
  z.strictObject({
    kind: z.literal('blue-green'),
    blue: branch,
    green: branch,
    ...options({
      testers: condition(),
      warm: use(),
      checks: z.array(z.strictObject({ name: text(), run: use(), timeoutMs: optional(positive()) })),
      gates: gates(),
      switch: words('automatic', 'approved'),
      approvalExpiresMs: positive(),
      calendar: calendar(),
      bakeMs: duration(),
      minOutcomes: count(),
      keepWarm: z.union([z.literal('forever'), z.strictObject(options({ ms: duration(), requests: count() }))]),
      onCheckFailure: words('hold', 'rollback'),
    }),
    ...guarded(),
    ...placement(),
  });

export const rolling = (branch: Schema) => {
  const instances = z.union([count(), z.string().check(z.regex(/^\d{1,9}%$/))]);
  return z.strictObject({
    kind: z.literal('rolling'),
    from: branch,
    to: branch,
    ...options({
      instances: z.array(z.union([text(), z.strictObject({ name: text(), zone: optional(text()) })])),
      maxUnavailable: instances,
      maxSurge: instances,
      spares: z.array(text()),
      update: use(),
      check: use(),
      stop: use(),
      quietMs: duration(),
      minReadyMs: duration(),
      deadlineMs: positive(),
      onFailure: words('pause', 'reverse'),
      zones: z.array(text()),
      zoneOf: use(),
      replicas: positiveCount(),
    }),
    ...guarded(),
    ...placement(),
  });
};
