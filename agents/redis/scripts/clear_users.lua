-- Forgets keys of users that an older run left behind. KEYS: meta; ARGV: epoch, run, then keys.
local reason = refused()
if reason then return reason end
for i = 3, #ARGV do redis.call('UNLINK', ARGV[i]) end
return 'ok'
