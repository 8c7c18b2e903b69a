"""Every limit of the HTTP server, in one list."""

from typing import Final

BODY_BYTES: Final = 1_048_576
"""The longest body of a request: 1,000 users of 128 characters fit in, however written."""

USERS: Final = 1_000
"""So many users in one lookup."""

PAGE: Final = 1_000
"""So many users or communities on one page."""

CHANGES: Final = 200
"""So many of a user's changes."""

RECENT: Final = 1_000
"""So many of the latest entries of each partition a stream may begin with."""

STREAMS: Final = 256
"""So many streams at a time, each with a connection to Redis; more are asked to come later."""

CONNECTIONS: Final = 2_000
"""So many connections at a time."""

ANSWER_S: Final = 5.0
"""A request that is not answered by then is given up."""

HEAD_S: Final = 10.0
"""A connection that has not sent a whole head of a request by then is closed."""

KEEP_ALIVE_S: Final = 75
"""An idle connection is closed after so long."""

HEARTBEAT_S: Final = 15.0
"""A stream in which nothing happens says so, that proxies keep it open."""

STOP_S: Final = 5
"""What has not ended by then is broken off when the server stops."""
