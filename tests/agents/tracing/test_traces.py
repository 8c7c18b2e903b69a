import subprocess
import sys

import pytest

from agents.errors import WrongSetting
from agents.settings import Settings
from agents.tracing.traces import UNTRACED, asked_by, traces_of

COLLECTOR = "http://127.0.0.1:1"
ENDPOINT, EXPORTER = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_EXPORTER"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOL, TRACES_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {ENDPOINT: " "},
        {EXPORTER: "none", ENDPOINT: COLLECTOR},
        {"OTEL_SDK_DISABLED": "True", EXPORTER: "otlp"},
        {"OTEL_SERVICE_NAME": "tags", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": COLLECTOR},
        {"OTEL_SDK_DISABLED": "true", EXPORTER: "zipkin"},
        {EXPORTER: "none", PROTOCOL: "grpc"},
        {PROTOCOL: "grpc"},
    ],
)
def test_who_does_not_ask_for_traces_gets_none(environment: dict[str, str]) -> None:
    assert traces_of(Settings(), "me", environment) is UNTRACED


@pytest.mark.parametrize(
    ("environment", "asking"),
    [
        ({ENDPOINT: COLLECTOR}, ENDPOINT),
        ({TRACES_ENDPOINT: "https://there/v1/traces", ENDPOINT: "not used"}, TRACES_ENDPOINT),
        ({EXPORTER: "OTLP"}, EXPORTER),
        ({ENDPOINT: COLLECTOR, PROTOCOL: "http/protobuf"}, ENDPOINT),
        ({ENDPOINT: COLLECTOR, PROTOCOL: "grpc", TRACES_PROTOCOL: "http/protobuf"}, ENDPOINT),
        ({ENDPOINT: COLLECTOR, "OTEL_SDK_DISABLED": "false"}, ENDPOINT),
    ],
)
def test_the_variables_of_opentelemetry_ask_for_traces(
    environment: dict[str, str], asking: str
) -> None:
    assert asked_by(environment) == asking


@pytest.mark.parametrize(
    ("environment", "named", "remedy"),
    [
        ({EXPORTER: "zipkin"}, EXPORTER, "otlp or none"),
        ({ENDPOINT: COLLECTOR, PROTOCOL: "grpc"}, PROTOCOL, "http/protobuf"),
        ({EXPORTER: "otlp", TRACES_PROTOCOL: "http/json"}, TRACES_PROTOCOL, "http/protobuf"),
        ({ENDPOINT: "collector:4318"}, ENDPOINT, "http://"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_variable_and_the_remedy(
    environment: dict[str, str], named: str, remedy: str
) -> None:
    with pytest.raises(WrongSetting) as refused:
        traces_of(Settings(), "me", environment)
    assert named in str(refused.value)
    assert remedy in str(refused.value)


def test_what_only_the_library_finds_wrong_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "many")
    with pytest.raises(WrongSetting, match=r"OTEL_SPAN_LINK_COUNT_LIMIT.*many"):
        traces_of(Settings(), "me", {ENDPOINT: COLLECTOR})


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = [f"{name}={value}" for name, value in environment.items()]
    return subprocess.run(
        ["env", *variables, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_worker_that_is_not_asked_for_traces_imports_nothing_for_them() -> None:
    """Neither what makes spans nor what sends them; its metrics are imported by redis-py itself."""
    done = python("import sys, agents.worker; print(*sys.modules, sep='\\n')")
    imported = set(done.stdout.splitlines())
    assert "agents.tracing.traces" in imported
    assert not imported & {"agents.tracing.spans", "opentelemetry.sdk.trace", "requests", "google"}
    assert not [name for name in imported if name.startswith("opentelemetry.exporter")]


def test_a_worker_without_the_extra_says_what_to_install() -> None:
    """Asked for traces it could not send, it does not start and leave the traces out silently."""
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from agents.commands import run; sys.exit(run(['worker']))"
    )
    done = python(program, **{ENDPOINT: COLLECTOR})
    assert done.returncode == 2
    assert done.stderr == (
        f"tagstream: {ENDPOINT} asks for traces, which need OpenTelemetry: "
        f'pip install "tagstream[otel]", or set {EXPORTER}=none\n'
    )
