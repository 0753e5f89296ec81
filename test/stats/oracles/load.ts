import { readFileSync } from 'node:fs';

/** A case of another implementation, with how near to it a result must come. */
export interface OracleCase<Inputs, Expected> {
  readonly name: string;
  readonly fn: string;
  readonly inputs: Inputs;
  readonly expected: Expected;
  readonly tolerance: number;
  readonly tolKind: 'abs' | 'rel' | 'abs+rel';
}

/** The cases of one function in a file of this folder. */
export function oracleCases<Inputs, Expected>(file: string, fn: string): readonly OracleCase<Inputs, Expected>[] {
  const read = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as {
    cases: OracleCase<Inputs, Expected>[];
  };
  const cases = read.cases.filter((one) => one.fn === fn);
  if (cases.length === 0) throw new Error(`${file} has no cases of ${fn}`);
  return cases;
}

/** How far `actual` may be from `expected`: absolute, relative, or relative to 1 + |expected|. */
export function allowance({ tolerance, tolKind }: OracleCase<unknown, unknown>, expected: number): number {
  if (tolKind === 'abs') return tolerance;
  return tolerance * (tolKind === 'rel' ? Math.abs(expected) : 1 + Math.abs(expected));
}
