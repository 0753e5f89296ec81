import { own } from '../core/json.js';
import { parseSketch } from '../stats/sketch-json.js';
import { emptySketch, mergeSketches } from '../stats/sketch.js';
import { greatestValue } from './metric.js';
import { parseCount, parseNumber, parseObject, parseRecord, unreadable } from './parse.js';
import type { Cell, MetricSums } from './stratum.js';

const metricsMax = 256;

/** The counts of a cell that are plain numbers, in the order in which they are written. */
const counts = ['exposed', 'units', 'pinned', 'outcomes', 'errors', 'fellBack', 'compared', 'mismatches'] as const;
type Counts = Record<(typeof counts)[number], number>;

/** The cell in which nothing was counted. */
export const emptyCell: Cell = Object.freeze({
  exposed: 0,
  units: 0,
  pinned: 0,
  outcomes: 0,
  errors: 0,
  fellBack: 0,
  compared: 0,
  mismatches: 0,
  latency: emptySketch,
  firstItem: emptySketch,
  metrics: {},
});

export const emptySums: MetricSums = Object.freeze({ n: 0, sum: 0, sumSq: 0, late: 0 });

function addSums(a: MetricSums, b: MetricSums): MetricSums {
  const sketch = a.sketch && b.sketch ? mergeSketches(a.sketch, b.sketch) : (a.sketch ?? b.sketch);
  const per = a.per ?? b.per;
  return {
    n: a.n + b.n,
    sum: a.sum + b.sum,
    sumSq: a.sumSq + b.sumSq,
    late: a.late + b.late,
    ...(per === undefined ? {} : { per }),
    ...(sketch === undefined ? {} : { sketch }),
  };
}

/** Joins two records key by key, keys in ascending order; values that only one of them has are taken as they are. */
export function joinRecords<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  add: (a: T, b: T) => T,
): Readonly<Record<string, T>> {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const [left, right] = [own(a, key), own(b, key)];
      return [key, left === undefined ? (right as T) : right === undefined ? left : add(left, right)] as const;
    }),
  );
}

/** What was counted in both: the same in any order, up to the rounding of the sums. */
export function addCells(a: Cell, b: Cell): Cell {
  const sums: Counts = { ...emptyCell };
  for (const count of counts) sums[count] = a[count] + b[count];
  return {
    ...sums,
    latency: mergeSketches(a.latency, b.latency),
    firstItem: mergeSketches(a.firstItem, b.firstItem),
    metrics: joinRecords(a.metrics, b.metrics, addSums),
  };
}

function parseSums(where: string, json: unknown): MetricSums {
  const { n, sum, sumSq, late, per, sketch } = parseObject(where, json);
  const reports = parseCount(`${where}.n`, n);
  // The bounds leave room for what a long sum's rounding adds.
  const sumMax = 1.001 * greatestValue * reports;
  if (!(per === undefined || per === 'exposure')) unreadable(`${where}.per`, "'exposure' or nothing", per);
  return {
    n: reports,
    sum: parseNumber(`${where}.sum`, sum, -sumMax, sumMax),
    sumSq: parseNumber(`${where}.sumSq`, sumSq, 0, greatestValue * sumMax),
    late: parseCount(`${where}.late`, late),
    ...(per === undefined ? {} : { per: 'exposure' }),
    ...(sketch === undefined ? {} : { sketch: parseSketch(sketch) }),
  };
}

/** Parses what a store or another replica sent; throws `state-unreadable`. */
export function parseCell(where: string, json: unknown): Cell {
  const object = parseObject(where, json);
  const sums: Counts = { ...emptyCell };
  for (const count of counts) sums[count] = parseCount(`${where}.${count}`, object[count]);
  return {
    ...sums,
    latency: parseSketch(object['latency']),
    firstItem: parseSketch(object['firstItem']),
    metrics: parseRecord(`${where}.metrics`, object['metrics'], metricsMax, parseSums),
  };
}
