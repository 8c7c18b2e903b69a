"""The worker as it is, but quicker to be missed by its group, and with failpoints to arm.

Its host's clock may be wrong, by so many seconds as a variable says.
"""

import os
import time

from agents import app, owning
from agents.commands import main
from tests.chaos.failpoints import VARIABLE, arm

SESSION_S = 4.0  # 15 in earnest: a frozen worker is a zombie sooner
HEARTBEAT_S = 1.0
WATCH_S = 8.0  # 60 in earnest
SKEW = "TAGSTREAM_TEST_CLOCK_SKEW_S"

if __name__ == "__main__":
    app._SESSION_S, app._HEARTBEAT_S = SESSION_S, HEARTBEAT_S
    owning._WATCH_S = WATCH_S
    right, skew = time.time, float(os.environ.get(SKEW, "0"))
    if skew:
        time.time = lambda: right() + skew
    arm(os.environ.get(VARIABLE, ""))
    main()
