"""Names of everything tagstream keeps in Redis: one line a key, as CONTRACT 5 lists them."""

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

    def why(self, partition: int, user_id: str) -> str:
        """Hash: one field a tag, its explanation."""
        return f"{self.partition(partition)}:why:{user_id}"

    def changes(self, partition: int) -> str:
        """Stream of tag changes, entry id `<seq>-0`."""
        return f"{self.partition(partition)}:changes"

    def alerts(self, partition: int) -> str:
        """Stream of alerts, entry id `<alert_seq>-0`."""
        return f"{self.partition(partition)}:alerts"

    def journal(self, partition: int) -> str:
        """List: what was applied since the last checkpoint, in order."""
        return f"{self.partition(partition)}:journal"

    def notify(self, partition: int) -> str:
        """Pub/sub channel: a hint that something is new."""
        return f"{self.partition(partition)}:notify"
