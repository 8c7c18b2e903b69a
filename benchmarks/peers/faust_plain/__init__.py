"""The tag job in idiomatic Faust, as its documentation would write it.

None of our transport: what that gives is the difference to us.
"""
