"""How every part of tagstream reaches Kafka: one set of options, one message when it is away."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from ssl import SSLContext, SSLError
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NoBrokersAvailable,
    NodeNotReadyError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    StaleMetadata,
    TopicAuthorizationFailedError,
    UnrecognizedBrokerVersion,
    UnsupportedSaslMechanismError,
)
from aiokafka.helpers import create_ssl_context

from agents.errors import Unreachable, WrongUse
from agents.settings import Settings
from agents.settings_values import split_address

_ADMIN_TIMEOUT_MS = 15_000
_STOP_S = 5
ACK_S = 20.0  # far below the rebalance timeout: a revoke waits for a checkpoint under way
_AWAY = (
    KafkaConnectionError,
    KafkaTimeoutError,
    NodeNotReadyError,
    NoBrokersAvailable,
    RequestTimedOutError,
    StaleMetadata,
    UnrecognizedBrokerVersion,
    IncompatibleBrokerVersion,
    asyncio.TimeoutError,
    OSError,
)
_REFUSED = (AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError)
_FORBIDDEN = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
# Where no log is set up Python prints the client's complaints: they would bury our one clear line.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())

PLAIN_BROKER = "_TAGSTREAM_EMBEDDED_BROKER"
"""Set by the demo alone, for its own processes: its broker knows little and no idempotence."""

MAX_BATCH_BYTES = 512 * 1024
"""Above this a batch is full. A single larger record still travels, in a batch of its own."""


def is_embedded() -> bool:
    """Whether the broker is the demo's embedded one."""
    return bool(os.environ.get(PLAIN_BROKER))


def client_options(settings: Settings) -> dict[str, object]:
    """Keyword arguments that aiokafka's consumer, producer and admin client all take."""
    protocol = settings.kafka_security_protocol or "PLAINTEXT"
    password = settings.kafka_password
    return {
        "bootstrap_servers": settings.kafka,
        "security_protocol": protocol,
        "ssl_context": _ssl_context(settings) if protocol.endswith("SSL") else None,
        "sasl_mechanism": settings.kafka_sasl_mechanism or "PLAIN",
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": password.get_secret_value() if password else None,
    }


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client, closed at the end. Raises Unreachable."""
    client = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=_ADMIN_TIMEOUT_MS)
    try:
        with reaching(settings):
            try:
                await client.start()
            except KafkaConnectionError as away:
                if refusal := await _refusal(settings):
                    raise refusal from away
                raise
            yield client
    finally:
        await client.close()


async def _refusal(settings: Settings) -> Exception | None:
    """Why the first server does not let us in; None if it is not there. The client only logs it."""
    options = client_options(settings)
    if options["security_protocol"] == "PLAINTEXT":
        return None  # nothing that could refuse us
    host, port = split_address(str(options.pop("bootstrap_servers")).partition(",")[0])
    try:
        connection = await create_conn(host, port, **options, request_timeout_ms=_ADMIN_TIMEOUT_MS)
    except (*_REFUSED, SSLError) as refusal:
        return refusal
    except (KafkaError, OSError):
        return None
    connection.close()
    return None


def new_producer(client: Mapping[str, Any], **more: Any) -> AIOKafkaProducer:
    """A producer that is not connected yet; what it sends, all replicas must have.

    The embedded broker knows no idempotence: there a retry may write a batch twice.
    """
    return AIOKafkaProducer(
        **client,
        acks="all",
        enable_idempotence=not is_embedded(),
        request_timeout_ms=int(ACK_S * 1000),
        **more,
    )


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A connected producer, closed at the end. Raises Unreachable."""
    client = new_producer(
        client_options(settings),
        max_batch_size=MAX_BATCH_BYTES,
        max_request_size=4 * MAX_BATCH_BYTES,
        compression_type="lz4",
    )
    try:
        with reaching(settings):
            await client.start()
            yield client
    finally:
        await close_producer(client)


async def close_producer(client: AIOKafkaProducer) -> None:
    """Closes the producer, which would wait for ever for a broker that is away."""
    try:
        await asyncio.wait_for(client.stop(), _STOP_S)
    except TimeoutError:  # whoever wanted an acknowledgement has been told that there is none
        await client.client.close()


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Turns whatever aiokafka raises about a missing server or a refused login into one line."""
    try:
        yield
    except _REFUSED as error:
        raise WrongUse(
            f"Kafka at {settings.kafka} refuses the login ({error}): see "
            "TAGSTREAM_KAFKA_USERNAME, _PASSWORD and _SASL_MECHANISM"
        ) from error
    except SSLError as error:
        raise WrongUse(
            f"Kafka at {settings.kafka} is not whom we want to speak to, or not by TLS ({error}): "
            "see TAGSTREAM_KAFKA_CA, _CERT and _SECURITY_PROTOCOL"
        ) from error
    except _FORBIDDEN as error:
        raise WrongUse(
            f"Kafka at {settings.kafka} does not allow this ({error}): grant the user the "
            "missing right"
        ) from error
    except _AWAY as error:
        raise Unreachable(
            f"Kafka does not answer at {settings.kafka} ({type(error).__name__}): start it, or "
            "name the right servers in TAGSTREAM_KAFKA"
        ) from error


def _ssl_context(settings: Settings) -> SSLContext:
    """Checks the server's certificate and host name; shows our certificate if we have one."""
    context: SSLContext = create_ssl_context(
        cafile=settings.kafka_ca, certfile=settings.kafka_cert, keyfile=settings.kafka_key
    )
    return context
