"""The worker as it is, but quicker to be missed by its group, and with failpoints to arm."""

import os

from agents import app, owning
from agents.commands import main
from tests.chaos.failpoints import VARIABLE, arm

SESSION_S = 4.0  # 15 in earnest: a frozen worker is a zombie sooner
HEARTBEAT_S = 1.0
WATCH_S = 8.0  # 60 in earnest

if __name__ == "__main__":
    app._SESSION_S, app._HEARTBEAT_S = SESSION_S, HEARTBEAT_S
    owning._WATCH_S = WATCH_S
    arm(os.environ.get(VARIABLE, ""))
    main()
