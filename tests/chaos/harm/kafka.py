"""The broker stopped, killed, frozen, or refusing what checkpoints write."""

import asyncio
from random import Random

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.chaos.stage import Stage

_CHANGELOG_BYTES = 4 << 20  # what the topic is created with


def broker_stopped(stage: Stage, chance: Random) -> None:
    """An orderly stop, and a start a while later."""
    stage.kafka.stop()
    stage.sleep(chance.choice((3.0, 8.0, 30.0 if stage.plan.patient else 5.0)))
    stage.kafka.start()


def broker_killed(stage: Stage, chance: Random) -> None:
    """SIGKILL, and a start."""
    stage.kafka.kill()
    stage.sleep(chance.uniform(3.5, 7.0))  # its old session has to end first
    stage.kafka.start()


def broker_frozen(stage: Stage, chance: Random) -> None:
    """Connections stay open, nothing answers."""
    stage.kafka.pause()
    stage.sleep(chance.uniform(2.0, 9.0))
    stage.kafka.resume()


def changelog_refuses(stage: Stage, chance: Random) -> None:
    """Rows are larger than the broker takes: checkpoints are refused, claims are not."""
    asyncio.run(_limit_changelog(stage, 300))
    stage.sleep(chance.uniform(3.0, 6.0))
    asyncio.run(_limit_changelog(stage, _CHANGELOG_BYTES))


async def _limit_changelog(stage: Stage, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.kafka.address)
    await admin.start()
    try:
        configs = {
            "cleanup.policy": "compact",
            "min.compaction.lag.ms": "3600000",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(size),
        }
        topic = stage.deployment.names.changelog
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    finally:
        await admin.close()
