import type { Tables } from './names.js';

/** A silent writer's row stays for so many times the silence after which it is refused. */
const rememberedFor = 30;

/**
 * The statements of evidence. The router's row is locked from the moment when a position is taken until that is committed, so positions
 * become visible in their order, and who has read up to one misses none before it. Adding locks the writer's row, then the router's;
 * a total locks the router's, then rows of writers that adding does not touch any more: neither can wait for the other.
 */
export function evidenceStatements({ evidence, delta, writer }: Tables, forgetWritersAfterMs: number) {
  // Milliseconds, since a day of the session's time zone may have 23 hours.
  const interval = (ms: number) => `interval '${ms} milliseconds'`;
  const isFresh = `w.seen_at >= now() - ${interval(forgetWritersAfterMs)}`;
  const ownRow = 'w.router = $1::text AND w.replica = $2::text';
  // What a delta is, and all deltas before it.
  const digestAfter = (before: string) =>
    `encode(sha256(convert_to(${before} || ' ' || $2::text || ' ' || $3::text, 'UTF8')), 'hex')`;
  const isAt = (position: string, digest: string) => `EXISTS (SELECT FROM ${delta} AS d
WHERE d.router = $1::text AND d.position = ${position}::text::bigint AND d.digest = ${digest}::text)`;
  const add = (write: string) => `WITH writer AS (${write} RETURNING 1), head AS (
INSERT INTO ${evidence} AS e (router, position, digest) SELECT $1::text, 1, ${digestAfter("''")} FROM writer
ON CONFLICT (router) DO UPDATE SET position = e.position + 1, digest = ${digestAfter('e.digest')}
RETURNING e.position, e.digest
), added AS (
INSERT INTO ${delta} (router, position, digest, delta)
SELECT $1::text, position, digest, $4::text::json FROM head RETURNING position
)
SELECT (SELECT position::text FROM added) AS position,
(SELECT w.seq::text FROM ${writer} AS w WHERE ${ownRow}) AS known,
(SELECT (${isFresh})::text FROM ${writer} AS w WHERE ${ownRow}) AS fresh`;
  return {
    addFirst: add(`INSERT INTO ${writer} (router, replica, seq, seen_at)
VALUES ($1::text, $2::text, $3::text::bigint, now()) ON CONFLICT (router, replica) DO NOTHING`),
    addNext: add(`UPDATE ${writer} AS w SET seq = $3::text::bigint, seen_at = now()
WHERE ${ownRow} AND w.seq = $3::text::bigint - 1 AND ${isFresh}`),
    // A reader whose last delta is in the log as it was gets those after it; any other gets the total, and the deltas after that.
    read: `SELECT e.digest AS digest, e.position::text AS position, e.total_position::text AS place,
c.goes_on::text AS follows, CASE WHEN c.goes_on THEN NULL ELSE e.total::text END AS total,
(SELECT string_agg(d.delta::text, ',' ORDER BY d.position) FROM ${delta} AS d WHERE d.router = e.router
AND d.position > CASE WHEN c.goes_on THEN $4::text::bigint ELSE e.total_position END) AS deltas,
(SELECT w.seq::text FROM ${writer} AS w WHERE ${ownRow}) AS seq
FROM ${evidence} AS e CROSS JOIN (SELECT ${isAt('$4', '$3')} AS goes_on) AS c WHERE e.router = $1::text`,
    // The deltas between the last total and this one stay, so that readers that are a little behind need not fetch the total.
    total: `WITH head AS (
UPDATE ${evidence} AS e SET total = $4::text::json, total_position = $3::text::bigint, trimmed = e.total_position
WHERE e.router = $1::text AND e.total_position < $3::text::bigint AND ${isAt('$3', '$2')} RETURNING e.trimmed
), dropped AS (
DELETE FROM ${delta} AS d USING head WHERE d.router = $1::text AND d.position <= head.trimmed
), forgotten AS (
DELETE FROM ${writer} AS w WHERE w.router = $1::text
AND w.seen_at < now() - ${interval(rememberedFor * forgetWritersAfterMs)}
)
SELECT count(*)::text AS totals FROM head`,
  };
}

export type EvidenceStatements = ReturnType<typeof evidenceStatements>;
