"""How every part of tagstream reaches Redis: one set of options, one message when it is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from agents.errors import Unreachable, WrongUse
from agents.settings import Settings
from agents.settings_values import mask_url

_REFUSED = (AuthenticationError, AuthorizationError)
_AWAY = (RedisConnectionError, RedisTimeoutError, OSError)


def connect(settings: Settings) -> Redis:
    """Return a client for the Redis of these settings; connects at its first command."""
    return Redis.from_url(settings.redis, **connection_options(settings))


def connection_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of redis-py beside the URL, which goes before them."""
    password = settings.redis_password
    options: dict[str, Any] = {
        "username": settings.redis_username,
        "password": password.get_secret_value() if password else None,
    }
    if settings.redis.startswith("rediss://"):
        options |= {
            "ssl_ca_certs": settings.redis_ca,
            "ssl_certfile": settings.redis_cert,
            "ssl_keyfile": settings.redis_key,
        }
    return {name: value for name, value in options.items() if value is not None}


@contextmanager
def reaching_redis(settings: Settings) -> Iterator[None]:
    """Turn what redis-py raises about a missing server or a refused login into one line."""
    try:
        yield
    except _REFUSED as error:
        raise WrongUse(
            f"Redis at {mask_url(settings.redis)} refuses the login ({error}): see "
            "TAGSTREAM_REDIS, TAGSTREAM_REDIS_USERNAME and TAGSTREAM_REDIS_PASSWORD"
        ) from error
    except NoPermissionError as error:
        raise WrongUse(
            f"Redis at {mask_url(settings.redis)} does not allow this ({error}): compare the "
            "rights of TAGSTREAM_REDIS_USERNAME with deploy/redis/users.acl"
        ) from error
    except _AWAY as error:
        raise Unreachable(
            f"Redis does not answer at {mask_url(settings.redis)} ({str(error).rstrip('.')}): "
            "start it, or name the right server in TAGSTREAM_REDIS"
        ) from error
