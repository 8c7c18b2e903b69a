"""What must hold after every run, whatever went wrong: I1 to I11, each a pure function.

Each takes what was observed and returns its violations, one line each; beside it stands a test
that plants a violation for it to find.

- I1, I2: every event is applied, and once: `events_once`, `counted_once`
- I3: changes are dense and give the hashes: `change_stream`
- I5: recovered = live = offline: `same_as_offline`
- I6: commits follow the changelog, which follows Redis: `order_of_writes`
- I7: no zombie writes: `ownership`
- I8: it goes on after every fault: `progress`
- I9: the metrics account for every record: `accounts`
- I4, I10: subscribers are told in order, and of every gap: `subscribers`
- I11: memory and streams stay bounded: `bounds`

How the evidence is gathered is no matter of this folder.
"""

from collections.abc import Iterator

Violations = Iterator[str]
