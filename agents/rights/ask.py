"""Asks Kafka what we may do, and says which rights are missing."""

from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    IncompatibleBrokerVersion,
    NotCoordinatorForGroupError,
    TopicAuthorizationFailedError,
)

from agents.errors import WrongUse
from agents.kafka_client import admin
from agents.rights.needed import BITS, Right, needed
from agents.rights.requests import GroupWithRights, MetadataWithRights
from agents.settings import Settings

_UNTOLD = -(2**31)  # the broker does not say
_COORDINATOR_COMING = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)
_FORBIDDEN = TopicAuthorizationFailedError.errno
Allowed = Mapping[tuple[str, str], int]
"""Operations as bits, by kind and name; what is not in it nobody told."""


async def require_rights(settings: Settings, *, across: bool) -> None:
    """Raises WrongUse naming every right that is missing (`across`: see `needed`); Unreachable."""
    rights = list(needed(settings, across=across))
    async with admin(settings) as client:
        try:
            allowed = {**await _on_topics(client, rights), **await _on_groups(client, rights)}
        except (IncompatibleBrokerVersion, NotImplementedError):
            return  # a broker too old to tell: then we find out as we go
    if lacking := missing(rights, allowed):
        raise WrongUse(_told(settings, lacking))


def missing(rights: Iterable[Right], allowed: Allowed) -> list[Right]:
    """Those that are not allowed, as far as we were told."""
    return [
        right
        for right in rights
        if (bits := allowed.get((right.kind, right.name), _UNTOLD)) != _UNTOLD
        and not bits >> BITS[right.operation] & 1
    ]


async def _on_topics(client: AIOKafkaAdminClient, rights: Iterable[Right]) -> Allowed:
    """A topic that does not exist is left out: whoever compares topics says so."""
    names = sorted({right.name for right in rights if right.kind == "topic"})
    answer = await client._send_request(MetadataWithRights(names))  # noqa: SLF001 - no public way
    return {
        ("topic", name): 0 if error == _FORBIDDEN else operations
        for error, name, _, _, operations in answer.topics
        if error in (0, _FORBIDDEN)
    }


async def _on_groups(client: AIOKafkaAdminClient, rights: Iterable[Right]) -> Allowed:
    allowed: dict[tuple[str, str], int] = {}
    for right in rights:
        if right.kind == "group":
            allowed |= await _on_group(client, right.name)
    return allowed


async def _on_group(client: AIOKafkaAdminClient, group: str) -> Allowed:
    try:
        node = await client.find_coordinator(group)
        answer = await client._send_request(GroupWithRights(group), node)  # noqa: SLF001 - as above
    except GroupAuthorizationFailedError:
        return {("group", group): 0}
    except _COORDINATOR_COMING:  # a new cluster, or a failover: the group itself will wait for it
        return {}
    (described,) = answer.groups
    forbidden = described[0] == GroupAuthorizationFailedError.errno
    return {("group", group): 0 if forbidden else described[-1]}


def _told(settings: Settings, lacking: list[Right]) -> str:
    user = settings.kafka_username or "of our certificate"
    first = lacking[0]
    return (
        f"the Kafka user {user} lacks: {', '.join(map(str, lacking))}; grant it, e.g. with "
        f"kafka-acls.sh --add --allow-principal User:{user} --operation {first.operation} "
        f"--{first.kind} {first.name} (all that a worker needs: deploy/kubernetes/kafka/users.yaml)"
    )
