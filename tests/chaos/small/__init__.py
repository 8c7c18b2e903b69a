"""Tiny histories without servers, for the tests of the invariants.

What judges a history is `invariants`; what plays a real one is `play.py`.
"""
