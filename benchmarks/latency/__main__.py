"""Prints how long until a change, or an alert, is seen: `python -m benchmarks.latency --alerts`."""

import argparse
import json
import sys

from benchmarks.latency import measure
from benchmarks.servers import servers


def main() -> None:
    """Measure once, and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--alerts", action="store_true", help="of alerts, not of changes of tags")
    parser.add_argument("--rate", type=int, default=1_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=30)
    asked = parser.parse_args()
    with servers() as where:
        found = measure(where, asked.rate, asked.seconds, alerts=asked.alerts)
    sys.stdout.write(json.dumps(found.as_json()) + "\n")


if __name__ == "__main__":
    main()
