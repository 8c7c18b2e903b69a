"""What `tagstream bench` runs: the tag job on our worker and on its peers, against real servers.

Read `plan.py` (what can be asked for), `bench.py` (who is run, in which order), `ours.py` and
`peers/` (how one run is measured), `report.py` (what is shown). docs/performance.md says what
each figure means. Needs a checkout, Linux (/proc) and what the tests' servers need. A run whose
results are wrong counts for nothing; what is no measurement is a test and not here.
"""
