"""What the agent tells of each block, and whether anybody listens: by default nobody.

The environment variables are those of OpenTelemetry, the same for every program of a cluster:
who sets none of them gets no traces and imports nothing for them.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from agents.applying import Applied
from agents.errors import WrongSetting, WrongUse
from agents.session import Session
from agents.settings import Settings
from agents.transport.block import Block

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_EXPORTER = "OTEL_TRACES_EXPORTER"


class BlockTrace(Protocol):
    """A block under way: entered before it is applied, left when it is published or broken off."""

    def __enter__(self) -> Self:
        """The block begins."""
        ...

    def computed(self, applied: Applied) -> None:
        """It is decided; what follows is publishing."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """The block is over; `error` says why if it was broken off."""
        ...


class Traces(Protocol):
    """Where blocks are told."""

    def block(self, block: Block[Session], /) -> BlockTrace:
        """The trace of a block."""
        ...

    def close(self) -> None:
        """Send what is left; returns within seconds, whoever does not answer."""
        ...


class Untraced:
    """Nobody listens: three calls a block that do nothing."""

    def block(self, _: Block[Session], /) -> Self:
        """See Traces."""
        return self

    def close(self) -> None:
        """See Traces."""

    def __enter__(self) -> Self:
        return self

    def computed(self, applied: Applied) -> None:
        """See BlockTrace."""

    def __exit__(self, *_: object) -> None:
        pass


UNTRACED = Untraced()


def traces_of(settings: Settings, me: str, environment: Mapping[str, str]) -> Traces:
    """The traces that the environment asks for; `me`: our name at the broker. Raises WrongUse."""
    asking = asked_by(environment)
    if asking is None:
        return UNTRACED
    try:
        from agents.tracing.spans import Spans  # noqa: PLC0415 - an extra, and heavy
    except ModuleNotFoundError:
        raise WrongUse(
            f"{asking} asks for traces, which need OpenTelemetry: "
            f'pip install "tagstream[otel]", or set {_EXPORTER}=none'
        ) from None
    try:
        return Spans.to_collector(settings, me)
    except ValueError as wrong:  # of a variable that the library reads itself, and names
        raise WrongSetting(f"a variable OTEL_... cannot be used: {wrong}") from None


def asked_by(environment: Mapping[str, str]) -> str | None:
    """The variable that asks for traces; None if none does. Raises WrongSetting.

    >>> asked_by({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
    'OTEL_EXPORTER_OTLP_ENDPOINT'
    """
    given = {name: text.strip() for name, text in environment.items() if name.startswith("OTEL_")}
    exporter = given.get(_EXPORTER, "").lower()
    endpoint = next((name for name in _ENDPOINTS if given.get(name)), None)
    if given.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    if exporter not in {"", "otlp"}:
        raise WrongSetting(f"{_EXPORTER}={exporter} is not known here: otlp or none")
    asking = _EXPORTER if exporter else endpoint
    if asking is not None:
        _check_target(given, endpoint)
    return asking


def _check_target(given: Mapping[str, str], endpoint: str | None) -> None:
    """Refuses what would otherwise fail late, in the log of a thread."""
    protocol = next((name for name in _PROTOCOLS if given.get(name)), None)
    if protocol is not None and given[protocol].lower() != _PROTOCOL:
        raise WrongSetting(
            f"{protocol}={given[protocol]} is not known here: {_PROTOCOL} "
            "(by default on the collector's port 4318)"
        )
    if endpoint is not None and not given[endpoint].startswith(("http://", "https://")):
        raise WrongSetting(
            f"{endpoint} has to begin with http:// or https://, as in http://collector:4318"
        )
