-- A new run 2: writes counts of communities anew. KEYS: meta; ARGV: epoch, run, step, prefix of the
-- partition's keys, then community, field and number of each. The old ones were cleared before.
local reason = refused() or out_of_turn(ARGV[3])
if reason then return reason end
for i = 5, #ARGV, 3 do
  redis.call('HSET', ARGV[4] .. ':community:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
  redis.call('SADD', ARGV[4] .. ':communities', ARGV[i])
end
return 'ok'
