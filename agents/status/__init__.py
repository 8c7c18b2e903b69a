"""How things stand: what Kafka and Redis tell about topics, lag, clocks, runs and workers.

Only questions, for `tagstream status` and whoever else looks from outside; what a worker tells
of itself is `agents/watching.py`.
"""
