-- The tags of a user, by redis-cli alone:
--   redis-cli --eval lookup.lua tagstream:meta , u-1017
-- KEYS: <prefix>:meta; ARGV: user id. Computes the partition as Kafka's default partitioner does.
local function times(a, b) -- modulo 2^32, in numbers that are exact up to 2^53
  local low, high = a % 65536, math.floor(a / 65536)
  return ((high * b % 65536) * 65536 + low * b) % 4294967296
end

local function xor(a, b)
  return bit.bxor(a, b) % 4294967296
end

local function murmur2(text)
  local m, size = 0x5bd1e995, #text
  local h = xor(0x9747b28c, size)
  for at = 1, size - size % 4, 4 do
    local a, b, c, d = text:byte(at, at + 3)
    local k = times(a + b * 256 + c * 65536 + d * 16777216, m)
    k = times(xor(k, math.floor(k / 16777216)), m)
    h = xor(times(h, m), k)
  end
  local a, b, c = text:byte(size - size % 4 + 1, size)
  if a then
    h = times(xor(h, a + (b or 0) * 256 + (c or 0) * 65536), m)
  end
  h = times(xor(h, math.floor(h / 8192)), m)
  return xor(h, math.floor(h / 32768))
end

local partitions = redis.call('HGET', KEYS[1], 'partitions')
if not partitions then return redis.error_reply('no worker has published under ' .. KEYS[1]) end
local partition = murmur2(ARGV[1]) % 2147483648 % tonumber(partitions)
local prefix = string.sub(KEYS[1], 1, -6) -- without ':meta'
return redis.call('HGETALL', string.format('%s:{%d}:user:%s', prefix, partition, ARGV[1]))
