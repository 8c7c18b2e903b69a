"""Users are where Kafka's default partitioner puts their events."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as kafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from schemas.murmur2 import murmur2, partition_of


@given(st.binary(max_size=40))
def test_the_hash_is_that_of_the_kafka_client(key: bytes) -> None:
    """For every length of the tail; as an unsigned number."""
    assert murmur2(key) == kafka_murmur2(key) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_the_java_client(key: bytes, signed: int) -> None:
    """The vectors of Kafka's own UtilsTest."""
    assert murmur2(key) == signed & 0xFFFFFFFF


@given(st.text(max_size=20), st.integers(1, 50))
def test_the_partition_is_that_of_the_producer(user_id: str, partitions: int) -> None:
    """Users are text; keys are its UTF-8."""
    available = list(range(partitions))
    expected = DefaultPartitioner()(user_id.encode(), available, available)
    assert partition_of(user_id, partitions) == expected
