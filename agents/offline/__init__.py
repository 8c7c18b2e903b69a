"""The engine without any server: files of events in, files of tags and changes out.

`replay.py` is one process, `processes.py` several; `lines.py` and `events.py` read files for
`validate` and `send` too. What is computed is `streams/engine.py`, as in a worker.
"""
