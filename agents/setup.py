"""What every part of a worker is built with: settings, engine, names, and how to reach Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.kafka_client import client_options
from agents.names import Names
from agents.settings import Settings
from streams.engine import Engine


@dataclass(frozen=True, slots=True)
class Setup:
    """`partitions`: what the input topics have. `me`: our name in claim records and at the broker.

    `kafka`: the options of a client.
    """

    settings: Settings
    engine: Engine
    partitions: int
    me: str
    names: Names
    kafka: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Settings, engine: Engine, partitions: int, me: str) -> "Setup":
        """The rest follows from the settings."""
        kafka = {**client_options(settings), "client_id": me}
        return cls(settings, engine, partitions, me, Names.of(settings), kafka)
