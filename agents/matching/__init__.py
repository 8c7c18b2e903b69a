"""Which users have these tags: a query language, and an index that answers it from memory.

`query.py` reads a query, `shard.py` keeps the users of a partition as bitmaps, `index.py` is all
partitions together, kept by following, `matcher.py` what may be asked of it. It knows Redis only by
the client that downstream services have too; who asks (a command, HTTP) is elsewhere.
"""
