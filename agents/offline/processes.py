"""A replay by several processes, each with its share of the users: the same bytes, sooner.

The children are forked, so they have the catalogue compiled; each reads the files for itself and
sends batches through a pipe, which holds it back while the others are behind. The parent lays
them together and writes. When the parent is gone, a child finds its pipe broken and ends.
"""

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from agents.errors import Problem
from agents.offline.batches import Batch, decode_batch, encode_batch
from agents.offline.lines import Advance
from streams.catalogue.model import Catalogue
from streams.contents import rules_of

Work = Callable[[int, Advance], Iterator[Batch]]
"""The batches of the share of this number; tells how many bytes it has read."""

_SMALL: Final = 8 * 1024 * 1024  # bytes: below, one process is done as soon
_MOST: Final = 8  # each decodes all events: more would hardly be quicker
_PIPE: Final = 1024 * 1024  # bytes: the most that Linux gives to everybody


def processes_for(catalogue: Catalogue, files: Iterable[Path], size: int, asked: int | None) -> int:
    """Return how many processes can share a replay, at most `asked`.

    One where it would be no quicker, for pipes, which can be read only once, and for a
    catalogue that looks across users: their events are not independent.
    """
    across = bool(rules_of(catalogue))
    if sys.platform != "linux" or across or not all(path.is_file() for path in files):
        return 1
    if asked is not None:
        return asked
    return min(len(os.sched_getaffinity(0)), _MOST) if size >= _SMALL else 1


@contextmanager
def forked(work: Work, parts: int) -> Iterator[list[Connection]]:
    """Run each share in a process of its own: the pipes of their batches.

    They are forked at once, so the caller had better have no thread yet; whatever happens,
    none is left at the end.
    """
    context = get_context("fork")
    with ExitStack() as running:
        pipes: list[Connection] = []
        for part in range(parts):
            pipe, end = context.Pipe(duplex=False)
            pipes.append(running.enter_context(pipe))
            with suppress(OSError):  # a user may have only so many pages in pipes
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
            process = context.Process(target=_tell, args=(work, part, end, pipes), daemon=True)
            with end, _uninterrupted():
                process.start()
                running.callback(_stop, process)
        yield pipes


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: amid a fork Python drops it. In the child, which is born here, for ever."""
    was = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, was)


def _stop(process: BaseProcess) -> None:
    process.terminate()
    process.join()
    process.close()


def _tell(work: Work, part: int, end: Connection, pipes: Sequence[Connection]) -> None:
    """Be a child: send all batches of a share. What Ctrl-C does to us, the parent says."""
    for pipe in pipes:  # or we would hold the readers' ends ourselves, and no pipe would break
        pipe.close()
    read = 0

    def advance(number: int) -> None:
        nonlocal read
        read += number

    with suppress(BrokenPipeError):
        for batch in work(part, advance):
            if part == 0:  # all read the same
                batch.read, read = read, 0
            end.send_bytes(encode_batch(batch))


def receive(pipe: Connection) -> Batch:
    """Return the next batch; Problem if there is none because the child has died."""
    try:
        return decode_batch(pipe.recv_bytes())
    except EOFError:
        raise Problem(
            "a process of the replay has died, maybe for want of memory: try --processes 1"
        ) from None
