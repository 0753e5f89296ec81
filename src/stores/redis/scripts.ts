// Lua, since a script runs as one: nothing comes between its reads and its writes. Every key is in KEYS, as Redis Cluster demands.
// All numbers and JSON stay texts: the server's own JSON keeps 14 digits, and a sum must come back as it was sent.

/** KEYS: record. ARGV: the known revision, or ''. Answers nothing, 'unchanged', or 'record' and the record. */
export const readRecord = `
local revision = redis.call('HGET', KEYS[1], 'revision')
if not revision then return {} end
if revision == ARGV[1] then return {'unchanged'} end
return {'record', redis.call('HGET', KEYS[1], 'record')}
`;

/** KEYS: record. ARGV: the expected revision or '', the next one, the next record, the channel of those who listen. */
export const compareAndSetRecord = `
local revision = redis.call('HGET', KEYS[1], 'revision')
if (revision or '') ~= ARGV[1] then
  if not revision then return {'conflict'} end
  local record = redis.call('HGET', KEYS[1], 'record')
  -- A client that lost its connection sends again what was carried out already. No two writers ever write the same.
  if record == ARGV[3] then return {'ok'} end
  return {'conflict', record}
end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'record', ARGV[3])
-- A hint only: where the user may not publish, polling finds the change. A client's key prefix is put before keys, not channels.
redis.pcall('PUBLISH', ARGV[4], ARGV[2])
return {'ok'}
`;

/**
 * KEYS: last seq of the writer, sums, log. ARGV: seq, delta, ms until a silent writer is refused, the most that may wait to be summed up.
 * Answers what became of it, and the position that it was added at (or how many wait, when they are too many). An entry begins with the digest of all entries up to it, by
 * which a reader knows that what it read before is still the beginning of what is stored.
 */
export const addDelta = `
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local seq = tonumber(ARGV[1])
if seq <= last then return {'duplicate'} end
if seq ~= last + 1 then return {'refused'} end
-- What is left of the life of the key tells how long the writer was silent.
local life, left = ARGV[3] * 30, redis.call('PTTL', KEYS[1])
if left >= 0 and life - left > tonumber(ARGV[3]) then return {'refused'} end
local sums = redis.call('HMGET', KEYS[2], 'start', 'position', 'id')
local start, base = tonumber(sums[1] or '0'), tonumber(sums[2] or '0')
local length = redis.call('LLEN', KEYS[3])
if start + length < base then
  -- The log was deleted or evicted: what it held beyond the sums is gone, and counting goes on behind them.
  start = base
  redis.call('HSET', KEYS[2], 'start', tostring(start))
end
if start + length - base >= tonumber(ARGV[4]) then return {'full', tostring(start + length - base)} end
local before = redis.call('LINDEX', KEYS[3], -1) or sums[3] or ''
local id = redis.sha1hex(string.sub(before, 1, 40) .. ' ' .. KEYS[1] .. ' ' .. ARGV[1])
redis.call('RPUSH', KEYS[3], id .. ARGV[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', life)
return {'added', tostring(start + length + 1)}
`;

/**
 * KEYS: last seq of the writer, sums, log. ARGV: position and id of the last entry that the reader has, the most entries to answer, ms
 * until a silent writer is refused (one that reads is not silent).
 * Answers the last seq, the position of the sums and that of the last entry; then 'more', or 'anew' with the position, the id
 * and the sums to begin with; then entries.
 */
export const readDeltas = `
local sums = redis.call('HMGET', KEYS[2], 'start', 'position', 'id')
local start, base = tonumber(sums[1] or '0'), tonumber(sums[2] or '0')
local length = redis.call('LLEN', KEYS[3])
local from = tonumber(ARGV[1])
local life, left = ARGV[4] * 30, redis.call('PTTL', KEYS[1])
local silence = left >= 0 and life - left or 0
if silence > ARGV[4] / 2 and silence <= tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], life) end
local answer = {redis.call('GET', KEYS[1]) or '0', tostring(base), tostring(start + length)}
local known = false
if from > start and from <= start + length then
  known = string.sub(redis.call('LINDEX', KEYS[3], from - start - 1), 1, 40) == ARGV[2]
end
if known then
  answer[4] = 'more'
else
  from = base
  answer[4], answer[5], answer[6] = 'anew', tostring(base), sums[3] or ''
  answer[7] = redis.call('HGET', KEYS[2], 'evidence') or ''
end
for _, entry in ipairs(redis.call('LRANGE', KEYS[3], from - start, from - start + tonumber(ARGV[3]) - 1)) do
  answer[#answer + 1] = entry
end
return answer
`;

/**
 * KEYS: sums, log. ARGV: position and id of the entry up to which the new sums go, the new sums. What the old sums held leaves the
 * log; the entries between old and new stay for those who read them one by one.
 */
export const replaceSums = `
local sums = redis.call('HMGET', KEYS[1], 'start', 'position')
local start, base = tonumber(sums[1] or '0'), tonumber(sums[2] or '0')
local position = tonumber(ARGV[1])
if position <= base then return {'late'} end
local entry = redis.call('LINDEX', KEYS[2], position - start - 1)
if not entry or string.sub(entry, 1, 40) ~= ARGV[2] then return {'late'} end
redis.call('HSET', KEYS[1], 'start', tostring(base), 'position', ARGV[1], 'id', ARGV[2], 'evidence', ARGV[3])
redis.call('LTRIM', KEYS[2], base - start, -1)
return {'replaced'}
`;

/** KEYS: history. ARGV: entry, the most entries. */
export const appendEntry = `
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
return {}
`;

/** KEYS: history. */
export const readEntries = `return redis.call('LRANGE', KEYS[1], 0, -1)`;

/** KEYS: any, so that a cluster asks one server always. Answers seconds and microseconds. */
export const readTime = `return redis.call('TIME')`;
