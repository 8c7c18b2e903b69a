"""The expressions of a catalogue: text in, typed and checked `model.Expression` out.

`read` goes through `syntax`, `scope` (which names there are) and `check` (which types fit). What an
expression becomes in Python is the compiler's.
"""
