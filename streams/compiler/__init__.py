"""The catalogue becomes Python: one small function an event type, a tag and a measure.

`program.py` puts them together; `tagstream catalogue show --compiled` prints the result. Here
is what all measures and tags share; one aggregate's or detector's own lines are in its file.
"""
