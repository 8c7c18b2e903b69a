"""What workers would have published, written into a Redis directly: for tests of readers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast
from uuid import uuid4

from msgspec.json import decode, encode
from redis import Redis

from agents.redis.keys import Keys
from schemas.alerts import Alert, Title, encode_alert
from schemas.changes import (
    Cause,
    EraseCause,
    ExpiryCause,
    TagChange,
    TagValue,
    Why,
    encode_change,
)
from schemas.murmur2 import partition_of

PARTITIONS = 4
NEW_RUN_JUMP = 1_000_000
Shown = dict[str, TagValue]


class Published:
    """A Redis under one prefix, as docs/consumers.md describes it, each step atomic.

    `users` is what its hashes have to say: the values of the tags of each user.
    """

    def __init__(self, url: str, prefix: str, partitions: int = PARTITIONS) -> None:
        self.redis, self.keys = Redis.from_url(url), Keys(prefix)
        self.partitions = partitions
        self.seqs, self.alert_seqs = [0] * partitions, [0] * partitions
        self.runs = [uuid4().hex for _ in range(partitions)]
        self.users: dict[str, Shown] = {}
        self.set_up()

    def set_up(self) -> None:
        """Say how many partitions there are, and begin their runs."""
        self.redis.hset(self.keys.meta, "partitions", self.partitions)
        self.redis.hset(self.keys.meta, "catalogue", "community-lending@1")
        self.redis.hset(self.keys.meta, "format", 1)
        for partition in range(self.partitions):
            self.progress(partition, run=self.runs[partition], run_seq=1, seq=0, alert_seq=0)

    @classmethod
    def joining(cls, before: Self, url: str) -> Self:
        """Go on at another server, which has what was published."""
        after = cls.__new__(cls)
        after.__dict__ |= before.__dict__ | {"redis": Redis.from_url(url)}
        return after

    def change(
        self, user_id: str, tag: str, new: TagValue | None, why: Why | None = None
    ) -> TagChange:
        """Let a tag of a user change."""
        because = why or Why("likes >= 1", {"likes": 1})
        tags = self.users.setdefault(user_id, {})
        old = tags.pop(tag, None)
        if new is not None:
            tags[tag] = new
        change = self._change(user_id, tag, old, new, ExpiryCause(), because)
        self._tell(change, tag, because)
        return change

    def replayed(self, change: TagChange) -> None:
        """Publish a change that was computed elsewhere, with the next number."""
        change.seq = self.seqs[partition_of(change.user_id, self.partitions)] + 1
        self._tell(change, str(change.tag), change.why)

    def _tell(self, change: TagChange, tag: str, because: Why | None) -> None:
        partition = partition_of(change.user_id, self.partitions)
        user = self.keys.user(partition, change.user_id)
        reasons = self.keys.why(partition, change.user_id)
        with self._publishing(partition, change) as call:
            if change.new is None:
                call.hdel(user, tag)
                call.hdel(reasons, tag)
            else:
                shown = {"value": change.new, "since": change.time, "seq": change.seq}
                call.hset(user, tag, encode(shown))
                call.hset(reasons, tag, encode(because))

    def erase(self, user_id: str) -> TagChange:
        """Forget a user."""
        self.users.pop(user_id, None)
        change = self._change(user_id, None, None, None, EraseCause(), None)
        partition = partition_of(user_id, self.partitions)
        with self._publishing(partition, change) as call:
            call.unlink(self.keys.user(partition, user_id), self.keys.why(partition, user_id))
        return change

    def alert(self, user_id: str) -> Alert:
        """Let a detector fire."""
        alert = Alert(
            seq=0,
            user_id=user_id,
            detector="small_frequent_borrowing",
            severity="warning",
            title=Title(zh="小额高频借贷", en="Small, frequent borrowing"),
            time=1_700_000_000_000,
            cause=ExpiryCause(),
            evidence={"events": []},
            suppressed=2,
            stale=False,
        )
        self.alerted(alert)
        return alert

    def alerted(self, alert: Alert) -> None:
        """Publish an alert, with the next number."""
        partition = partition_of(alert.user_id, self.partitions)
        self.alert_seqs[partition] += 1
        alert.seq = self.alert_seqs[partition]
        with self.redis.pipeline() as call:
            call.hset(self.keys.partition_meta(partition), "alert_seq", alert.seq)
            call.xadd(
                self.keys.alerts(partition), {"data": encode_alert(alert)}, id=f"{alert.seq}-0"
            )
            call.execute()

    def progress(self, partition: int, **fields: str | float) -> None:
        """Write into the partition's meta."""
        self.redis.hset(self.keys.partition_meta(partition), mapping=dict(fields.items()))

    def trim(self, partition: int, keep: int) -> None:
        """Let the stream forget its oldest changes."""
        self.redis.xtrim(self.keys.changes(partition), maxlen=keep, approximate=False)

    def begin_run(self, partition: int) -> None:
        """Begin to write a partition's history anew."""
        self.runs[partition] = uuid4().hex
        self.seqs[partition] += NEW_RUN_JUMP
        self.alert_seqs[partition] += NEW_RUN_JUMP
        self.redis.hset(self.keys.meta, "partitions", self.partitions)
        self.progress(
            partition,
            run=self.runs[partition],
            building=1,
            seq=self.seqs[partition],
            alert_seq=self.alert_seqs[partition],
            run_seq=self.seqs[partition],
        )
        for key in self.redis.scan_iter(self.keys.users(partition)):
            self.redis.unlink(key)

    def end_run(self, partition: int) -> None:
        """Write the hashes of all users, and be done with the new run."""
        for user_id, tags in self.users.items():
            if tags and partition_of(user_id, self.partitions) == partition:
                shown = {
                    tag: encode({"value": value, "since": 5, "seq": self.seqs[partition]})
                    for tag, value in tags.items()
                }
                self.redis.hset(self.keys.user(partition, user_id), mapping=dict(shown.items()))
        self.redis.hdel(self.keys.partition_meta(partition), "building")

    def read_back(self) -> Mapping[str, Mapping[str, Any]]:
        """Return all hashes, tag by tag as decoded JSON."""
        found = {}
        for key in self.redis.scan_iter(self.keys.users(None), count=1000):
            fields = cast("dict[bytes, bytes]", self.redis.hgetall(key))
            found[self.keys.user_of(key)[1]] = {
                name.decode(): decode(value) for name, value in fields.items()
            }
        return found

    def close(self) -> None:
        """Close the connection."""
        self.redis.close()

    def _change(
        self,
        user_id: str,
        tag: str | None,
        old: TagValue | None,
        new: TagValue | None,
        cause: Cause,
        why: Why | None,
    ) -> TagChange:
        partition = partition_of(user_id, self.partitions)
        seq = self.seqs[partition] + 1
        return TagChange(seq, user_id, tag, old, new, 1_700_000_000_000, cause, why, "c@1")

    @contextmanager
    def _publishing(self, partition: int, change: TagChange) -> Iterator[Any]:
        """One call: what is added to it, the change, and the meta take effect together."""
        with self.redis.pipeline() as call:
            yield call
            stream, data = self.keys.changes(partition), encode_change(change)
            call.xadd(stream, {"data": data}, id=f"{change.seq}-0")
            call.hset(self.keys.partition_meta(partition), "seq", change.seq)
            call.execute()
        self.seqs[partition] = change.seq


def users_of(partition: int, count: int) -> Sequence[str]:
    """So many users of one partition."""
    found = (f"u{n}" for n in range(1_000_000))
    mine = (user for user in found if partition_of(user, PARTITIONS) == partition)
    return [next(mine) for _ in range(count)]
