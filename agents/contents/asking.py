"""From a partition of users to those of contents: what a block asks, acknowledged."""

from collections import defaultdict
from collections.abc import Iterable

from agents.contents.sending import Message, Sender
from agents.decoding import ORIGIN_HEADER
from agents.session import Session
from schemas.murmur2 import partition_of
from schemas.postings import Posting, encode_posting
from schemas.topics import TOPICS
from streams.effects import Asked


class Asking:
    """Sends what blocks ask."""

    def __init__(self, sender: Sender, partitions: int) -> None:
        self._sender, self._partitions = sender, partitions

    async def __call__(self, session: Session, asked: Iterable[Asked]) -> None:
        """Returns when Kafka has it all; raises Lost if the partition is given up meanwhile."""
        by_partition = defaultdict[int, list[Message]](list)
        for one in asked:
            origin = f"{TOPICS[one.topic]}:{session.partition}:{one.offset}".encode()
            if isinstance(one.what, Posting):
                key = one.what.key
                partitions: Iterable[int] = [partition_of(key.decode(), self._partitions)]
            else:
                key = one.what.user_id.encode()
                partitions = range(self._partitions)  # who is forgotten may have said anything
            message = Message(key, encode_posting(one.what), [(ORIGIN_HEADER, origin)])
            for partition in partitions:
                by_partition[partition].append(message)
        await self._sender.send(session, by_partition)
