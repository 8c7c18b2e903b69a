-- A new run 1: forgets keys of users that an older run left behind. KEYS: meta;
-- ARGV: epoch, run, step, then keys.
local reason = refused() or out_of_turn(ARGV[3])
if reason then return reason end
for i = 4, #ARGV do redis.call('UNLINK', ARGV[i]) end
return 'ok'
