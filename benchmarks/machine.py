"""Where a figure was measured: without this it means nothing to anybody else."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.servers.kafka.jars import VERSION as KAFKA

LIBRARIES = ("faust-streaming", "aiokafka", "msgspec", "redis", "uvloop")


def described() -> dict[str, object]:
    """Return machine, versions and date; the load says whether somebody else was at work."""
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": _line("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mb": int((_line("/proc/meminfo", "MemTotal") or "0").split()[0]) // 1024,
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "kafka": os.environ.get("TAGSTREAM_TEST_KAFKA") or KAFKA,
        **{library: _version(library) for library in LIBRARIES},
    }


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _line(file: str, name: str) -> str | None:
    """The value of the first line of that name in a file of /proc."""
    path = Path(file)
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return None
