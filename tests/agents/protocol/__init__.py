"""The protocol simulated: real recovery, agent, checkpoints and scripts, in virtual time.

`world.py` plays a history by its seed, `worker.py` is one simulated process, the boxes are its
servers, `verdict.py` judges; `left_out.py` says what it must miss. Faults of real processes and
servers are `tests/chaos`.
"""
