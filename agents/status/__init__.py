"""How things stand: what Kafka and Redis tell about topics, lag, clocks, runs and workers.

It only asks, with the rights of a reader; judging and mending are `verifying` and `rebuild`.
"""
