"""Dead letters: rejected events, found (`read`), shown (`letter`) and sent again (`again`).

What can be rejected, and why, is in `schemas/rejects.py`; who sends it here, `agents/outgoing.py`.
"""
