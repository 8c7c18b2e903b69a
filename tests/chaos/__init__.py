"""The fault harness: real workers, a real Kafka and a real Redis, and everything that can go wrong.

A *seed* is a *plan* (`plan.py`): how traffic looks and which faults follow one another.
`play.py` plays it on a *stage* (`stage.py`), `partition.py` has what was left behind,
`invariants/` what must hold of it, and `judging.py` the verdict.
`python -m tests.chaos --help` is the way in.
"""
