"""The tag job in Quix Streams. It runs in an environment of its own: it pins other libraries.

So nothing here imports anything of ours but the probe, by its path.
"""
