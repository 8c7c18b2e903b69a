-- Is this partition still as its owner left it? KEYS: meta; ARGV: epoch, run, calls.
local reason = refused()
if reason then return reason end
if redis.call('HGET', meta, 'calls') ~= ARGV[3] then return 'other call' end
return 'ok'
