"""Tests, each at the path of what it tests, and what several of them need.

`servers/` starts real ones, `end_to_end/` needs them all, `chaos/` breaks them; `house.py`
measures the code itself. What only one test needs stands in that test.
"""
