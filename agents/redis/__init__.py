"""Everything that speaks to Redis: names of keys, the fenced calls, and the reading client.

This folder alone imports the Redis library. It does not import Faust or Kafka, so that
downstream services can use the client without them.
"""
