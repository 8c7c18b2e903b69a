"""Names of a test's own on servers that it shares, so that no test sees another's data."""

from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Namespace:
    """What keeps one test apart: in Kafka `app_id` and `topic_prefix`, in Redis `prefix`."""

    app_id: str
    topic_prefix: str
    prefix: str

    @classmethod
    def fresh(cls) -> "Namespace":
        """Names that nobody used before."""
        unique = uuid4().hex[:10]
        return cls(app_id=f"app-{unique}", topic_prefix=f"t{unique}.", prefix=f"r{unique}")

    def environment(self, kafka: str, redis: str) -> dict[str, str]:
        """The settings of a program (a worker, a command) that lives in this namespace."""
        return {
            "TAGSTREAM_KAFKA": kafka,
            "TAGSTREAM_REDIS": redis,
            "TAGSTREAM_APP_ID": self.app_id,
            "TAGSTREAM_TOPIC_PREFIX": self.topic_prefix,
            "TAGSTREAM_PREFIX": self.prefix,
            "TAGSTREAM_METRICS": "127.0.0.1:0",  # several workers on one machine
        }
