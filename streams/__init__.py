"""What is computed: windows, measures, tags, detectors and deadlines. Pure, time is an argument.

Read `engine.py` first. Whatever needs a server, a file, a clock or chance belongs to `agents`.
"""
