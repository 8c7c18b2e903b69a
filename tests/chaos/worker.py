"""The worker as it is, but quicker to be missed by its group, and with failpoints to arm.

Its host's clock may be wrong, by so many seconds as a variable says, and a step of the protocol may
be left out, by its name in `left_out.py`: to see that the harness misses it.
"""

import os
import time

import pytest

from agents import app, sessions
from agents.commands import main
from tests.chaos.failpoints import VARIABLE, arm

SESSION_S = 4.0  # 15 in earnest: a frozen worker is a zombie sooner
HEARTBEAT_S = 1.0
WATCH_S = 8.0  # 60 in earnest
SKEW = "TAGSTREAM_TEST_CLOCK_SKEW_S"
LEFT_OUT = "TAGSTREAM_TEST_LEFT_OUT"

if __name__ == "__main__":
    app._SESSION_S, app._HEARTBEAT_S = SESSION_S, HEARTBEAT_S
    sessions._WATCH_S = WATCH_S
    right, skew = time.time, float(os.environ.get(SKEW, "0"))
    if skew:
        time.time = lambda: right() + skew
    if step := os.environ.get(LEFT_OUT):
        from tests.agents.protocol.left_out import STEPS

        STEPS[step].leave_out(pytest.MonkeyPatch())
    arm(os.environ.get(VARIABLE, ""))
    main()
