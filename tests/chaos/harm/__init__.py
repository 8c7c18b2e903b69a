"""The faults, by what they hit; each heals what it did.

How they are dealt, watched and judged is the rest of `tests/chaos`.
"""
