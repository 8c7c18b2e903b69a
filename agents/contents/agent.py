"""A block of postings: find who said the same, tell the users' partitions, done.

What is sent is a function of the log alone, so whoever applies a record again sends the same under
the same number, and the receiver knows it: nothing else is needed for once (decision 13).
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from agents.contents.sending import Message, Sender
from agents.contents.session import ContentsSession
from agents.decoding import CONTENTS, ORIGIN_HEADER
from agents.transport.block import Block
from agents.turn import take_turn
from schemas.postings import decode_posting, encode_copied
from streams.contents import Found

log = logging.getLogger(__name__)


class ContentsAgent:
    """Processes blocks. `on_lost` is told of each partition whose session ended."""

    def __init__(
        self, sender: Sender, on_lost: Callable[[ContentsSession, Exception], None]
    ) -> None:
        self._sender, self._on_lost = sender, on_lost

    async def process(self, block: Block[ContentsSession]) -> None:
        """Applies a block of a live session; a block of an old one is ignored."""
        await take_turn(block, self._process, self._on_lost)

    async def _process(self, block: Block[ContentsSession]) -> None:
        session = block.owner
        found = find(session, block.records)
        await self._sender.send(session, messages(session.partition, found))
        session.positions, session.calls = block.positions, session.calls + 1


def find(session: ContentsSession, records: Iterable[Any]) -> list[Found]:
    """Applies records in order. What is no posting was not written by us, and is passed over."""
    found = list[Found]()
    for record in records:
        try:
            what, origin = decode_posting(record.value or b""), _origin(record.headers)
        except (msgspec.MsgspecError, ValueError) as fault:
            log.warning(
                "contents %d: offset %d is no posting: %s", session.partition, record.offset, fault
            )
            continue
        found += session.state.apply(record.offset, what, origin)
    return found


def messages(partition: int, found: Iterable[Found]) -> dict[int, list[Message]]:
    """What goes to each partition of users, in the order of the numbers."""
    result = defaultdict[int, list[Message]](list)
    for one in found:
        origin = f"{CONTENTS}:{partition}:{one.number}".encode()
        user = one.copied.user_id.encode()
        message = Message(user, encode_copied(one.copied), [(ORIGIN_HEADER, origin)])
        result[one.home].append(message)
    return result


def _origin(headers: Iterable[tuple[str, bytes]]) -> tuple[str, int]:
    """Where a posting came from; ValueError if it does not say."""
    said = next((value.decode() for name, value in headers if name == ORIGIN_HEADER), "")
    place, _, offset = said.rpartition(":")
    return place, int(offset)
