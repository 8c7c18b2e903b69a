"""What our topics and groups are called in Kafka: one place that knows prefix and app id."""

from dataclasses import dataclass

from agents.settings import Settings
from schemas.topics import INPUT_TOPICS, TOPICS

_DLQ = ".dlq"


@dataclass(frozen=True, slots=True)
class Names:
    """Full names of topics from logical ones, and back; names of consumer groups.

    >>> names = Names(app_id="lending", topic_prefix="eu.")
    >>> names.topic("interactions"), names.topic("repartition")
    ('eu.interactions', 'eu.lending-repartition')
    >>> names.logical("eu.lending-repartition")
    'repartition'
    """

    app_id: str
    topic_prefix: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Names":
        """Return the names under these settings."""
        return cls(settings.app_id, settings.topic_prefix)

    def topic(self, logical: str) -> str:
        """Return the full name of a topic of the tag job, by its logical name."""
        if logical in INPUT_TOPICS:
            return self.topic_prefix + logical
        if logical in TOPICS:
            return self._owned(logical)
        raise KeyError(logical)

    def logical(self, topic: str) -> str | None:
        """Return the logical name of a full one; None if it is no topic of the tag job."""
        return next((logical for logical in TOPICS if self.topic(logical) == topic), None)

    def dlq(self, topic: str) -> str:
        """Return the dead-letter topic of a topic, by its full name."""
        return topic + _DLQ

    @property
    def inputs(self) -> tuple[str, ...]:
        """Full names of the topics that others write to, in merge order."""
        return tuple(map(self.topic, INPUT_TOPICS))

    @property
    def topics(self) -> tuple[str, ...]:
        """Full names of all topics with users' events, by topic index (the merge order)."""
        return tuple(map(self.topic, TOPICS))

    @property
    def owned(self) -> tuple[str, ...]:
        """Full names of the topics with users' events that only we write to."""
        return tuple(name for name in self.topics if name not in self.inputs)

    @property
    def dlqs(self) -> tuple[str, ...]:
        """Full names of the dead-letter topics of the inputs."""
        return tuple(map(self.dlq, self.inputs))

    @property
    def changelog(self) -> str:
        """The compacted topic of user rows, claim and checkpoint records."""
        return self._owned("state-changelog")

    @property
    def contents(self) -> str:
        """What users posted, keyed by content: for detectors that look across users."""
        return self._owned("contents")

    @property
    def contents_changelog(self) -> str:
        """The compacted topic of what is kept of contents."""
        return self._owned("contents-changelog")

    @property
    def group(self) -> str:
        """The consumer group of the tag job."""
        return self.app_id

    @property
    def contents_group(self) -> str:
        """The consumer group of what compares contents."""
        return f"{self.app_id}-contents"

    def _owned(self, name: str) -> str:
        return f"{self.topic_prefix}{self.app_id}-{name}"
