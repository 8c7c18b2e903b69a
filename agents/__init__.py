"""What runs: the Faust app, transport, sinks, readers, settings, commands and pages.

Here is everything that waits, asks the time, or speaks to Kafka, Redis or a person; `worker.py`
puts a worker together. What a tag is and when it changes is decided in `streams`, never here.
"""
