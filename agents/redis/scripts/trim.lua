-- Forgets journal entries that a checkpoint covers. KEYS: meta, journal; ARGV[3]: last call covered.
local reason = refused()
if reason then return reason end
local first = redis.call('LINDEX', KEYS[2], 0)
if first then
  local number = tonumber(string.match(first, '^{"n":(%d+)'))
  local covered = tonumber(ARGV[3]) - number + 1
  if covered > 0 then redis.call('LTRIM', KEYS[2], covered, -1) end
end
return 'ok'
