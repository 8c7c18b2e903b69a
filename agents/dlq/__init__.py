"""Dead letters: rejected events, found, shown and sent again.

Here they are read. They are written by `agents/outgoing.py`, and why one is rejected is said by
`schemas/rejects.py`.
"""
