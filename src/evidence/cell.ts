import { UnitEventBitmap } from '../stats/clusters/unit-events.js';
import { parseSketch } from '../stats/sketch-json.js';
import { emptySketch, mergeSketches } from '../stats/sketch.js';
import { greatestValue } from './metric.js';
import { parseCount, parseNumber, parseObject, parseRecord, unreadable } from './parse.js';
import { joinRecords } from './records.js';
import type { Cell, MetricSums, PairedSums } from './stratum.js';
import { addClusters, parseClusters } from './unit-clusters.js';

const metricsMax = 256;
/** Beyond what any number of values of 1e12 can sum up to, squared. */
const pairedMax = 1e40;

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
  const ratio = a.ratio ?? b.ratio;
  const paired = a.paired && b.paired ? addPaired(a.paired, b.paired) : (a.paired ?? b.paired);
  return {
    n: a.n + b.n,
    sum: a.sum + b.sum,
    sumSq: a.sumSq + b.sumSq,
    late: a.late + b.late,
    ...(per === undefined ? {} : { per }),
    ...(sketch === undefined ? {} : { sketch }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(paired === undefined ? {} : { paired }),
  };
}

const addPaired = (a: PairedSums, b: PairedSums): PairedSums => ({
  sum: a.sum + b.sum,
  sumSq: a.sumSq + b.sumSq,
  product: a.product + b.product,
});

/** What was counted in both: the same in any order, up to the rounding of the sums. */
export function addCells(a: Cell, b: Cell): Cell {
  const sums: Counts = { ...emptyCell };
  for (const count of counts) sums[count] = a[count] + b[count];
  return {
    ...sums,
    latency: mergeSketches(a.latency, b.latency),
    firstItem: mergeSketches(a.firstItem, b.firstItem),
    metrics: joinRecords(a.metrics, b.metrics, addSums),
    ...addUnits(a, b),
  };
}

/** Keys that a cell without them does not get: most cells of requests that were drawn have none. */
function addUnits(a: Cell, b: Cell): Partial<Cell> {
  const clusters = a.clusters && b.clusters ? addClusters(a.clusters, b.clusters) : (a.clusters ?? b.clusters);
  const unitEvents =
    a.unitEvents && b.unitEvents ? joinRecords(a.unitEvents, b.unitEvents, joinBits) : (a.unitEvents ?? b.unitEvents);
  const sampled = (a.sampled ?? 0) + (b.sampled ?? 0);
  const returned = (a.returned ?? 0) + (b.returned ?? 0);
  return {
    ...(clusters === undefined ? {} : { clusters }),
    ...(unitEvents === undefined ? {} : { unitEvents }),
    ...(sampled > 0 && { sampled }),
    ...(returned > 0 && { returned }),
  };
}

const joinBits = (a: string, b: string): string => UnitEventBitmap.from(a).merge(UnitEventBitmap.from(b)).toJSON();

function parseSums(where: string, json: unknown): MetricSums {
  const { n, sum, sumSq, late, per, sketch, ratio, paired } = parseObject(where, json);
  const reports = parseCount(`${where}.n`, n);
  // The bounds leave room for what a long sum's rounding adds.
  const sumMax = 1.001 * greatestValue * reports;
  if (!(per === undefined || per === 'exposure')) unreadable(`${where}.per`, "'exposure' or nothing", per);
  if (!(ratio === undefined || ratio === true)) unreadable(`${where}.ratio`, 'true or nothing', ratio);
  return {
    n: reports,
    sum: parseNumber(`${where}.sum`, sum, -sumMax, sumMax),
    sumSq: parseNumber(`${where}.sumSq`, sumSq, 0, greatestValue * sumMax),
    late: parseCount(`${where}.late`, late),
    ...(per === undefined ? {} : { per: 'exposure' }),
    ...(sketch === undefined ? {} : { sketch: parseSketch(sketch) }),
    ...(ratio === undefined ? {} : { ratio: true }),
    ...(paired === undefined ? {} : { paired: parsePaired(`${where}.paired`, paired) }),
  };
}

function parsePaired(where: string, json: unknown): PairedSums {
  const { sum, sumSq, product } = parseObject(where, json);
  return {
    sum: parseNumber(`${where}.sum`, sum, -pairedMax, pairedMax),
    sumSq: parseNumber(`${where}.sumSq`, sumSq, 0, pairedMax),
    product: parseNumber(`${where}.product`, product, -pairedMax, pairedMax),
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
    ...parseUnits(where, object),
  };
}

function parseUnits(where: string, json: Readonly<Record<string, unknown>>): Partial<Cell> {
  const { clusters, unitEvents, sampled, returned } = json;
  return {
    ...(clusters === undefined ? {} : { clusters: parseClusters(`${where}.clusters`, clusters) }),
    ...(unitEvents === undefined
      ? {}
      : { unitEvents: parseRecord(`${where}.unitEvents`, unitEvents, metricsMax + 1, parseBits) }),
    ...(sampled === undefined ? {} : { sampled: parseCount(`${where}.sampled`, sampled) }),
    ...(returned === undefined ? {} : { returned: parseCount(`${where}.returned`, returned) }),
  };
}

function parseBits(where: string, json: unknown): string {
  if (typeof json !== 'string') return unreadable(where, 'a bitmap of units', json);
  return UnitEventBitmap.from(json).toJSON();
}
