"""Settings: defaults, the environment, `.env`, secrets as files, and what a wrong value says."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.errors import WrongSetting
from agents.settings import PACKAGED_CATALOGUE, Settings, meanings

DEFAULTS = {
    "TAGSTREAM_KAFKA": "127.0.0.1:9092",
    "TAGSTREAM_REDIS": "redis://127.0.0.1:6379/0",
    "TAGSTREAM_APP_ID": "tagstream",
    "TAGSTREAM_PREFIX": "tagstream",
    "TAGSTREAM_TOPIC_PREFIX": "",
    "TAGSTREAM_CATALOGUE": str(PACKAGED_CATALOGUE),
    "TAGSTREAM_PARTITIONS": "4",
    "TAGSTREAM_CHECKPOINT_S": "0.5",
    "TAGSTREAM_INSTANCE_ID": "",
    "TAGSTREAM_CLOCK": "wall",
    "TAGSTREAM_STREAM_LENGTH": "100000",
    "TAGSTREAM_JOURNAL_KEEP": "0",
    "TAGSTREAM_DLQ_MAX_RATIO": "0.2",
    "TAGSTREAM_HTTP": "127.0.0.1:8080",
    "TAGSTREAM_METRICS": "127.0.0.1:9464",
    "TAGSTREAM_LOG_LEVEL": "info",
    "TAGSTREAM_LOG_FORMAT": "json",  # pytest is no terminal
}
SECURITY = {
    "KAFKA": (
        "SECURITY_PROTOCOL",
        "SASL_MECHANISM",
        "USERNAME",
        "PASSWORD",
        "PASSWORD_FILE",
        "CA",
        "CERT",
        "KEY",
    ),
    "REDIS": ("USERNAME", "PASSWORD", "PASSWORD_FILE", "CA", "CERT", "KEY", "FILE"),
    "HTTP": ("TOKEN", "TOKEN_FILE"),
}

WRONG = {  # variable, value: what the message says is allowed
    ("KAFKA", "nowhere"): "host:port",
    ("KAFKA", "a:1,b"): "host:port",
    ("KAFKA", "kafka://a:9092"): "host:port",
    ("REDIS", "http://localhost"): "redis://",
    ("REDIS", "redis://h:1/db"): "redis://",
    ("REDIS", "redis://h:99999/0"): "redis://",
    ("REDIS", "unix://"): "unix:///path",
    ("APP_ID", "a/b"): "A-Z a-z 0-9",
    ("PREFIX", "a{b}"): "no braces",
    ("TOPIC_PREFIX", "a b"): "nothing, or",
    ("CATALOGUE", "/nowhere.yaml"): "path of a file",
    ("PARTITIONS", "0"): "a whole number at least 1",
    ("PARTITIONS", "2.5"): "a whole number at least 1",
    ("CHECKPOINT_S", "0"): "a number above 0",
    ("CHECKPOINT_S", "nan"): "a number above 0",
    ("INSTANCE_ID", "ä"): "A-Z a-z 0-9",
    ("CLOCK", "sun"): "wall, event",
    ("STREAM_LENGTH", "-1"): "at least 0",
    ("JOURNAL_KEEP", "perhaps"): "0 or 1",
    ("DLQ_MAX_RATIO", "1.5"): "at most 1",
    ("HTTP", "8080"): "host:port",
    ("METRICS", "127.0.0.1:65536"): "host:port",
    ("LOG_LEVEL", "loud"): "debug, info, warning, error, critical",
    ("LOG_FORMAT", "xml"): "console, json",
    ("KAFKA_SECURITY_PROTOCOL", "TLS"): "PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
    ("KAFKA_SASL_MECHANISM", "MD5"): "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
    ("KAFKA_CA", "/nowhere.pem"): "path of a file",
    ("REDIS_KEY", "/nowhere.pem"): "path of a file",
    ("HTTP_TOKEN_FILE", "/nowhere.txt"): "a text file",
}


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` and no variable of the developer's own."""
    monkeypatch.chdir(tmp_path)
    for name in meanings():
        monkeypatch.delenv(name, raising=False)


def test_without_any_variable_the_defaults_are_the_contracts() -> None:
    """Every default comes out of `shown`."""
    shown = Settings.load().shown()
    assert {name: shown[name] for name in DEFAULTS} == DEFAULTS


def test_there_are_exactly_the_variables_of_the_contract() -> None:
    """None is missing and none is there that nobody promised."""
    security = {f"TAGSTREAM_{part}_{name}" for part, names in SECURITY.items() for name in names}
    assert set(meanings()) == set(DEFAULTS) | security


def test_every_setting_says_what_it_is_for() -> None:
    """The docstring under each field is what `tagstream config` prints."""
    assert all(meaning.endswith(".") for meaning in meanings().values())


