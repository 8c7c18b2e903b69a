"""Taking a partition and writing a run anew: PROTOCOL.md's steps, in its order, under its names.

`take.py` is the story; the others are what it asks. Nothing here runs once a partition is ours:
blocks are `tagger.py`'s, checkpoints `checkpoint.py`'s.
"""
