"""Every fault that can be dealt, in one list: read `FAULTS` first.

A fault takes the stage and its own chance, does harm, and has healed it when it returns; what
comes back by itself (workers, partitions) is waited for by the stage's look at the progress.
"""

import asyncio
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from random import Random

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from redis import Redis

from tests.chaos import failpoints
from tests.chaos.fleet import Member
from tests.chaos.invariants import Zombie
from tests.chaos.stage import Stage
from tests.chaos.watching import wait_until
from tests.chaos.worker import SESSION_S, SKEW

Fault = Callable[[Stage, Random], None]

_REACHED_S = 25.0
_OVER_SESSION_S = (SESSION_S + 2.0, SESSION_S + 5.0)
_CHANGELOG_BYTES = 4 << 20  # what the topic is created with


# -- workers


def kill_one(stage: Stage, chance: Random) -> None:
    """SIGKILL, and a start."""
    member = chance.choice(stage.fleet.wanted)
    member.kill()
    stage.sleep(chance.choice((0.0, 0.5, SESSION_S + 2)))


def kill_all(stage: Stage, chance: Random) -> None:
    """SIGKILL of every worker at once."""
    members = stage.fleet.wanted
    for member in members:
        member.wanted = False
        member.kill()
    stage.sleep(chance.choice((0.0, 1.0)))
    for member in members:
        member.launch()


def burst_of_kills(stage: Stage, chance: Random) -> None:
    """Ten SIGKILLs, a tenth of a second to a second apart."""
    for _ in range(10):
        chance.choice(stage.fleet.wanted).kill()
        stage.sleep(chance.uniform(0.1, 1.0))


def kill_while_restoring(stage: Stage, chance: Random) -> None:
    """Killed before it is ready, three times."""
    member = chance.choice(stage.fleet.wanted)
    for _ in range(3):
        member.kill()
        member.launch()
        stage.sleep(chance.uniform(0.8, 2.5))


def join_and_leave(stage: Stage, chance: Random) -> None:
    """A third worker comes and goes, politely or not."""
    third = stage.fleet.members[2]
    for _ in range(2):
        third.launch()
        stage.sleep(chance.uniform(1.0, 5.0))
        third.wanted = False
        if chance.random() < 0.3:
            third.kill()
        else:
            third.leave()
        stage.sleep(chance.uniform(0.0, 2.0))


def rolling_restart(stage: Stage, chance: Random) -> None:
    """Every worker politely, one after the other."""
    for member in stage.fleet.wanted:
        member.leave()
        stage.sleep(chance.uniform(0.0, 1.0))
        member.launch()
        member.ready()


def catalogue_changed(stage: Stage, chance: Random) -> None:
    """Other rules on the same measures: worker by worker, or all at once; one dies adopting."""
    members = stage.fleet.wanted
    stage.tell(f"from now on {stage.fleet.change_catalogue()}")
    if chance.random() < 0.5:
        for member in members:
            member.leave()
            stage.sleep(chance.uniform(0.0, 1.0))
            member.launch()
            stage.sleep(chance.uniform(0.0, 4.0))  # the others go on by the old ones meanwhile
    else:
        for member in members:
            member.wanted = False
            member.kill()
        for member in members:
            member.launch()
    if chance.random() < 0.5:
        stage.sleep(chance.uniform(0.5, 2.0))
        chance.choice(members).kill()


def die_at_failpoint(stage: Stage, chance: Random) -> None:
    """SIGKILL exactly between two steps of a block or a checkpoint; three times."""
    _die_at(stage, chance, failpoints.BLOCK, times=3, at_most=12)


def die_while_taking(stage: Stage, chance: Random) -> None:
    """The same between two steps of taking a partition; twice."""
    _die_at(stage, chance, failpoints.RECOVERY, times=2, at_most=2)


def _die_at(
    stage: Stage, chance: Random, places: Collection[str], *, times: int, at_most: int
) -> None:
    """One worker dies at one of these places, when it comes there for the nth time."""
    member = chance.choice(stage.fleet.wanted)
    for _ in range(times):
        place = chance.choice(list(places))
        _restart_armed(stage, member, place, chance.randint(1, at_most), "kill")
        wait_until(lambda: not member.running, _REACHED_S)
        stage.tell(f"{member.name} {'survived' if member.running else 'died'} {place}")
        member.kill()
        member.launch()


def die_while_rebuilding(stage: Stage, chance: Random) -> None:
    """Redis is emptied, and who writes it anew dies between two steps of that."""
    member = chance.choice(stage.fleet.wanted)
    place = chance.choice(list(failpoints.NEW_RUN))
    _restart_armed(stage, member, place, chance.randint(1, 2), "kill")
    member.ready(5.0)
    stage.flush()
    wait_until(lambda: not member.running, _REACHED_S)
    stage.tell(f"{member.name} {'survived' if member.running else 'died'} {place}")
    member.kill()
    member.launch()


def _restart_armed(stage: Stage, member: Member, place: str, nth: int, what: str) -> None:
    member.wanted = False
    member.kill()
    stage.tell(f"{member.name} will {what} at {place}, number {nth}")
    member.launch(failpoints.armed(place, nth, what))
    member.wanted = False  # a death there is not to be mended before we saw it


