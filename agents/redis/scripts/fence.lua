-- Prepended to every script. KEYS[1] is the partition's meta hash, ARGV[1] the caller's epoch,
-- ARGV[2] its run. Compared for equality: a missing field refuses.
local meta = KEYS[1]
local function refused()
  local held = redis.call('HMGET', meta, 'epoch', 'run')
  if held[1] ~= ARGV[1] then return 'fenced' end
  if held[2] ~= ARGV[2] then return 'other run' end
  return false
end
-- A new run is written in steps, and `building` is the number of the next one: a request that was
-- repeated and arrives once more later, behind the steps after it, changes nothing.
local function out_of_turn(step)
  local held = redis.call('HGET', meta, 'building')
  if held == step then
    redis.call('HINCRBY', meta, 'building', 1)
    return false
  end
  return held and tonumber(held) > tonumber(step) and 'ok' or 'other step'
end
