-- One call of a block: changes, alerts, positions and journal entry, all or nothing.
-- KEYS: meta, journal, changes, alerts, notify channel; ARGV after the fence's two:
--   3 calls before this one, 4 this call's id, 5 seq after, 6 alert_seq after, 7 clock,
--   8 journal entry, 9 stream length (0: all), 10 prefix of the partition's keys,
--   11 number of positions, then field and value of each; the changes in two arguments, for many
--   are slow to pack: in msgpack, user, tag ('' for an erased user) and three lengths of each;
--   then in a row, so long, hash value ('' where the tag goes), why and change of each;
--   number of alerts, then alert_seq and alert;
--   number of counts, then community, field and by how much.
local reason = refused()
if reason then return reason end
local held = redis.call('HMGET', meta, 'calls', 'call_id', 'building')
if held[3] then return 'building' end
if held[2] == ARGV[4] then return 'ok' end
if held[1] ~= ARGV[3] then return 'other call' end

local i = 12 + 2 * ARGV[11]
local index, texts, from = cmsgpack.unpack(ARGV[i]), ARGV[i + 1], 1 -- before the first write: it may fail
i = i + 2
local fields = {'calls', ARGV[3] + 1, 'call_id', ARGV[4], 'seq', ARGV[5], 'alert_seq', ARGV[6], 'clock', ARGV[7]}
for f = 12, 11 + 2 * ARGV[11] do fields[#fields + 1] = ARGV[f] end
redis.call('HSET', meta, unpack(fields))
redis.call('RPUSH', KEYS[2], ARGV[8])

local user_key, why_key = ARGV[10] .. ':user:', ARGV[10] .. ':why:'
local changes = #index / 5
local seq = ARGV[5] - changes
local function text(length)
  local start = from
  from = from + length
  return string.sub(texts, start, from - 1)
end
for c = 1, #index, 5 do
  local user, tag = index[c], index[c + 1]
  local shown, why, change = text(index[c + 2]), text(index[c + 3]), text(index[c + 4])
  if tag == '' then
    redis.call('UNLINK', user_key .. user, why_key .. user)
  elseif shown == '' then
    redis.call('HDEL', user_key .. user, tag)
    redis.call('HDEL', why_key .. user, tag)
  else
    redis.call('HSET', user_key .. user, tag, shown)
    redis.call('HSET', why_key .. user, tag, why)
  end
  seq = seq + 1
  redis.call('XADD', KEYS[3], string.format('%.0f-0', seq), 'data', change)
end
local alerts = tonumber(ARGV[i])
i = i + 1
for _ = 1, alerts do
  redis.call('XADD', KEYS[4], ARGV[i] .. '-0', 'data', ARGV[i + 1])
  i = i + 2
end
local counts = tonumber(ARGV[i])
i = i + 1
local community_key, communities = ARGV[10] .. ':community:', ARGV[10] .. ':communities'
for _ = 1, counts do
  local key, field = community_key .. ARGV[i], ARGV[i + 1]
  local now = redis.call('HINCRBY', key, field, ARGV[i + 2])
  if now == 0 then
    redis.call('HDEL', key, field)
    if redis.call('EXISTS', key) == 0 then redis.call('SREM', communities, ARGV[i]) end
  elseif now == tonumber(ARGV[i + 2]) then
    redis.call('SADD', communities, ARGV[i])
  end
  i = i + 3
end
if changes > 0 then
  if ARGV[9] ~= '0' then redis.call('XTRIM', KEYS[3], 'MAXLEN', '~', ARGV[9]) end
  redis.call('PUBLISH', KEYS[5], 'changes ' .. ARGV[5])
end
if alerts > 0 then
  if ARGV[9] ~= '0' then redis.call('XTRIM', KEYS[4], 'MAXLEN', '~', ARGV[9]) end
  redis.call('PUBLISH', KEYS[5], 'alerts ' .. ARGV[6])
end
return 'ok'
