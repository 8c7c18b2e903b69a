"""Events from files or the simulation to their topics in Kafka, in batches.

`routing` tells where a line belongs, `batches` sends, `files` does both for whole files. What a
worker sends on by itself is `agents/outgoing.py`.
"""
