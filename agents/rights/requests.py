"""The requests that Kafka answers with what we may do, which aiokafka does not know.

Of Metadata it knows no version that tells (8); it asks DescribeGroups in one that does (3), and
reads the answer as one that does not.
"""

from typing import ClassVar

from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

_API_KEY = 3
_VERSION = 8
_BROKER = (("node_id", Int32), ("host", String()), ("port", Int32), ("rack", String()))
_PARTITION = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", Array(Int32)),
    ("isr", Array(Int32)),
    ("offline_replicas", Array(Int32)),
)
_TOPIC = (
    ("error_code", Int16),
    ("topic", String()),
    ("is_internal", Boolean),
    ("partitions", Array(*_PARTITION)),
    ("authorized_operations", Int32),
)


class _Response(Response):  # type: ignore[misc] # aiokafka ships no types
    API_KEY = _API_KEY
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(*_BROKER)),
        ("cluster_id", String()),
        ("controller_id", Int32),
        ("topics", Array(*_TOPIC)),
        ("cluster_authorized_operations", Int32),
    )


class _Request(RequestStruct):  # type: ignore[misc] # the same
    API_KEY = _API_KEY
    API_VERSION = _VERSION
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", Array(String())),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class MetadataWithRights(Request[_Request]):  # type: ignore[misc] # the same
    """Asks for these topics, creating none; the answer's `topics` end with what we may do."""

    API_KEY: ClassVar[int] = _API_KEY

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Request]) -> _Request:
        """Called by the client once it knows what the broker speaks."""
        return request_struct_class(self._topics, False, False, True)  # noqa: FBT003 - the protocol


class _GroupsRequest(DescribeGroupsRequest_v3):  # type: ignore[misc] # aiokafka ships no types
    RESPONSE_TYPE = DescribeGroupsResponse_v3


class GroupWithRights(Request[_GroupsRequest]):  # type: ignore[misc] # the same
    """Asks for a consumer group; the one of the answer's `groups` ends with what we may do."""

    API_KEY: ClassVar[int] = DescribeGroupsRequest_v3.API_KEY

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_GroupsRequest]) -> _GroupsRequest:
        """Called by the client once it knows what the broker speaks."""
        return request_struct_class([self._group], True)  # noqa: FBT003 - the protocol
