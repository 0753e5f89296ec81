// Longer texts are no versions: the limit keeps what one comparison of a hostile attribute can cost.
const maxLength = 256;

// A number has no leading zero, unless it is build metadata.
const number = '(?:0|[1-9][0-9]*)';
const build = '[0-9A-Za-z-]+';
const prerelease = `(?!0[0-9]+(?:[.+]|$))${build}`;
const row = (identifier: string) => `${identifier}(?:[.]${identifier})*`;
const version = new RegExp(`^v?${number}[.]${number}[.]${number}(?:-${row(prerelease)})?(?:[+]${row(build)})?$`);

/**
 * True for a version by semver.org 2.0.0, of at most 256 characters. A leading `v` is allowed, since tags have it; a
 * part left out (`1.4`) is not, since whether it means `1.4.0` or any `1.4.x` is for the user to say.
 */
export function isSemver(text: string): boolean {
  return text.length <= maxLength && version.test(text);
}

const [dash, dot, plus] = [45, 46, 43];
const isDigit = (code: number) => code >= 48 && code <= 57;

/** Where the identifier ends that starts at `from`; in major.minor.patch, a dash ends it too. */
function identifierEnd(text: string, from: number, inCore: boolean): number {
  let end = from;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === dot || code === plus || (inCore && code === dash)) break;
  }
  return end;
}

function isNumeric(text: string, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

/**
 * Numbers before words (§11.4.3), words by their characters. A number has no leading zeros, so the longer is greater,
 * and none is too big to be compared right.
 */
function compareIdentifiers(a: string, aFrom: number, aEnd: number, b: string, bFrom: number, bEnd: number): number {
  const numeric = isNumeric(a, aFrom, aEnd);
  if (numeric !== isNumeric(b, bFrom, bEnd)) return numeric ? -1 : 1;
  const longer = aEnd - aFrom - (bEnd - bFrom);
  if (numeric && longer !== 0) return longer;
  for (let i = 0; aFrom + i < aEnd && bFrom + i < bEnd; i += 1) {
    const difference = a.charCodeAt(aFrom + i) - b.charCodeAt(bFrom + i);
    if (difference !== 0) return difference;
  }
  return longer;
}

/**
 * The order of two versions by the precedence of semver.org 2.0.0 (§11): negative, 0 or positive. Build metadata does
 * not count. NaN where either is no version, so that every comparison with 0 is false. Allocates nothing.
 */
export function compareSemver(a: string, b: string): number {
  if (!isSemver(a) || !isSemver(b)) return Number.NaN;
  let aFrom = a.startsWith('v') ? 1 : 0;
  let bFrom = b.startsWith('v') ? 1 : 0;
  for (let part = 0; ; part += 1) {
    const aEnd = identifierEnd(a, aFrom, part < 3);
    const bEnd = identifierEnd(b, bFrom, part < 3);
    const order = compareIdentifiers(a, aFrom, aEnd, b, bFrom, bEnd);
    if (order !== 0) return order;
    const aMore = aEnd < a.length && a.charCodeAt(aEnd) !== plus;
    const bMore = bEnd < b.length && b.charCodeAt(bEnd) !== plus;
    // A version comes after its pre-releases (§11.3), a row of identifiers before a longer one (§11.4.4).
    if (!aMore || !bMore) return part < 3 ? Number(bMore) - Number(aMore) : Number(aMore) - Number(bMore);
    aFrom = aEnd + 1;
    bFrom = bEnd + 1;
  }
}
