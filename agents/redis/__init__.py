"""Everything that speaks to Redis: names of keys, the fenced calls, and the reading client.

This folder alone imports the Redis library. It does not import Faust or Kafka, so that
downstream services can use the client without them. Owners write by `publisher.py` and
`run_writer.py`, each of whose scripts is in `lua.py`; readers begin at `client.py`. When to write
what is not decided here.
"""
