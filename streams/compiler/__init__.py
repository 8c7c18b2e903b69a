"""The catalogue becomes Python: one small function an event type, a tag and a measure.

Read `program.py` first. Everything here happens once, when a worker starts; what runs for each
event is what is written here, driven by `streams/engine.py`.
"""
