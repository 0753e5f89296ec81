import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

// Every `ts` block of the README and of docs/ is run as a module of its own, against the sources. A line that ends in
// `// => value` also states what its expression is: what a page claims is what the code gives. And all of them type-check.

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'test/generated');

interface Block {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

function blocksOf(page: string): readonly Block[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const blocks: Block[] = [];
  let start: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (start === undefined && /^```ts\s*$/.test(line)) start = index + 1;
    else if (start !== undefined && /^```\s*$/.test(line)) {
      blocks.push({ page, line: start + 1, code: lines.slice(start, index).join('\n') });
      start = undefined;
    }
  }
  return blocks;
}

/** `expression; // => value` becomes a comparison; of `const x = …; // => value` it is x that is compared. */
function withClaims(code: string): string {
  return code
    .split('\n')
    .map((line, index) => {
      const [, statement, value] = /^(.*?);?\s*\/\/ => (.+)$/.exec(line) ?? [];
      if (statement === undefined) return line;
      const [, name] = /^\s*(?:const|let) (\w+)\b/.exec(statement) ?? [];
      const [, logged] = /^\s*console\.log\((.*)\)$/.exec(statement) ?? [];
      const claim = (of: string) => `__claim(${of}, ${value}, ${index + 1});`;
      return name === undefined ? claim(logged ?? statement.trim()) : `${statement}; ${claim(name)}`;
    })
    .join('\n');
}

const fileOf = ({ page, line }: Block) => `${`${page}:${line}`.replaceAll(/\W+/g, '-')}.ts`;

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];
const blocks = pages.flatMap(blocksOf);

/** What a command prints, whether it fails or not. */
function outputOf(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', cwd: root });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

beforeAll(() => {
  mkdirSync(generated, { recursive: true });
  Object.assign(globalThis, {
    __claim: (actual: unknown, claimed: unknown, line: number) => {
      expect(actual, `line ${line} of the block`).toEqual(claimed);
    },
  });
});

afterAll(() => rmSync(generated, { recursive: true, force: true }));

describe('the code of the docs', () => {
  test('is found', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  test.each(blocks.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s runs',
    async (name, { code }) => {
      const file = join(generated, `${name.replaceAll(/\W+/g, '-')}.ts`);
      writeFileSync(file, `${withClaims(code)}\nexport {};\n`);
      // Each block is a program of its own: what an earlier one left open is not there.
      vi.resetModules();
      await import(/* @vite-ignore */ pathToFileURL(file).href);
    },
  );
});

describe('the types of the docs', () => {
  test('are right', () => {
    const folder = join(generated, 'types');
    mkdirSync(folder, { recursive: true });
    for (const block of blocks) writeFileSync(join(folder, fileOf(block)), `${block.code}\nexport {};\n`);
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: { paths: Record<string, readonly string[]> };
    };
    const paths = Object.entries(compilerOptions.paths).map(([name, [target]]) => [
      name,
      [join(root, target as string)],
    ]);
    const config = {
      extends: join(root, 'tsconfig.json'),
      include: [join(folder, '*.ts'), join(root, 'src/**/*.d.ts')],
      exclude: [],
      compilerOptions: { paths: Object.fromEntries(paths) },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(root, 'node_modules/typescript7/bin/tsc');
    expect(outputOf(process.execPath, [compiler, '--noEmit', '-p', folder])).toBe('');
  });
});

describe('the links of the docs', () => {
  test.each(pages)('%s leads to pages that exist', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target as string);
    expect(targets.filter((target) => !existsSync(join(root, page, '..', target)))).toEqual([]);
  });
});
