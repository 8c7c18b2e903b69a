"""Taking a partition, and writing its run anew where Redis has lost data.

`take.py` is the story; the others are what it asks. Nothing here runs once a partition is ours:
blocks are `tagger.py`'s, checkpoints `checkpoint.py`'s.
"""
