import { GrowthBookClient } from '@growthbook/growthbook';
import { FlagdCore } from '@openfeature/flagd-core';
import { Unleash } from 'unleash-client';

/** A flag SDK set to share units half and half, evaluated locally, with no network and nobody listening. */
export interface Peer {
  readonly name: string;
  /** The variant of a unit. */
  decide(unit: string): unknown;
  close(): void;
}

function growthbook(): Peer {
  const client = new GrowthBookClient({});
  const rule = {
    key: 'm',
    variations: ['v1', 'v2'],
    weights: [0.5, 0.5],
    coverage: 1,
    hashAttribute: 'id',
    hashVersion: 2,
  };
  client.initSync({ payload: { features: { m: { defaultValue: 'v1', rules: [rule] } } } });
  return {
    name: '@growthbook/growthbook',
    decide: (unit) => client.evalFeature('m', { attributes: { id: unit } }).value,
    close: () => client.destroy(),
  };
}

async function unleash(): Promise<Peer> {
  const parameters = { rollout: '50', stickiness: 'userId', groupId: 'm' };
  const client = new Unleash({
    appName: 'bench',
    url: 'http://127.0.0.1:1/',
    disableMetrics: true,
    refreshInterval: 0,
    skipInstanceCountWarning: true,
    bootstrap: {
      data: [
        {
          name: 'm',
          enabled: true,
          type: 'release',
          stale: false,
          impressionData: false,
          variants: [],
          strategies: [{ name: 'flexibleRollout', parameters, constraints: [] }],
        },
      ],
    },
  });
  // It asks a server that is not there; the bootstrap is what it decides by.
  client.on('error', () => {});
  client.on('warn', () => {});
  await new Promise<void>((resolve) => {
    client.once('ready', () => resolve());
  });
  return {
    name: 'unleash-client',
    decide: (unit) => client.isEnabled('m', { userId: unit }),
    close: () => client.destroy(),
  };
}

function flagd(): Peer {
  const core = new FlagdCore();
  const targeting = { fractional: [{ var: 'targetingKey' }, ['v1', 50], ['v2', 50]] };
  core.setConfigurations(
    JSON.stringify({
      flags: { m: { state: 'ENABLED', variants: { v1: 'v1', v2: 'v2' }, defaultVariant: 'v1', targeting } },
    }),
  );
  return {
    name: '@openfeature/flagd-core',
    decide: (unit) => core.resolveStringEvaluation('m', 'v1', { targetingKey: unit }).value,
    close: () => {},
  };
}

/** The three, each checked to share units about half and half before anything is timed. */
export async function peers(units: readonly string[]): Promise<readonly Peer[]> {
  const all = [growthbook(), await unleash(), flagd()];
  for (const { name, decide } of all) {
    const answers = units.map(decide);
    const first = answers.filter((answer) => answer === answers[0]).length / units.length;
    if (!(first > 0.4 && first < 0.6))
      throw new Error(`${name} shares units ${first} to ${1 - first}, not half and half`);
  }
  return all;
}
