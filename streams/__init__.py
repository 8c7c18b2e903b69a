"""What is computed: windows, measures, tags, detectors and deadlines. Pure, time is an argument.

The catalogue becomes Python (`catalogue`, then `compiler`), which `engine.py` calls event by event.
The same input gives the same output anywhere, so nothing here reads a clock, a file, a setting or
a random number; what comes out are values (`effects.py`), and `agents` carries them away.
"""
