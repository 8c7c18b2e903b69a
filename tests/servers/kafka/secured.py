"""A Kafka with TLS, SASL SCRAM-SHA-512 and ACLs beside a plain listener for the test itself.

Who comes by the plain listener is a super user; by the other everybody is who they say and may do
what was granted, as on a cluster that Strimzi runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from agents.demo.ports import free_port
from tests.servers.certificates import Certificates
from tests.servers.kafka.broker import Kafka
from tests.servers.kafka.storage import run_storage_tool

OPTIONS = """\
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={pair}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
PATTERNS = {"literal": 3, "prefix": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
ALLOW, ANY_HOST = 3, "*"


@dataclass(frozen=True)
class Grant:
    """One operation that one user may do on what bears a name, or begins with it."""

    user: str
    operation: str
    kind: str
    name: str
    pattern: str = "literal"

    def in_numbers(self) -> tuple[int, str, int, str, str, int, int]:
        """As the protocol has it."""
        return (
            RESOURCES[self.kind],
            self.name,
            PATTERNS[self.pattern],
            f"User:{self.user}",
            ANY_HOST,
            OPERATIONS[self.operation],
            ALLOW,
        )


class SecuredKafka(Kafka):
    """`secured` is the address that asks who you are; `users` have passwords."""

    def __init__(self, certificates: Certificates, users: Mapping[str, str]) -> None:
        self.users, port = users, free_port()
        self.secured = f"localhost:{port}"
        options = OPTIONS.format(pair=certificates.pair)
        super().__init__(*options.splitlines(), beside=f"SASL_SSL://{self.secured}")

    def _make_storage(self) -> None:
        scram = [
            argument
            for user, password in self.users.items()
            for argument in ("--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]")
        ]
        run_storage_tool(self._properties, *scram)

    async def grant(self, grants: Iterable[Grant]) -> None:
        """Allows these."""
        await self._ask(CreateAclsRequest(*grant.in_numbers()) for grant in grants)

    async def revoke(self, grants: Iterable[Grant]) -> None:
        """Allows these no longer."""
        await self._ask(DeleteAclsRequest(*grant.in_numbers()) for grant in grants)

    async def _ask(self, requests: Iterable[object]) -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await client.start()
        try:
            for request in requests:
                answer = await client._send_request(request)
                errors = getattr(answer, "creation_responses", None) or answer.filter_responses
                assert all(error[0] == 0 for error in errors), answer
        finally:
            await client.close()
