// Tones after Okabe and Ito's palette, which the colour-blind can tell apart: darker on white and lighter on black than theirs, so that a
// label in a tone has a contrast of 4.5 at least.
const light = {
  page: '#ffffff',
  ink: '#1b1f24',
  quiet: '#57606a',
  grid: '#e3e6ea',
  axis: '#8c959f',
  'tone-0': '#0a5ea8',
  'tone-1': '#b2440c',
  'tone-2': '#00705a',
  'tone-3': '#8f3a78',
  'tone-4': '#7a5a00',
  'tone-5': '#4a4fb5',
};

const dark: Record<keyof typeof light, string> = {
  page: '#14171b',
  ink: '#e8eaed',
  quiet: '#a3abb5',
  grid: '#2b3037',
  axis: '#6d7681',
  'tone-0': '#6cb6f5',
  'tone-1': '#f59a62',
  'tone-2': '#4fc9a6',
  'tone-3': '#e29ccb',
  'tone-4': '#d8b34a',
  'tone-5': '#a9adf7',
};

const variables = (colors: typeof light) =>
  Object.entries(colors)
    .map(([name, color]) => `--${name}:${color}`)
    .join(';');

const tones = [0, 1, 2, 3, 4, 5];

const marks = [
  '.turnout text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;fill:var(--ink)}',
  '.turnout .quiet{fill:var(--quiet)}',
  '.turnout .strong{font-weight:600}',
  '.turnout .grid{stroke:var(--grid);stroke-width:1}',
  '.turnout .axis{stroke:var(--axis);stroke-width:1}',
  '.turnout .limit{stroke:var(--ink);stroke-width:1;stroke-dasharray:4 3}',
  '.turnout .page{fill:var(--page)}',
  ...[...tones.map((tone) => `tone-${tone}`), 'quiet'].flatMap((tone) => [
    `.turnout .line-${tone}{stroke:var(--${tone});stroke-width:1.75;fill:none;stroke-linejoin:round}`,
    `.turnout .fill-${tone}{fill:var(--${tone})}`,
    `.turnout .tint-${tone}{fill:var(--${tone});fill-opacity:${tone === 'quiet' ? 0.1 : 0.2}}`,
  ]),
  '.turnout .dashed{stroke-dasharray:5 3}',
];

/** The colours alone, in both schemes. */
export const colorStyle = `:root{color-scheme:light dark;${variables(light)}}@media (prefers-color-scheme:dark){:root{${variables(dark)}}}@media print{:root{color-scheme:light;${variables(light)}}}`;

/** What the pictures look like, as CSS: for a page that holds pictures with `style: 'inherited'`. */
export const pictureStyle = `${colorStyle}${marks.join('')}`;

/** The tone of the n-th thing that is compared; the last, the control, stands back. */
export function toneOf(index: number, of: number): string {
  return index === of - 1 && of > 1 ? 'quiet' : `tone-${index % tones.length}`;
}
