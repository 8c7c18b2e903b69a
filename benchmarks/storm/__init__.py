"""The storm: very many users whose tag goes at one and the same instant, by the wall clock.

They are loaded before it. Then time alone does it, while a producer sends events of other users
at an even pace: how fast the due are worked off, what the events feel of it, whether all is right.
"""

from benchmarks.storm.measure import Storm, measure

__all__ = ["Storm", "measure"]
