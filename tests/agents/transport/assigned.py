"""What the Kafka client keeps of the partitions that it was given, made as it makes it itself."""

from collections.abc import Mapping
from typing import Any

from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.structs import TopicPartition


def assigned(positions: Mapping[TopicPartition, int]) -> tuple[SubscriptionState, Any]:
    """The state of a client that reads these from there on, and the assignment in it."""
    state = SubscriptionState()
    state.assign_from_user(set(positions))
    assert state.subscription is not None
    assignment = state.subscription.assignment
    for tp, position in positions.items():
        assignment.state_value(tp).reset_to(position)
    return state, assignment
