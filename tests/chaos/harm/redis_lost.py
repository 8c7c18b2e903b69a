"""Redis loses data: all, its tail, the last seconds, or to a replica that is behind."""

import shutil
from pathlib import Path
from random import Random

from redis import Redis

from tests.chaos.stage import Stage
from tests.chaos.watching import wait_until


def redis_lost(stage: Stage, chance: Random) -> None:
    """SIGKILL; it comes back with nothing."""
    stage.restart_redis(shutil.rmtree, chance.uniform(0.0, 3.0))


def redis_killed(stage: Stage, chance: Random) -> None:
    """SIGKILL; it comes back with all its data."""
    stage.restart_redis(lambda _: None, chance.uniform(0.0, 3.0))


def redis_tail_lost(stage: Stage, chance: Random) -> None:
    """SIGKILL; its append-only file has lost its end."""
    lost = chance.randint(100, 60_000)

    def cut_off(files: Path) -> None:
        newest = max(files.glob("*.incr.aof"), key=lambda file: file.stat().st_mtime)
        size = max(0, newest.stat().st_size - lost)
        with newest.open("rb+") as file:
            file.truncate(size)

    stage.restart_redis(cut_off, chance.uniform(0.0, 2.0))


def old_snapshot(stage: Stage, chance: Random) -> None:
    """What it had some seconds ago is restored."""
    files = stage.redis.folder / "appendonlydir"
    backup = stage.redis.folder / "backup"
    shutil.copytree(files, backup, dirs_exist_ok=True)
    stage.sleep(chance.uniform(1.0, 4.0))

    def restore(now: Path) -> None:
        shutil.rmtree(now)
        backup.rename(now)

    stage.restart_redis(restore, chance.uniform(0.0, 2.0))


def flushall(stage: Stage, _: Random) -> None:
    """Everything is deleted while it runs."""
    stage.flush()


def failover(stage: Stage, chance: Random) -> None:
    """A replica without the last calls is promoted."""
    _fail_over(stage, chance, keep_old_s=0.0)


def split_brain(stage: Stage, chance: Random) -> None:
    """The same, and whoever is connected goes on writing to the old one for a while."""
    _fail_over(stage, chance, keep_old_s=chance.uniform(1.0, 5.0))


def _fail_over(stage: Stage, chance: Random, keep_old_s: float) -> None:
    replica = stage.new_redis()
    with Redis.from_url(replica.url) as redis:
        redis.replicaof("127.0.0.1", str(stage.redis.port))  # not for ever: it may be restarted
        up = wait_until(lambda: redis.info("replication").get("master_link_status") == "up", 30.0)
        assert up, "the replica did not follow"
        stage.sleep(1.0)
        redis.replicaof("NO", "ONE")
    stage.sleep(chance.uniform(0.05, 1.5))  # these calls are lost
    stage.promote(replica, keep_old_s)
