-- A new run 2: writes the hashes of some users anew. KEYS: meta; ARGV: epoch, run, step, prefix of
-- the partition's keys, then for each user: id, number of tags, and tag, hash value, why for each.
local reason = refused() or out_of_turn(ARGV[3])
if reason then return reason end
local user_key, why_key = ARGV[4] .. ':user:', ARGV[4] .. ':why:'
local i = 5
while ARGV[i] do
  local user, tags = ARGV[i], tonumber(ARGV[i + 1])
  redis.call('UNLINK', user_key .. user, why_key .. user)
  i = i + 2
  for _ = 1, tags do
    redis.call('HSET', user_key .. user, ARGV[i], ARGV[i + 1])
    redis.call('HSET', why_key .. user, ARGV[i], ARGV[i + 2])
    i = i + 3
  end
end
return 'ok'
