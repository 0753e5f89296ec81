import { defaultUnit } from '../core/context.js';
import { messageOf, TurnoutError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import type { Exposure } from '../plan/plan.js';
import { unitMarks } from '../stats/clusters/unit-hash.js';
import { fromBase64Url, toAsciiJson, toBase64Url } from './base64url.js';
import { greatestValue } from './metric.js';

/** What a decision's token carries, so that any replica can count what came of it. */
export interface TokenContent {
  readonly router: string;
  /** Random, and unique to the decision: what its reports are deduplicated by. At most 64 characters. */
  readonly id: string;
  /** When the exposure was, ms since 1970. */
  readonly at: number;
  readonly model: string;
  readonly exposures: readonly Exposure[];
  /** The router called the model itself, so error and latency are known and are not taken from a report. */
  readonly measured?: true;
  /** Where its unit is counted, for all exposures or for each; absent where units are not told apart. */
  readonly marks?: UnitMarks;
  /** The covariates of metrics that have one, as they were at the exposure. */
  readonly covariates?: Readonly<Record<string, number>>;
}

/** The mark of a decision's unit (see `unitMarkOf`), or one for each exposure where they name different units. */
export type UnitMarks = number | readonly number[];

/** Signs tokens, so that nobody else can make one. Synchronous; `verify` must compare in constant time. */
export interface TokenSigner {
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

/** The longest token that is read or made, in characters. */
export const tokenMax = 8192;
const idMax = 64;
const exposuresMax = 64;
const covariatesMax = 256;
/** The first letters of a token: a later form gets another number, and is refused by those who cannot read it. */
const version = 't1';

/**
 * The content as a text for URLs, cookies and logs: `t1.<base64url of a JSON array>`, and `.<signature>` with a signer. Not
 * encrypted. Throws `token-invalid` when `decodeToken` would refuse it, or when the signer fails.
 */
export function encodeToken(content: TokenContent, signer?: TokenSigner): string {
  const { router, id, at, model, exposures } = content;
  const rows = exposures.map(({ node, arm, epoch, propensity, unit, pinned }) => {
    const row = [node, arm, epoch, propensity];
    // The last places are left out while they say nothing new: tokens travel with every answer.
    if (pinned) return row.concat(unit, 1);
    return unit === defaultUnit ? row : row.concat(unit);
  });
  const text = `${version}.${toBase64Url(toAsciiJson([router, id, at, model, rows, ...extrasOf(content)]))}`;
  const token = signer === undefined ? text : `${text}.${signatureOf(text, signer)}`;
  if (!(token.length <= tokenMax)) throw refusal(`it would have ${token.length} characters, over ${tokenMax}`);
  if (contentOf(text) === undefined) throw refusal('its content is not that of a decision');
  return token;
}

/** The last places of a token, up to the last that says something. */
function extrasOf({ measured, marks, covariates }: TokenContent): readonly unknown[] {
  if (covariates !== undefined) return [measured ? 1 : 0, marks ?? -1, covariates];
  if (marks !== undefined) return [measured ? 1 : 0, marks];
  return measured ? [1] : [];
}

/**
 * Reads what `encodeToken` wrote. Throws `token-invalid` for everything else: of another version, cut off, over 8 192 characters,
 * or, with a signer, not signed by it. A signer that throws refuses. Without a signer a signed token is refused too, since
 * then a router was set up without its `tokens`.
 */
export function decodeToken(token: string, signer?: TokenSigner): TokenContent {
  if (typeof token !== 'string') throw refusal('it is not a text');
  if (!(token.length <= tokenMax)) throw refusal(`it has more than ${tokenMax} characters`);
  const [prefix, payload = '', ...signature] = token.split('.');
  if (prefix !== version) throw refusal(`it does not begin with '${version}.', so it is none, or of another version`);
  const text = `${prefix}.${payload}`;
  if (signer === undefined && signature.length > 0)
    throw refusal('it is signed, and this router has no `tokens` to check it');
  if (signer !== undefined && !isSigned(text, signature.join('.'), signer)) throw refusal('its signature is wrong');
  return contentOf(text) ?? refuse('its content is damaged');
}

const refusal = (why: string, cause?: unknown) =>
  new TurnoutError('token-invalid', `The token is refused: ${why}.`, cause === undefined ? {} : { cause });

function refuse(why: string): never {
  throw refusal(why);
}

function signatureOf(text: string, signer: TokenSigner): string {
  let signature: unknown;
  try {
    signature = signer.sign(text);
  } catch (error) {
    throw refusal(`tokens.sign threw: ${messageOf(error)}`, error);
  }
  return typeof signature === 'string' && signature !== '' ? signature : refuse('tokens.sign gave no text');
}

function isSigned(text: string, signature: string, signer: TokenSigner): boolean {
  try {
    // Not truthiness: a promise, which an asynchronous `verify` would give, must refuse.
    return signature !== '' && signer.verify(text, signature) === true;
  } catch {
    return false;
  }
}

function contentOf(text: string): TokenContent | undefined {
  const json = fromBase64Url(text.slice(version.length + 1));
  if (json === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length > 8) return undefined;
  const [router, id, at, model, rows, measured = 0, marks = -1, covariates = {}]: unknown[] = parsed;
  if (!isName(router) || !isName(id) || id.length > idMax || !isName(model)) return undefined;
  if (!(typeof at === 'number' && at >= 0 && at <= 8.64e15)) return undefined;
  if (!(Array.isArray(rows) && rows.length <= exposuresMax && (measured === 0 || measured === 1))) return undefined;
  const exposures = rows.map(exposureOf);
  if (!exposures.every((exposure) => exposure !== undefined)) return undefined;
  // The last place that is there says something, so that one content has one token.
  if ((parsed.length === 6 && measured === 0) || (parsed.length === 7 && marks === -1)) return undefined;
  if (!areMarks(marks, exposures.length) || !areCovariates(covariates)) return undefined;
  return {
    router,
    id,
    at,
    model,
    exposures,
    ...(measured === 1 ? { measured: true } : {}),
    ...(marks === -1 ? {} : { marks }),
    ...(parsed.length > 7 ? { covariates } : {}),
  };
}

const isMark = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= -1 && (value as number) < unitMarks;

function areMarks(marks: unknown, exposures: number): marks is UnitMarks {
  return Array.isArray(marks) ? marks.length === exposures && marks.every(isMark) : isMark(marks);
}

function areCovariates(covariates: unknown): covariates is Readonly<Record<string, number>> {
  if (!isObject(covariates)) return false;
  const values = Object.values(covariates);
  return values.length <= covariatesMax && values.every((x) => typeof x === 'number' && Math.abs(x) <= greatestValue);
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

function exposureOf(row: unknown): Exposure | undefined {
  if (!Array.isArray(row) || row.length > 6) return undefined;
  const [node, arm, epoch, propensity, unit = defaultUnit, pinned]: unknown[] = row;
  if (!isName(node) || !isName(arm) || !isName(unit) || !(pinned === undefined || pinned === 1)) return undefined;
  if (!(typeof epoch === 'number' && Number.isSafeInteger(epoch) && epoch >= 0)) return undefined;
  // A pin may force an arm that chance would never give.
  const isChance = typeof propensity === 'number' && (propensity > 0 || pinned === 1) && propensity >= 0;
  if (!(isChance && propensity <= 1)) return undefined;
  return { node, arm, epoch, propensity, unit, ...(pinned === 1 ? { pinned: true } : {}) };
}
