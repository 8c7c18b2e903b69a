"""`tagstream serve`: the HTTP API and the live page.

`operations.py` lists what can be asked, and with `api.py`, which answers, is what to read first.
`endpoint.py` is between the two and HTTP, `guard.py` around all, `event_stream.py` sends streams,
`live.py` keeps what the page shows, `serve.py` is the composition root. It reads Redis as any
other service does; the metrics and probes of a worker are `agents/probes.py`.
"""
