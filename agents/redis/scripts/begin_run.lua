-- A new run 1: hashes will be written anew. KEYS: meta, journal, notify channel;
-- ARGV: epoch, (unused), run, seq, alert_seq, run_seq. Fenced by epoch alone: the run changes here.
if redis.call('HGET', meta, 'epoch') ~= ARGV[1] then return 'fenced' end
if redis.call('HGET', meta, 'run') == ARGV[3] then return 'ok' end -- a repeat
redis.call('HSET', meta, 'run', ARGV[3], 'building', '1', 'seq', ARGV[4], 'alert_seq', ARGV[5], 'run_seq', ARGV[6])
redis.call('HDEL', meta, 'call_id')
redis.call('UNLINK', KEYS[2])
redis.call('PUBLISH', KEYS[3], 'run ' .. ARGV[3])
return 'ok'
