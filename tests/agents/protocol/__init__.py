"""The protocol of workers played in one process, each of its steps left out once.

`left_out.py` lists the steps; docs/reliability.md is the same list for people.
"""