def test_a_variable_goes_before_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` fills in what the environment does not say; foreign names in it do not matter."""
    Path(".env").write_text("TAGSTREAM_APP_ID=file\nTAGSTREAM_PREFIX=file\nPATH_OF_OTHERS=1\n")
    monkeypatch.setenv("TAGSTREAM_APP_ID", "environment")
    settings = Settings.load()
    assert (settings.app_id, settings.prefix) == ("environment", "file")


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose files and charts leave them."""
    monkeypatch.setenv("TAGSTREAM_PARTITIONS", "")
    monkeypatch.setenv("TAGSTREAM_INSTANCE_ID", "")
    settings = Settings.load()
    assert (settings.partitions, settings.instance_id) == (4, None)


@pytest.mark.parametrize(("wrong", "allowed"), WRONG.items(), ids=str)
def test_a_wrong_value_is_one_line_with_variable_value_and_what_is_allowed(
    wrong: tuple[str, str], allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every setting that can be wrong."""
    name, value = wrong
    monkeypatch.setenv(f"TAGSTREAM_{name}", value)
    with pytest.raises(WrongSetting) as raised:
        Settings.load()
    message = str(raised.value)
    assert message.startswith(f"TAGSTREAM_{name}={value!r}: allowed is ")
    assert allowed in message
    assert "\n" not in message


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line each, so that nobody has to come back three times."""
    monkeypatch.setenv("TAGSTREAM_CLOCK", "sun")
    monkeypatch.setenv("TAGSTREAM_PARTITIONS", "many")
    with pytest.raises(WrongSetting) as raised:
        Settings.load()
    assert [line.split("=")[0] for line in str(raised.value).splitlines()] == [
        "TAGSTREAM_PARTITIONS",
        "TAGSTREAM_CLOCK",
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"KAFKA": "a:9092, [::1]:9093"},
        {"REDIS": "unix:///run/redis.sock?db=2"},
        {"REDIS": "rediss://user:secret@host:6380"},
        {"LOG_LEVEL": "WARNING", "KAFKA_SECURITY_PROTOCOL": "sasl_ssl"},
        {"METRICS": "[::1]:0", "HTTP": "localhost:0"},
        {"TOPIC_PREFIX": "eu.", "PREFIX": "a:b"},
    ],
)
def test_usual_values_are_taken(given: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 0, IPv6, sockets, either case."""
    for name, value in given.items():
        monkeypatch.setenv(f"TAGSTREAM_{name}", value)
    Settings.load()


@pytest.mark.parametrize("name", ["HTTP_TOKEN", "KAFKA_PASSWORD", "REDIS_PASSWORD"])
def test_a_secret_may_be_a_file_and_is_never_shown(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read without the line end that editors leave; masked wherever settings are printed."""
    Path("secret").write_text("hunter2\n")
    monkeypatch.setenv(f"TAGSTREAM_{name}_FILE", "secret")
    settings = Settings.load()
    assert getattr(settings, name.lower()).get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings) + str(settings.shown())
    assert settings.shown()[f"TAGSTREAM_{name}"] == "**********"


def test_a_password_in_the_redis_url_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither right nor wrong, from the environment or a file."""
    monkeypatch.setenv("TAGSTREAM_REDIS", "redis://me:hunter2@host:1/0")
    settings = Settings.load()
    assert "hunter2" not in repr(settings) + str(settings.shown())
    assert settings.shown()["TAGSTREAM_REDIS"] == "redis://me:***@host:1/0"
    monkeypatch.setenv("TAGSTREAM_REDIS", "http://me:hunter2@host")
    with pytest.raises(WrongSetting, match=r"TAGSTREAM_REDIS='http://me:\*\*\*@host'"):
        Settings.load()


def test_a_redis_url_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold a password."""
    Path("url").write_text("redis://:hunter2@host:1/0\n")
    monkeypatch.setenv("TAGSTREAM_REDIS_FILE", "url")
    assert Settings.load().redis == "redis://:hunter2@host:1/0"


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could tell which one counts."""
    Path("secret").write_text("a")
    monkeypatch.setenv("TAGSTREAM_HTTP_TOKEN_FILE", "secret")
    monkeypatch.setenv("TAGSTREAM_HTTP_TOKEN", "b")
    with pytest.raises(WrongSetting, match="TAGSTREAM_HTTP_TOKEN_FILE are both set"):
        Settings.load()


@pytest.mark.parametrize(
    ("address", "open_to_others"),
    [
        ("127.0.0.1:1", False),
        ("[::1]:1", False),
        ("localhost:1", False),
        ("0.0.0.0:1", True),
        ("[::]:1", True),
        ("example.org:1", True),
    ],
)
def test_the_http_token_is_required_unless_bound_to_loopback(
    address: str, *, open_to_others: bool
) -> None:
    """`serve` asks before it listens."""
    settings = Settings.load(http=address)
    if open_to_others:
        with pytest.raises(WrongSetting, match="TAGSTREAM_HTTP_TOKEN is not set"):
            settings.require_http_token()
    else:
        settings.require_http_token()
    Settings.load(http=address, http_token="token").require_http_token()
