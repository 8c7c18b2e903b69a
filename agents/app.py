"""Builds a Faust app: topics, the table, the one agent. Nothing is connected here."""

import os
import threading
from dataclasses import dataclass
from typing import Any, cast

import faust
from faust.types import StreamT

from agents.kafka_client import client_options, is_embedded
from agents.lanes import Lanes, Process
from agents.names import Names
from agents.settings import Settings
from agents.transport.block import Block
from agents.transport.consumer import BlockApp, BlockConsumer
from agents.transport.handout import MAX_RECORDS
from agents.transport.owners import Tables, Taking
from agents.transport.table import StateTable

_BLOCKS_AHEAD = 8  # of an agent's queue: bounds memory while Redis is away
_FETCH_BYTES = 2 << 20
_SESSION_S, _HEARTBEAT_S, _REBALANCE_S = 15.0, 3.0, 60.0
_EMBEDDED_SESSION_S = 4.0  # the demo's broker lets a join wait for half of it
_EMBEDDED_FETCH_WAIT_MS = 20  # and answers a waiting fetch only at its end
_LONGEST_RESTORE_S = 3_600.0  # nothing is fetched meanwhile, and the client would leave the group
_CRASH_S = 5.0
CRASH_STATUS = 70


class TagstreamApp(BlockApp):
    """The app of one worker. Ends with status 70 at most five seconds after a crash."""

    taking: Taking

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
        watchdog = threading.Timer(_CRASH_S, os._exit, (CRASH_STATUS,))
        watchdog.daemon = True
        watchdog.start()


@dataclass(frozen=True, slots=True)
class Job:
    """What an app does: which topics its agent reads, and which topic keeps its rows.

    `group`: the consumer group. `ticks`: whether the wall clock may move its partitions.
    """

    group: str
    agent: str
    topics: tuple[str, ...]
    changelog: str
    ticks: bool


def tagging(settings: Settings, names: Names) -> Job:
    """Users' events become tags."""
    ticks = settings.clock == "wall"
    return Job(names.group, "tagger", names.topics, names.changelog, ticks)


def comparing(names: Names) -> Job:
    """Contents are compared across users: an app of its own, for a catalogue that asks for it."""
    topics = (names.contents,)
    return Job(names.contents_group, "contents", topics, names.contents_changelog, ticks=False)


def build_app(
    settings: Settings, job: Job, partitions: int, process: Process, name: str
) -> TagstreamApp:
    """The app with its one agent, which gives every block to `process`; `name`: of this worker."""
    app = TagstreamApp(
        job.group,
        broker=[f"kafka://{server.strip()}" for server in settings.kafka.split(",")],
        broker_credentials=_credentials(settings),
        broker_client_id=name,  # by which status and rebuild call it
        Table=StateTable,
        TableManager=Tables,
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=partitions,
        topic_allow_declare=False,  # `tagstream topics` creates them, with the right settings
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        stream_buffer_maxsize=_BLOCKS_AHEAD,
        broker_max_poll_records=2 * MAX_RECORDS,
        consumer_max_fetch_size=_FETCH_BYTES,
        broker_commit_interval=1.0,  # only clears Faust's bookkeeping: checkpoints commit
        broker_session_timeout=_EMBEDDED_SESSION_S if is_embedded() else _SESSION_S,
        broker_heartbeat_interval=1.0 if is_embedded() else _HEARTBEAT_S,
        broker_rebalance_timeout=_REBALANCE_S,
        broker_max_poll_interval=_LONGEST_RESTORE_S,
        consumer_group_instance_id=settings.instance_id,
        loghandlers=[],
    )
    app.block_topics, app.wall_clock = job.topics, job.ticks
    if is_embedded():
        app.fetch_wait_ms = _EMBEDDED_FETCH_WAIT_MS
    events = app.topic(*job.topics, key_type=None, value_type=None)
    app.Table(
        "state",
        key_type=bytes,
        value_type=bytes,
        partitions=partitions,
        changelog_topic=app.topic(job.changelog, key_type=bytes, value_type=bytes),
    )

    lanes = Lanes(process, app.crash)  # Faust would acknowledge what fails, and go on

    @app.agent(events, concurrency=1, name=job.agent)
    async def agent(stream: StreamT[Block[Any]]) -> None:
        async for block in stream:
            await lanes.put(block)

    return app


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
