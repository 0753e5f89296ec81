/**
 * Who asks: OpenFeature's evaluation context. `targetingKey` is the default unit; `pins` forces arms by node (from a
 * cookie or a test link), which is counted apart and never analysed as random.
 */
export interface Context {
  readonly targetingKey?: string;
  readonly pins?: Readonly<Record<string, string>>;
  readonly [attribute: string]: unknown;
}

/** The attribute that names the unit unless a strategy names another. */
export const defaultUnit = 'targetingKey';

/**
 * The unit as the text that is hashed: strings as they are, safe integers as decimals. Anything else is missing, the
 * empty string too, since a form field that was never filled is not a user.
 */
export function unitOf(context: Context, attribute: string): string | undefined {
  const value = context[attribute];
  if (typeof value === 'string') return value === '' ? undefined : value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
