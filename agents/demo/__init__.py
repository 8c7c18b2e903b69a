"""What `tagstream demo` brings along: an embedded broker and Redis, and the show itself.

`show.py` tells it from first to last. The worker in it is the real one, as a process; what only
the demo needs stays here, and its servers prove nothing about delivery.
"""
