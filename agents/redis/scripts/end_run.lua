-- Ends the building of a run. KEYS: meta, notify channel; ARGV: epoch, run, clock, server,
-- calls after, then field and value of each position.
local reason = refused()
if reason then return reason end
local fields = {'clock', ARGV[3], 'server', ARGV[4], 'calls', ARGV[5]}
for i = 6, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', meta, unpack(fields))
redis.call('HDEL', meta, 'building')
redis.call('PUBLISH', KEYS[2], 'run ' .. ARGV[2])
return 'ok'
