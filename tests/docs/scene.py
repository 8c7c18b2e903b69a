"""A live deployment on which the runbooks are tried: real servers, workers, a Prometheus, a shell.

What a page tells to type is typed as it stands there, in bash, with the settings of the deployment
in the environment. `tagstream` is the program of this tree. There is no cluster, so `kubectl logs`
prints the logs of the workers, whatever else `kubectl` is asked for prints nothing, and `chronyc`
neither: those commands are checked by tests of their own as far as that goes here.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.demo.ports import free_port
from tests.conftest import started_kafka, started_redis
from tests.end_to_end.deployment import Deployment
from tests.servers import Kafka, RedisServer
from tests.servers.prometheus import Prometheus
from tests.servers.worker import Worker

SHELL = """
set -o pipefail
tagstream() { "$PYTHON" -m agents.commands "$@"; }
kubectl() { case " $* " in *" logs "*) cat $LOGS;; esac; }
chronyc() { :; }
"""
PARTITIONS = 2


class Scene:
    """One deployment; a worker keeps its port over restarts, as a pod keeps its name."""

    def __init__(self, kafka: Kafka, redis: RedisServer, **settings: str) -> None:
        self.kafka, self.redis_server = kafka, redis
        usual = {"TAGSTREAM_PARTITIONS": str(PARTITIONS), "TAGSTREAM_CLOCK": "wall"}
        self.deployment = Deployment(kafka.address, redis.url, **{**usual, **settings})
        self.workers: list[Worker] = []
        self.targets: list[str] = []
        self._sent, self._folder = 0, Path(mkdtemp(prefix="tagstream-scene-"))

    def worker(self, program: str = "agents.commands", **settings: str) -> Worker:
        """One more that is not started yet; `program`: the module that is run."""
        address = f"127.0.0.1:{free_port()}"
        own = {"TAGSTREAM_INSTANCE_ID": f"w{len(self.workers)}", "TAGSTREAM_METRICS": address}
        worker = self.deployment.worker(program, **{**own, **settings})
        self.workers.append(worker)
        self.targets.append(address)
        return worker

    def started(self, program: str = "agents.commands", **settings: str) -> Worker:
        """One more, ready."""
        worker = self.worker(program, **settings)
        worker.start()
        return worker

    def prometheus(self) -> Prometheus:
        """One that knows nothing of what was before."""
        return Prometheus(self.targets)

    @property
    def partitions(self) -> range:
        """Their numbers."""
        return range(self.deployment.partitions)

    def close(self) -> None:
        """Ends all workers."""
        for worker in self.workers:
            worker.child.resume()
            worker.stop()

    # -- events

    def send(self, number: int, topic: str = "interactions", **changed: object) -> None:
        """So many likes, of a user each; `changed`: fields that are otherwise."""
        like = {"source": "app", "type": "like", "time": int(time.time() * 1000)}
        first, self._sent = self._sent, self._sent + number
        asyncio.run(
            self._send(
                self.deployment.names.topic(topic),
                [
                    {**like, "id": f"e{n}", "user_id": f"u{n}", **changed}
                    for n in range(first, first + number)
                ],
            )
        )

    async def _send(self, topic: str, events: Iterable[Mapping[str, object]]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka.address, linger_ms=20)
        await producer.start()
        try:
            for event in events:
                key = str(event["user_id"]).encode()
                await producer.send(topic, json.dumps(event).encode(), key)
            await producer.flush()
        finally:
            await producer.stop()

    def wait_until_applied(self) -> None:
        """All that was sent is in Redis."""
        self.deployment.wait_until_applied(workers=self.workers)

    def wait_until_said(self, words: str, within_s: float = 60.0) -> None:
        """A worker has these words in its log."""
        deadline = time.monotonic() + within_s
        while not any(words in worker.text for worker in self.workers):
            assert time.monotonic() < deadline, [worker.text[-3000:] for worker in self.workers]
            time.sleep(0.1)

    # -- what is there

    async def configure(self, topic: str, **configs: str) -> None:
        """Gives a topic exactly these settings; all others are the broker's."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.address)
        await admin.start()
        try:
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
        finally:
            await admin.close()

    def catalogue_with(self, old: str, new: str) -> Path:
        """The catalogue of the deployment with something replaced."""
        text = self.deployment.settings.catalogue.read_text(encoding="utf-8")
        assert old in text
        changed = self._folder / f"catalogue-{len(list(self._folder.iterdir()))}.yaml"
        changed.write_text(text.replace(old, new), encoding="utf-8")
        return changed

    # -- the shell

    def types(self, command: str, code: int = 0, **settings: str) -> str:
        """What a command prints that is typed as it stands, and ends with this exit code."""
        environment: Mapping[str, str] = {
            **os.environ,
            **self.deployment.environment,
            "PYTHON": sys.executable,
            "LOGS": " ".join(str(worker.log) for worker in self.workers),
            **settings,
        }
        done = subprocess.run(
            ["bash", "-c", SHELL + command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def redis(self) -> Any:
        """The test's own connection."""
        return self.deployment.redis()


def scene_on_servers_of_its_own(**settings: str) -> Iterator[Scene]:
    """For a fixture: a deployment without workers; its servers may be stopped and frozen."""
    for kafka in started_kafka():
        for redis in started_redis():
            scene = Scene(kafka, redis, **settings)
            try:
                yield scene
            finally:
                redis.resume()
                scene.close()
