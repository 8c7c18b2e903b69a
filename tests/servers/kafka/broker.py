"""One Apache Kafka broker (KRaft, its own controller) that tests start, stop, kill and freeze."""

from pathlib import Path
from tempfile import mkdtemp

from agents.demo.child import Child
from agents.demo.ports import free_port
from tests.servers.kafka.jars import java_command
from tests.servers.kafka.storage import new_storage
from tests.servers.one import OneServer

STARTED = b"Kafka Server started"
QUICK = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""A JVM that is up in half the time, for tests."""
FAST = ("-Xmx1g", "-Xms1g")
"""A JVM as in production, for benchmarks."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{beside}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{beside}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
# A topic that nobody created is a mistake that a test must see.
auto.create.topics.enable=false
# One broker.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A killed broker may come back when its old session is over: 3 s, not 9.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# A group forms at once, and a test may notice a dead member sooner than in 6 s.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class Kafka(OneServer):
    """A broker with an empty data folder; its `address` and records stay over restarts.

    `with Kafka() as kafka:` starts it and removes its folder at the end. ServerMissing where there
    is no Java. What was acknowledged survives `kill`: the operating system keeps what was written.
    """

    stop_within_s = 30.0

    def __init__(self, *options: str, jvm: tuple[str, ...] = QUICK, beside: str = "") -> None:
        """`options` are further lines of server.properties, e.g. `log.cleaner.backoff.ms=100`.

        `beside`: a further listener, e.g. `SASL_SSL://localhost:9093`; options say how it works.
        """
        self.port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        folder = Path(mkdtemp(prefix="tagstream-kafka-"))
        self.log = folder / "kafka.log"
        self._data, self._properties = folder / "data", folder / "server.properties"
        listener = beside and f",{beside}"
        lines = PROPERTIES.format(
            port=self.port, controller=controller, data=self._data, beside=listener
        )
        self._properties.write_text(lines + "\n".join(options) + "\n")
        command = java_command("kafka.Kafka", str(self._properties), jvm=jvm)
        super().__init__(Child("Kafka", command, self.log), folder)
        self._seen = 0

    def start(self) -> None:
        """Start it and wait until it serves."""
        if not self._data.exists():
            self._make_storage()
        self._seen = self._log_size()
        self.child.start(ready=self._has_started, within_s=60)

    def _make_storage(self) -> None:
        new_storage(self._data)

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _has_started(self) -> bool:
        # Only what this start printed counts. The port alone says nothing: it opens before the
        # controller knows a broker to put topics on.
        with self.log.open("rb") as log:
            log.seek(self._seen)
            return STARTED in log.read()
