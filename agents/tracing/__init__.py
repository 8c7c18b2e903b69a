"""Traces: what became of each block, told to a collector by OpenTelemetry; off by default.

`traces.py` is what the agent sees and decides whether there are any; `traceparent.py` reads what
producers put into headers; `spans.py`, imported only when asked for, alone knows OpenTelemetry.
Figures are no traces: `agents/metrics.py`.
"""
