"""The catalogue becomes Python: one small function an event type, a tag and a measure."""
