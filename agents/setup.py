"""What every part of a worker is built with: settings, engine, names, and how to reach Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.kafka_client import client_options, is_embedded
from agents.names import Names
from agents.settings import Settings
from streams.engine import Engine


@dataclass(frozen=True, slots=True)
class Setup:
    """`partitions`: what the input topics have. `me`: our name in claim records and at the broker.

    `kafka`: the options of a client. `idempotent`: whether a producer may ask for that: of every
    broker but the demo's.
    """

    settings: Settings
    engine: Engine
    partitions: int
    me: str
    names: Names
    kafka: Mapping[str, Any]
    idempotent: bool

    @classmethod
    def of(cls, settings: Settings, engine: Engine, partitions: int, me: str) -> "Setup":
        """The rest follows from the settings."""
        kafka = {**client_options(settings), "client_id": me}
        names, idempotent = Names.of(settings), not is_embedded()
        return cls(settings, engine, partitions, me, names, kafka, idempotent)
