"""The expressions of a catalogue: text in, typed and checked `model.Expression` out."""
