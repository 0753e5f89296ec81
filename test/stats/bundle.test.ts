import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const index = fileURLToPath(new URL('../../src/stats/index.ts', import.meta.url));

/** What a browser would download of the module, minified, without the code of jstat itself. */
async function bundled(name: string): Promise<{ readonly text: string; readonly gzipped: number }> {
  const { outputFiles } = await build({
    stdin: { contents: `export ${name === '*' ? '*' : `{ ${name} }`} from ${JSON.stringify(index)};`, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    external: ['jstat'],
  });
  const text = outputFiles[0]?.text ?? '';
  return { text, gzipped: gzipSync(text, { level: 9 }).length };
}

describe('what is downloaded', () => {
  it.each([
    'twoProportionZTest',
    'chiSquareTest',
    'gTest',
    'fisherExactTest',
    'binomialTest',
    'poissonRateTest',
    'welchTTest',
    'studentTTest',
    'pairedTTest',
    'mannWhitneyUTest',
    'kolmogorovSmirnovTest',
    'kruskalWallisTest',
    'mantelHaenszelTest',
    'stratifiedScoreTest',
    'nonInferiorityTest',
    'equivalenceTest',
    'proportionInterval',
    'proportionDifferenceInterval',
    'quantileInterval',
    'relativeLift',
    'ratioMetric',
    'cuped',
    'bootstrap',
    'adjustPValues',
    'probBest',
    'normal',
    't',
  ])('for %s alone is at most 3 kB and has nothing of jstat', async (name) => {
    const { text, gzipped } = await bundled(name);
    expect(gzipped).toBeLessThanOrEqual(3072);
    expect(text).not.toContain('jstat');
  });

  it('for the studentised range needs jstat', async () => {
    expect((await bundled('studentizedRange')).text).toContain('jstat');
  });
});
