"""What flows: events in, tag changes and alerts out, and how each becomes bytes and back.

Values and codecs, pure: what is well-formed is decided here, what follows from it is `streams`.
"""
