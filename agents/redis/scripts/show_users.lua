-- What readers see of some users. KEYS: meta; ARGV: epoch, run, prefix of the partition's keys,
-- then users. Answers the fields and values of each user's hash.
local reason = refused()
if reason then return reason end
local found = {}
for i = 4, #ARGV do found[#found + 1] = redis.call('HGETALL', ARGV[3] .. ':user:' .. ARGV[i]) end
return found
