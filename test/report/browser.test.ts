import { existsSync } from 'node:fs';
import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlReport } from '../../src/report/html-report.js';
import type { ReportInput } from '../../src/report/input.js';
import { banditSimulation, liveReport, rehearsal, withEvilNames, worseSimulation } from './inputs.js';

// Pages as a browser shows them: whatever is measured here, Chromium has laid out.

const executablePath = '/usr/bin/chromium';
const isThere = existsSync(executablePath);

test.skipIf(isThere)('a browser is there to look at the pages', ({ skip }) => {
  const said = `${executablePath} is missing: no page was looked at. Install it with 'apt-get install chromium'.`;
  if (process.env['CI'] !== undefined) throw new Error(said);
  skip(said);
});

const inputs: Readonly<Record<string, () => Promise<ReportInput>>> = {
  'a live roll-out': () => liveReport(),
  'a simulated canary': worseSimulation,
  'a simulated bandit': banditSimulation,
  'a rehearsal': rehearsal,
  'a roll-out before its first request': () => liveReport(0),
  'names that are far too long': async () => withEvilNames(await worseSimulation()),
  'scenarios with such names': async () => withEvilNames(await rehearsal()),
};
const looks = [360, 1200].flatMap((width) => (['light', 'dark'] as const).map((scheme) => [width, scheme] as const));

/** What is wrong with the page, seen from inside. */
function faults(): readonly string[] {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`scrolls sideways: ${root.scrollWidth} of ${root.clientWidth}`);
  const luminance = (color: string) => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string) => {
    const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const page = getComputedStyle(document.body).backgroundColor;
  const isSeen = (element: Element) => element.getClientRects().length > 0;
  for (const svg of document.querySelectorAll('svg')) {
    if (!isSeen(svg)) continue;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map((element) => ({
      element,
      box: element.getBoundingClientRect(),
    }));
    if (texts.length === 0) found.push('a picture without a word');
    for (const [index, { element, box }] of texts.entries()) {
      const text = element.textContent ?? '';
      if (
        box.left < frame.left - 1 ||
        box.right > frame.right + 1 ||
        box.top < frame.top - 1 ||
        box.bottom > frame.bottom + 1
      ) {
        found.push(`'${text}' is outside its picture`);
      }
      if (contrast(getComputedStyle(element).fill, page) < 4.5) found.push(`'${text}' is too pale`);
      for (const { element: other, box: next } of texts.slice(index + 1)) {
        const [across, down] = [
          Math.min(box.right, next.right) - Math.max(box.left, next.left),
          Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top),
        ];
        // The box of a line is higher than its letters.
        if (across > 1 && down > 3) found.push(`'${text}' and '${other.textContent}' overlap`);
      }
    }
  }
  for (const element of document.querySelectorAll('h1,h2,h3,p,summary,th,td')) {
    if (!isSeen(element)) continue;
    if (contrast(getComputedStyle(element).color, page) < 4.5) found.push(`'${element.textContent}' is too pale`);
    const box = element.getBoundingClientRect();
    const scrolls = element.closest('.scroll') !== null;
    if (!scrolls && (box.left < 0 || box.right > root.clientWidth))
      found.push(`'${element.textContent}' leaves the page`);
  }
  return found;
}

describe.skipIf(!isThere)('pages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(() => browser.close());

  const open = async (html: string, width: number, scheme: 'light' | 'dark'): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
    await page.setContent(html);
    return page;
  };

  test.each(Object.keys(inputs))(
    '%s: nothing overlaps, is clipped, pale or outside',
    { timeout: 120_000 },
    async (name) => {
      const html = htmlReport(await (inputs[name] as () => Promise<ReportInput>)());
      for (const [width, scheme] of looks) {
        const page = await open(html, width, scheme);
        expect(await page.evaluate(faults), `${width} pixels, ${scheme}`).toEqual([]);
        // All tables open: they scroll in frames of their own.
        await page.evaluate(() =>
          document.querySelectorAll('details').forEach((details) => details.setAttribute('open', '')),
        );
        expect(await page.evaluate(faults), `${width} pixels, ${scheme}, tables open`).toEqual([]);
        await page.close();
      }
    },
  );

  test('a page asks for nothing, runs nothing, and is dark where the user is', async () => {
    const html = htmlReport(withEvilNames(await worseSimulation()));
    const [light, dark] = [await open(html, 800, 'light'), await open(html, 800, 'dark')];
    const colorOf = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect([await colorOf(light), await colorOf(dark)]).toEqual(['rgb(255, 255, 255)', 'rgb(20, 23, 27)']);
    expect(
      await light.evaluate(() => document.scripts.length + document.querySelectorAll('[src],[href],link').length),
    ).toBe(0);
    await dark.emulateMedia({ media: 'print' });
    expect(await colorOf(dark)).toBe('rgb(255, 255, 255)');
    await Promise.all([light.close(), dark.close()]);
  });

  test('shows one picture where there are two for two widths', async () => {
    const html = htmlReport(await worseSimulation());
    for (const [width, seen] of [
      [360, ['for-narrow']],
      [1200, ['for-wide']],
    ] as const) {
      const page = await open(html, width, 'light');
      const shown = await page.evaluate(() =>
        [...document.querySelectorAll('.for-narrow,.for-wide')]
          .filter((element) => element.getClientRects().length > 0)
          .map(({ className }) => className),
      );
      expect([...new Set(shown)]).toEqual(seen);
      await page.close();
    }
  });
});
