import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// Every `sh` block of the page is run by a shell, with the built command in place of `npx turnout`. What a block says in comments is what it
// must print, in these very lines. Rehearsals run once, so that the page can show the command that one would give.

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'turnout-cli-docs-'));

const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n([^`]*)^```$/gm)].map(([, code]) => code as string);

function shell(code: string): Promise<{ readonly error: unknown; readonly printed: string }> {
  return new Promise((resolve) => {
    execFile('sh', ['-ec', code], { cwd: folder, encoding: 'utf8' }, (error, out, err) => {
      resolve({ error, printed: `${out}${err}` });
    });
  });
}

beforeAll(async () => {
  await build({
    entryPoints: [join(root, 'src/cli/bin.ts')],
    outfile: join(folder, 'cli.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  symlinkSync(join(root, 'examples'), join(folder, 'examples'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the commands of docs/cli.md', () => {
  test('are found', () => expect(blocks.length).toBe(4));

  test.each(blocks)('%s', async (block) => {
    const lines = block.trimEnd().split('\n');
    const claimed = lines.flatMap((line) => (line.startsWith('# ') ? [line.slice(2)] : []));
    const commands = lines
      .filter((line) => !line.startsWith('#'))
      .map((line) =>
        line
          .replace(/^npx turnout (rehearse \S+)/, 'npx turnout $1 --runs 1')
          .replace('npx turnout', `"${process.execPath}" cli.mjs`),
      );
    const { error, printed } = await shell(commands.join('\n'));
    expect(error).toBeNull();
    expect(printed).toContain(claimed.join('\n'));
  });
});
