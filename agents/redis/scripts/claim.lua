-- Raises the epoch and answers meta and journal of that very moment (taking a partition, step 2).
-- KEYS: meta, journal; ARGV: epoch. Stands alone, without the fence: it makes the fence.
local held = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
if held > tonumber(ARGV[1]) then return {held} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
return {held, redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1)}
