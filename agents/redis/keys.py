"""Names of everything tagstream keeps in Redis: one line a key (docs/consumers.md)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names under one prefix; `{p}` keeps a partition's keys in one cluster slot."""

    prefix: str = "tagstream"

    @property
    def meta(self) -> str:
        """Hash: `partitions`, `catalogue`, `format`."""
        return f"{self.prefix}:meta"

    def partition(self, partition: int) -> str:
        """First part of every key of a partition."""
        return f"{self.prefix}:{{{partition}}}"

    def partition_meta(self, partition: int) -> str:
        """Hash: sequence, clock, run and positions of a partition."""
        return f"{self.partition(partition)}:meta"

    def user(self, partition: int, user_id: str) -> str:
        """Hash: one field a tag."""
        return f"{self.partition(partition)}:user:{user_id}"

    def users(self, partition: int | None) -> str:
        """SCAN pattern of the users of one partition, or of all."""
        return self.user(partition, "*") if partition is not None else f"{self.prefix}:{{*}}:user:*"

    def user_of(self, key: bytes) -> tuple[int, str]:
        """Return partition and id of the user that a `user` key is about.

        >>> Keys().user_of(b"tagstream:{3}:user:a:{1}:user:b")
        (3, 'a:{1}:user:b')
        """
        partition, _, user_id = key[len(self.prefix) + 2 :].decode().partition("}:user:")
        return int(partition), user_id

    def why(self, partition: int, user_id: str) -> str:
        """Hash: one field a tag, its explanation."""
        return f"{self.partition(partition)}:why:{user_id}"

    def changes(self, partition: int) -> str:
        """Stream of tag changes, entry id `<seq>-0`."""
        return f"{self.partition(partition)}:changes"

    def alerts(self, partition: int) -> str:
        """Stream of alerts, entry id `<alert_seq>-0`."""
        return f"{self.partition(partition)}:alerts"

    def community(self, partition: int, community_id: str) -> str:
        """Hash: counts of the partition's members, by field; they add up over partitions."""
        return f"{self.partition(partition)}:community:{community_id}"

    def communities(self, partition: int) -> str:
        """Set: the communities that have a hash, so that nobody needs to scan for them."""
        return f"{self.partition(partition)}:communities"

    def journal(self, partition: int) -> str:
        """List: what was applied since the last checkpoint, in order."""
        return f"{self.partition(partition)}:journal"

    def notify(self, partition: int) -> str:
        """Pub/sub channel: a hint that something is new."""
        return f"{self.partition(partition)}:notify"
