"""From sent to seen: how long until a subscriber knows what an event changed.

A producer and a subscriber in processes of their own, a worker with default settings. Each
event is the first of a new user and so changes a tag; its id is the moment it was sent.
"""

from benchmarks.latency.measure import Latency, measure

__all__ = ["Latency", "measure"]
