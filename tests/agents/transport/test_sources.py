import pytest
from aiokafka.structs import TopicPartition

from agents.transport.sources import Deleted, Sources

HERE = TopicPartition("events", 0)


def test_records_that_retention_has_deleted_stop_a_restore() -> None:
    """It names the remedy; a replay with holes would be wrong in silence."""
    sources = Sources(["events"], {})
    with pytest.raises(Deleted, match=r"from 5 are needed.*before 6.*tagstream rebuild"):
        sources._refuse_deleted({HERE: 6}, {HERE: 0}, (5,))


def test_records_that_are_still_there_are_read() -> None:
    Sources(["events"], {})._refuse_deleted({HERE: 5}, {HERE: 0}, (5,))
