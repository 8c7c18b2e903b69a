"""What workers would have published, written into a Redis directly: for tests of readers."""

from collections.abc import Sequence

from msgspec.json import encode
from redis import Redis

from agents.redis.keys import Keys
from schemas.alerts import Alert, Title, encode_alert
from schemas.changes import ExpiryCause, TagChange, TagValue, Why, encode_change
from schemas.murmur2 import partition_of

PARTITIONS = 4


class Published:
    """A Redis under one prefix, as the contract describes it (section 5)."""

    def __init__(self, url: str, prefix: str) -> None:
        self.redis, self.keys = Redis.from_url(url), Keys(prefix)
        self.seqs, self.alert_seqs = [0] * PARTITIONS, [0] * PARTITIONS
        self.redis.hset(
            self.keys.meta,
            mapping={"partitions": PARTITIONS, "catalogue": "community-lending@1", "format": 1},
        )

    def change(self, user_id: str, tag: str, new: TagValue, why: Why) -> TagChange:
        """Let a tag of a user change."""
        partition = partition_of(user_id, PARTITIONS)
        self.seqs[partition] += 1
        change = TagChange(
            self.seqs[partition],
            user_id,
            tag,
            None,
            new,
            1_700_000_000_000,
            ExpiryCause(),
            why,
            "c@1",
        )
        value = {"value": new, "since": change.time, "seq": change.seq}
        self.redis.hset(self.keys.user(partition, user_id), tag, encode(value))
        self.redis.hset(self.keys.why(partition, user_id), tag, encode(why))
        self._append(self.keys.changes(partition), change.seq, encode_change(change))
        return change

    def alert(self, user_id: str) -> Alert:
        """Let a detector fire."""
        partition = partition_of(user_id, PARTITIONS)
        self.alert_seqs[partition] += 1
        alert = Alert(
            seq=self.alert_seqs[partition],
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
        self._append(self.keys.alerts(partition), alert.seq, encode_alert(alert))
        return alert

    def progress(self, partition: int, **fields: str | float) -> None:
        """Write into the partition's meta."""
        self.redis.hset(self.keys.partition_meta(partition), mapping=dict(fields.items()))

    def trim(self, partition: int, keep: int) -> None:
        """Let the stream forget its oldest changes."""
        self.redis.xtrim(self.keys.changes(partition), maxlen=keep, approximate=False)

    def close(self) -> None:
        """Close the connection."""
        self.redis.close()

    def _append(self, stream: str, seq: int, data: bytes) -> None:
        self.redis.xadd(stream, {"data": data}, id=f"{seq}-0")


def users_of(partition: int, count: int) -> Sequence[str]:
    """So many users of one partition."""
    found = (f"u{n}" for n in range(1_000_000))
    mine = (user for user in found if partition_of(user, PARTITIONS) == partition)
    return [next(mine) for _ in range(count)]
