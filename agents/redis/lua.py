"""Every script with which an owner writes or asks, in one list: each one is atomic in Redis.

All but `CLAIM` begin with `fence.lua`, which refuses whoever is not the owner any more.
"""

from agents.redis.link import Script

CLAIM = Script("claim", fenced=False)  # raises the epoch
PUBLISH = Script("publish")  # a call: changes, alerts, counts, positions, journal entry
TRIM = Script("trim")  # the journal, up to what a checkpoint covers
CHECK = Script("check")  # whether all is as the last call left it
SHOW_USERS = Script("show_users")  # what readers see of some users
BEGIN_RUN = Script("begin_run")  # a new run: its numbers, an empty journal
CLEAR_USERS = Script("clear_users")  # the hashes of the run before
PUT_USERS = Script("put_users")  # some users anew
PUT_COMMUNITIES = Script("put_communities")  # some communities anew
END_RUN = Script("end_run")  # positions, clock, server: readers may rely on it
