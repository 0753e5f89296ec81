import { own } from '../core/json.js';
import type { Judged } from './verdict.js';
import { percent } from './words.js';

/** Exposures of sampled units before anything is said of them. */
const sampledMin = 100;
/**
 * More than so many of them came back. Two units share a bit of the sample's bitmap in at most one case of eight, and a few
 * repetitions do no harm.
 */
const returnedMax = 0.25;

/**
 * Why requests cannot be compared one by one, or `undefined` where nothing speaks against it: units come back although each request was
 * taken for an observation of its own. Then every test of requests finds differences that are none, so no verdict is the right one.
 */
export function returningUnits({ strata, arm }: Judged, control: string): string | undefined {
  let [sampled, returned] = [0, 0];
  for (const { cells } of strata) {
    for (const name of [arm, control]) {
      const cell = own(cells, name);
      sampled += cell?.sampled ?? 0;
      returned += cell?.returned ?? 0;
    }
  }
  if (!(sampled >= sampledMin && returned > returnedMax * sampled)) return undefined;
  return (
    `units come back: ${percent(returned / sampled)} of ${sampled} sampled requests were of units seen before, so requests are ` +
    "not independent and a test of them would be wrong. Leave out visits: 'one', so that units are compared"
  );
}
