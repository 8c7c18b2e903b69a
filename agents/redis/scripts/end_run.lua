-- A new run 3: ends the building. KEYS: meta, notify channel; ARGV: epoch, run, step, clock,
-- server, calls after, then field and value of each position.
local reason = refused()
if reason then return reason end
local held = redis.call('HMGET', meta, 'building', 'calls')
if not held[1] and held[2] == ARGV[6] then return 'ok' end -- a repeat
if held[1] ~= ARGV[3] then return 'other step' end
local fields = {'clock', ARGV[4], 'server', ARGV[5], 'calls', ARGV[6]}
for i = 7, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', meta, unpack(fields))
redis.call('HDEL', meta, 'building')
redis.call('PUBLISH', KEYS[2], 'run ' .. ARGV[2])
return 'ok'
