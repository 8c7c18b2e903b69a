"""Builds a Faust app: topics, the table, the one agent. Nothing is connected here."""

import asyncio
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import faust
from faust.types import StreamT

from agents.clock import WallClock
from agents.errors import Problem
from agents.kafka_client import client_options, is_embedded
from agents.lanes import Lanes, Process
from agents.sessions import Sessions
from agents.settings import Settings
from agents.setup import Setup
from agents.transport.assignments import Tables, Taking
from agents.transport.block import Block
from agents.transport.consumer import BlockApp, BlockConsumer
from agents.transport.handout import MAX_RECORDS
from agents.transport.merge import Positions
from agents.transport.table import StateTable

log = logging.getLogger(__name__)

_BLOCKS_AHEAD = 8  # of an agent's queue: bounds memory while Redis is away
_FETCHED_BYTES = 32 << 20  # of a topic: bounds memory in a backlog, for who has all partitions
_LEAST_FETCHED_BYTES = 512 << 10  # of a partition
_SESSION_S, _HEARTBEAT_S, _REBALANCE_S = 15.0, 3.0, 60.0
_EMBEDDED_SESSION_S = 4.0  # the demo's broker lets a join wait for half of it
_EMBEDDED_FETCH_WAIT_MS = 20  # and answers a waiting fetch only at its end
_LONGEST_RESTORE_S = 3_600.0  # nothing is fetched meanwhile, and the client would leave the group
_CRASH_S = 5.0
CRASH_STATUS = 70

_OURS: Mapping[str, Any] = {
    "Table": StateTable,
    "TableManager": Tables,
    "store": "memory://",
    "key_serializer": "raw",
    "value_serializer": "raw",
    "topic_allow_declare": False,  # `tagstream topics` creates them, with the right settings
    "topic_disable_leader": True,
    "table_standby_replicas": 0,
    "web_enabled": False,
    "stream_buffer_maxsize": _BLOCKS_AHEAD,
    "broker_max_poll_records": 2 * MAX_RECORDS,
    "broker_commit_interval": 1.0,  # only clears Faust's bookkeeping: checkpoints commit
    "broker_max_poll_interval": _LONGEST_RESTORE_S,
    "loghandlers": [],
}
"""What we take from Faust and what we do ourselves, the same for every app."""


class TagstreamApp(BlockApp):
    """The app of one worker. The process ends at most five seconds after a crash of it."""

    taking: Taking
    lanes: Lanes

    def serve(self, process: Process, sessions: Sessions[Any], clock: WallClock) -> None:
        """Connects the app with what it works for: before it is started."""
        self.lanes = Lanes(process, self.crash)  # Faust would acknowledge what fails, and go on
        self.taking, self.give_up, self.polled = sessions, sessions.give_up, clock.polled

    async def live(self) -> None:
        """Starts, and lives on until it is stopped."""
        self.in_worker = True
        await self.start()
        await asyncio.Event().wait()  # `start` returns at once

    async def until_crashed(self) -> None:
        """Returns when it has crashed; `crash_reason` says why."""
        await self._crashed.wait()

    async def commit_positions(self, partition: int, positions: Positions) -> bool:
        """Tells Kafka our positions of a partition; False if a rebalance has begun."""
        return await self.block_consumer.commit_positions(partition, positions)

    def owner_lost(self, partition: int) -> None:
        """The session of a partition ended: take it again."""
        cast("Tables", self.tables).recovery.again(partition)

    @property
    def block_consumer(self) -> BlockConsumer:
        """The consumer, by the type it has."""
        return cast("BlockConsumer", self.consumer)

    def _create_directories(self) -> None:
        """Creates none: state lives in Kafka."""

    def _crash(self, reason: BaseException) -> None:
        super()._crash(reason)  # the orderly stop after it can hang on the consumer thread
        watchdog = threading.Timer(_CRASH_S, leave, (reason,))
        watchdog.daemon = True
        watchdog.start()


def leave(reason: BaseException) -> NoReturn:
    """Ends the process without an orderly stop, but not without a word."""
    log.error("worker ends without an orderly stop: %s", reason)
    logging.shutdown()
    os._exit(reason.exit_code if isinstance(reason, Problem) else CRASH_STATUS)


@dataclass(frozen=True, slots=True)
class Role:
    """What an app does: which topics its agent reads, and which topic keeps its rows.

    `group`: the consumer group. `ticks`: whether the wall clock may move its partitions.
    """

    group: str
    agent: str
    topics: tuple[str, ...]
    changelog: str
    ticks: bool


def build_app(setup: Setup, role: Role) -> TagstreamApp:
    """The app with its one agent; what it works for is connected by `serve`."""
    app = TagstreamApp(role.group, **_OURS, **_reaching(setup), **_patience())
    app.block_topics, app.wall_clock = role.topics, role.ticks
    if is_embedded():
        app.fetch_wait_ms = _EMBEDDED_FETCH_WAIT_MS
    events = app.topic(*role.topics, key_type=None, value_type=None)
    app.Table(
        "state",
        key_type=bytes,
        value_type=bytes,
        partitions=setup.partitions,
        changelog_topic=app.topic(role.changelog, key_type=bytes, value_type=bytes),
    )

    @app.agent(events, concurrency=1, name=role.agent)
    async def agent(stream: StreamT[Block[Any]]) -> None:
        async for block in stream:
            await app.lanes.put(block)

    return app


def fetched_bytes(partitions: int) -> int:
    """How much of a partition is fetched at once, in bytes.

    As much as memory allows: in a backlog a partition then has a stretch to itself, and a user
    who is touched often before a checkpoint is one row of it.
    """
    return max(_LEAST_FETCHED_BYTES, _FETCHED_BYTES // partitions)


def _reaching(setup: Setup) -> dict[str, Any]:
    """Faust's options for the broker: where it is, who we are, how much of it we take at once."""
    return {
        "broker": [f"kafka://{server.strip()}" for server in setup.settings.kafka.split(",")],
        "broker_credentials": _credentials(setup.settings),
        "broker_client_id": setup.me,  # by which status and rebuild call it
        "consumer_group_instance_id": setup.settings.instance_id,
        "topic_partitions": setup.partitions,
        "consumer_max_fetch_size": fetched_bytes(setup.partitions),
    }


def _patience() -> dict[str, Any]:
    """How long the group waits for a member before it gives its partitions to others."""
    embedded = is_embedded()
    return {
        "broker_session_timeout": _EMBEDDED_SESSION_S if embedded else _SESSION_S,
        "broker_heartbeat_interval": 1.0 if embedded else _HEARTBEAT_S,
        "broker_rebalance_timeout": _REBALANCE_S,
    }


def _credentials(settings: Settings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """Faust's form of the security settings; None without any."""
    options = client_options(settings)
    protocol = str(options["security_protocol"])
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            mechanism=options["sasl_mechanism"],  # type: ignore[arg-type] # a name it knows
            username=options["sasl_plain_username"],  # type: ignore[arg-type] # text or None
            password=options["sasl_plain_password"],  # type: ignore[arg-type] # text or None
            ssl_context=options["ssl_context"],  # type: ignore[arg-type] # a context or None
        )
    if protocol == "SSL":
        return faust.SSLCredentials(options["ssl_context"])  # type: ignore[arg-type] # a context
    return None
