"""Apache Kafka 4.1 as one node on this machine: a real broker, up in about three seconds."""

from tests.servers.kafka.broker import Kafka

__all__ = ["Kafka"]