# -- zombies


def zombie(stage: Stage, chance: Random) -> None:
    """SIGSTOP for longer than the session timeout: it comes back and thinks that nothing was."""
    member = chance.choice(stage.fleet.wanted)
    member.ready()
    member.worker.child.pause()
    _come_back(stage, member, chance)


def zombie_at_failpoint(stage: Stage, chance: Random) -> None:
    """The same, frozen exactly between two steps of a block or a checkpoint."""
    member = chance.choice(stage.fleet.wanted)
    place = chance.choice([*failpoints.BLOCK][:5])
    _restart_armed(stage, member, place, chance.randint(3, 30), "stop")
    if not wait_until(lambda: not member.running or member.is_frozen(), _REACHED_S):
        member.worker.child.pause()
        stage.tell(f"{member.name} did not reach {place}")
    member.wanted = True
    _come_back(stage, member, chance)


def _come_back(stage: Stage, member: Member, chance: Random) -> None:
    had, before = member.assigned(), stage.positions()
    stage.sleep(chance.uniform(*_OVER_SESSION_S))
    wait_until(lambda: _others_went_on(stage, before), 30.0, 0.2)
    member.worker.child.resume()
    wait_until(lambda: member.fenced() > 0, 12.0, 0.2)
    stage.zombies.append(Zombie(member.name, had, member.fenced()))
    stage.tell(f"{member.name} of {had} partitions is back; refused {member.fenced():.0f} times")


def _others_went_on(stage: Stage, before: Mapping[int, int] | None) -> bool:
    now = stage.positions()
    return before is None or (now is not None and all(now[p] > before[p] for p in now))


# -- Kafka


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


# -- Redis loses data


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


# -- Redis is there, but not of use


def redis_frozen(stage: Stage, chance: Random) -> None:
    """Nothing answers, sometimes for longer than a call may take."""
    stage.redis.pause()
    stage.sleep(chance.choice((1.0, 4.0, 7.0)))
    stage.redis.resume()


def redis_slow(stage: Stage, chance: Random) -> None:
    """200 ms a call."""
    stage.proxy.delay_s = 0.2
    stage.sleep(chance.uniform(3.0, 6.0))
    stage.proxy.delay_s = 0.0


def answers_lost(stage: Stage, chance: Random) -> None:
    """Calls take effect, their answers do not come back; then connections end."""
    for _ in range(3):
        stage.proxy.mute = True
        stage.sleep(chance.uniform(0.1, 1.5))
        stage.proxy.cut()
        stage.proxy.mute = False
        stage.sleep(chance.uniform(0.2, 1.0))


def out_of_memory(stage: Stage, chance: Random) -> None:
    """`maxmemory` is reached, and nothing may be evicted."""
    with stage.direct() as redis:
        redis.config_set("maxmemory", "1")
        stage.sleep(chance.uniform(1.0, 5.0))
        redis.config_set("maxmemory", "0")


def read_only(stage: Stage, chance: Random) -> None:
    """It answers as a replica does."""
    with stage.direct() as redis:
        redis.replicaof("127.0.0.1", "1")
        stage.sleep(chance.uniform(1.0, 5.0))
        redis.replicaof("NO", "ONE")


# -- the rest of the world


def storm_of_repeats(stage: Stage, chance: Random) -> None:
    """Everything is sent three times, in any order."""
    stage.maker.storm = True
    stage.sleep(chance.uniform(2.0, 4.0))
    stage.maker.storm = False


def wrong_clock(stage: Stage, chance: Random) -> None:
    """A host's clock is off, by less or by more than the worker believes."""
    member = chance.choice(stage.fleet.wanted)
    skew = chance.choice((-3_600.0, -2.0, -0.4, 0.4, 2.0, 3_600.0))
    member.kill()
    member.launch({SKEW: str(skew)})
    stage.tell(f"{member.name} is {skew:+.1f} s off")
    member.ready()
    stage.sleep(chance.uniform(2.0, 4.0))
    member.kill()
    member.launch()


def no_room_for_logs(stage: Stage, chance: Random) -> None:
    """The disk is full: whatever is logged fails."""
    member = chance.choice(stage.fleet.wanted)
    member.kill()
    member.launch_deaf()
    stage.sleep(chance.uniform(3.0, 5.0))
    member.kill()
    member.launch()


FAULTS: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        kill_one,
        kill_all,
        burst_of_kills,
        kill_while_restoring,
        join_and_leave,
        rolling_restart,
        catalogue_changed,
        die_at_failpoint,
        die_while_taking,
        die_while_rebuilding,
        zombie,
        zombie_at_failpoint,
        broker_stopped,
        broker_killed,
        broker_frozen,
        changelog_refuses,
        redis_lost,
        redis_killed,
        redis_tail_lost,
        old_snapshot,
        flushall,
        failover,
        split_brain,
        redis_frozen,
        redis_slow,
        answers_lost,
        out_of_memory,
        read_only,
        storm_of_repeats,
        wrong_clock,
        no_room_for_logs,
    )
}
"""By the name that plans, tables and `--only` use."""
