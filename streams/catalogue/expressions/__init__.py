"""The expressions of a catalogue: text in, typed and checked `model.Expression` out.

`syntax` knows the grammar, `read` the text, `check` the types, `scope` the names. What one comes
to for a user is not computed here but by `streams/compiler/expressions.py`.
"""
