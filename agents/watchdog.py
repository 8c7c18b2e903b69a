"""Watches the main loop from a thread of its own: if it stands still, all stacks go to the log.

Who finds the worker unready next must be able to say where it hung, also after a restart by
whoever minds `/healthz`. If not even this thread can run, because something holds the
interpreter, faulthandler writes the stacks to standard error, which needs no Python.
"""

import faulthandler
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable

from agents.health import Health
from agents.logs import NEWS

_LOOK_S = 1.0
_FROZEN_S = 5.0  # between two looks: the whole process stood still, not the main loop

log = logging.getLogger(__name__)


class Watchdog:
    """Looks at a health each second, from `start` to `stop`."""

    def __init__(self, health: Health, clock: Callable[[], float] = time.monotonic) -> None:
        self._health, self._clock = health, clock
        self._looked_at = clock()
        self._told = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Watches from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Watches no more."""
        self._stopped.set()
        self._thread.join()
        faulthandler.cancel_dump_traceback_later()

    def look(self) -> None:
        """Says once that the main loop is stuck and where, and once that it goes on."""
        now = self._clock()
        frozen_s, self._looked_at = now - self._looked_at, now
        if frozen_s > _FROZEN_S:
            log.warning(
                "the process stood still for %.0f s: was it stopped, or swapped out?", frozen_s
            )
            return
        why = self._health.why_dead()
        if why is not None and not self._told:
            log.error("%s; the stacks of all threads:\n%s", why, stacks(), extra=NEWS)
        elif why is None and self._told:
            log.warning("the main loop goes on", extra=NEWS)
        self._told = why is not None

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_S):
            faulthandler.dump_traceback_later(
                self._health.stuck_s, file=sys.__stderr__ or sys.stderr
            )
            self.look()


def stacks() -> str:
    """Where each thread is, the innermost call last."""
    frames, names = sys._current_frames(), {t.ident: t.name for t in threading.enumerate()}  # noqa: SLF001 - the documented way
    parts = []
    for ident, frame in frames.items():
        parts.append(f"Thread {names.get(ident, ident)}:\n")
        parts += traceback.format_stack(frame)
    return "".join(parts).rstrip()
