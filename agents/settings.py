"""Every setting of tagstream: environment variables `TAGSTREAM_...`, also read from `.env`.

The docstring under a field is its documentation: `tagstream config` prints it. A wrong value
stops the program before it has done anything, with one line that names the variable.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from agents.errors import WrongSetting
from agents.settings_values import (
    Address,
    Allowed,
    ExistingFile,
    KeyPrefix,
    RedisUrl,
    Servers,
    TopicPart,
    TopicPrefix,
    allowed_for,
    is_loopback,
    lower_case,
    mask_url,
    upper_case,
)

PREFIX = "TAGSTREAM_"
PACKAGED_CATALOGUE = Path(__file__).parents[1] / "schemas" / "catalogue" / "community_lending.yaml"
SECRETS = ("redis", "http_token", "kafka_password", "redis_password")
"""Settings that may be given as a file instead (`..._FILE`); their values are never shown."""

LogFormat = Literal["console", "json"]


def variable(field: str) -> str:
    """Return the environment variable of a field: `app_id` -> `TAGSTREAM_APP_ID`."""
    return PREFIX + field.upper()


def _log_format_here() -> LogFormat:
    return "console" if sys.stderr.isatty() else "json"


class Settings(BaseSettings):
    """The settings of one process; frozen. `Settings.load()` reads and checks them all."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    kafka: Servers = "127.0.0.1:9092"
    """Kafka's bootstrap servers, comma separated."""
    redis: RedisUrl = Field(default="redis://127.0.0.1:6379/0", repr=False)
    """The Redis or Valkey that tags are published to; a redis://, rediss:// or unix:// URL."""
    app_id: TopicPart = "tagstream"
    """Consumer group, and first part of the topics that tagstream owns."""
    prefix: KeyPrefix = "tagstream"
    """First part of every Redis key."""
    topic_prefix: TopicPrefix = ""
    """Put before the name of every topic, owned ones too, e.g. `eu.`."""
    catalogue: ExistingFile = PACKAGED_CATALOGUE
    """The catalogue of measures, tags and detectors (YAML)."""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Partitions of the topics that tagstream creates."""
    checkpoint_s: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 0.5
    """Longest time between two checkpoints (changelog written, offsets committed), seconds."""
    instance_id: TopicPart | None = None
    """Stable name of this worker, for static membership in its consumer group."""
    clock: Annotated[Literal["wall", "event"], BeforeValidator(lower_case)] = "wall"
    """`wall`: a caught-up partition's clock also follows the wall clock; `event`: events only."""
    stream_length: Annotated[int, Field(ge=0)] = 100_000
    """About how many entries the change and alert streams of a partition keep; 0: all."""
    journal_keep: Annotated[bool, Allowed("0 or 1")] = False
    """1: checkpoints do not trim the journal (tests, audits)."""
    dlq_max_ratio: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.2
    """Share of rejected events among a partition's last 10,000 at which the worker stops."""
    http: Address = "127.0.0.1:8080"
    """Bind address of `tagstream serve`; port 0 takes a free one and the log says which."""
    http_token: SecretStr | None = None
    """Bearer token of the HTTP API; required unless `TAGSTREAM_HTTP` is a loopback address."""
    metrics: Address = "127.0.0.1:9464"
    """Bind address of a worker's `/metrics`, `/healthz` and `/readyz`; port 0: a free one."""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(lower_case)
    ] = "info"
    """The least severe messages that are logged."""
    log_format: Annotated[LogFormat, BeforeValidator(lower_case)] = Field(
        default_factory=_log_format_here
    )
    """`console` for people (default on a terminal), `json` for programs (default elsewhere)."""

    kafka_security_protocol: (
        Annotated[
            Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], BeforeValidator(upper_case)
        ]
        | None
    ) = None
    """How to speak to Kafka; none: PLAINTEXT."""
    kafka_sasl_mechanism: (
        Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], BeforeValidator(upper_case)]
        | None
    ) = None
    """How to log in to Kafka under SASL_PLAINTEXT or SASL_SSL."""
    kafka_username: str | None = None
    """User name for Kafka."""
    kafka_password: SecretStr | None = None
    """Password for Kafka."""
    kafka_ca: ExistingFile | None = None
    """Certificate authorities that Kafka's certificate is checked against (PEM file)."""
    kafka_cert: ExistingFile | None = None
    """Our certificate for Kafka (PEM file)."""
    kafka_key: ExistingFile | None = None
    """The key of our certificate for Kafka (PEM file)."""
    redis_username: str | None = None
    """User name for Redis; one in the URL goes before it."""
    redis_password: SecretStr | None = None
    """Password for Redis; one in the URL goes before it."""
    redis_ca: ExistingFile | None = None
    """Certificate authorities that Redis' certificate is checked against (PEM file)."""
    redis_cert: ExistingFile | None = None
    """Our certificate for Redis (PEM file)."""
    redis_key: ExistingFile | None = None
    """The key of our certificate for Redis (PEM file)."""

    redis_file: ExistingFile | None = None
    """File that holds `TAGSTREAM_REDIS`, for a URL with a password in it."""
    http_token_file: ExistingFile | None = None
    """File that holds `TAGSTREAM_HTTP_TOKEN`."""
    kafka_password_file: ExistingFile | None = None
    """File that holds `TAGSTREAM_KAFKA_PASSWORD`."""
    redis_password_file: ExistingFile | None = None
    """File that holds `TAGSTREAM_REDIS_PASSWORD`."""

    @classmethod
    def load(cls, **given: object) -> Self:
        """Read environment and `.env`; `given` goes before both. Raises WrongSetting."""
        try:
            return cls(**given)  # type: ignore[arg-type] # checked by pydantic, as the environment is
        except ValidationError as error:
            lines = [_fault(cls, dict(fault)) for fault in error.errors(include_url=False)]
            raise WrongSetting("\n".join(dict.fromkeys(lines))) from None

    @model_validator(mode="before")
    @classmethod
    def _read_secrets(cls, values: dict[str, object]) -> dict[str, object]:
        """Fill each secret that is given as a file."""
        for name in SECRETS:
            if file := values.get(f"{name}_file"):
                if values.get(name):
                    raise ValueError(f"{variable(name)} and {variable(name)}_FILE are both set")
                values = {**values, name: _read_secret(name, str(file))}
        return values

    def shown(self) -> dict[str, str]:
        """Each variable's effective value as text, secrets masked, in the order of this file."""
        return {variable(name): self._shown(name) for name in type(self).model_fields}

    def require_http_token(self) -> None:
        """Raise WrongSetting if the HTTP API would be open to other machines (`serve`)."""
        if self.http_token is None and not is_loopback(self.http):
            raise WrongSetting(
                f"TAGSTREAM_HTTP_TOKEN is not set, but required: TAGSTREAM_HTTP={self.http} is "
                "not a loopback address; set a token or bind to 127.0.0.1"
            )

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        if name == "redis":
            return mask_url(self.redis)
        if isinstance(value, bool):
            return str(int(value))
        return "" if value is None else str(value)


def _read_secret(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(
            f"{variable(name)}_FILE={file!r}: allowed is a text file that can be read"
        ) from None


def _fault(cls: type[Settings], fault: Mapping[str, object]) -> str:
    """One line on one wrong value: the variable, the value unless secret, what is allowed."""
    location = fault["loc"]
    if not (isinstance(location, tuple) and location):
        return str(fault["msg"]).removeprefix("Value error, ")
    name = str(location[0])
    value = mask_url(str(fault["input"])) if name == "redis" else fault["input"]
    shown = "(a secret)" if name in SECRETS and name != "redis" else repr(value)
    return f"{variable(name)}={shown}: allowed is {allowed_for(cls.model_fields[name])}"


def meanings() -> dict[str, str]:
    """Return what each variable is for: the docstrings of the fields."""
    fields = Settings.model_fields.items()
    return {variable(name): field.description or "" for name, field in fields}
