"""A broker's first data folder: formatting one costs a JVM, so it is done only once."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from agents.demo.child import ServerFailed
from tests.servers.kafka.jars import CACHE, java_command, publish

TEMPLATE = CACHE / "formatted"
CLUSTER_ID = "tagstream-tests-000000"  # any 22 characters of base64

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:9093,PLAINTEXT://127.0.0.1:9092
log.dirs={data}
"""


def new_storage(data: Path) -> None:
    """Make `data` the storage of a broker that never ran; all start from copies of one template."""
    if not TEMPLATE.is_dir():
        format_template()
    shutil.copytree(TEMPLATE, data)


def format_template() -> None:
    """Let Kafka format a folder; nothing in it depends on ports or paths."""
    TEMPLATE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TEMPLATE.parent) as folder:
        data, properties = Path(folder) / "data", Path(folder) / "server.properties"
        properties.write_text(PROPERTIES.format(data=data))
        run_storage_tool(properties)
        publish(data, TEMPLATE)


def run_storage_tool(properties: Path, *more: str) -> None:
    """`kafka-storage.sh format`."""
    arguments = ("format", "-t", CLUSTER_ID, "-c", str(properties), *more)
    command = java_command("kafka.tools.StorageTool", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise ServerFailed(f"Kafka could not format its storage:\n{done.stdout}{done.stderr}")
