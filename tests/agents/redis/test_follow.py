"""`Follower` against a Redis of dictionaries, with a writer that acts between any two reads."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import encode

from agents.redis.follow import Follower
from agents.redis.keys import Keys
from agents.redis.mirror import Mirror
from agents.redis.news import Change, End, Position
from agents.redis.server import Entries, Meta, Reading
from agents.redis.tags import Fields, Tags, tags_in
from schemas.changes import EraseCause, ExpiryCause, TagChange, Why, encode_change

KEYS = Keys()
PARTITIONS = (0, 1)
USERS = ("a", "b", "c", "d", "e")
PAGE = 2
ACTS, QUIET = 80, 100  # reads while something happens, and while nothing does
_JUMP = 1_000_000


class Away(ConnectionError):  # noqa: N818 - a state of the world, not our error
    """The server is away just now."""


class PartitionData:
    """A partition as Redis has it; `history` counts the runs ever begun."""

    def __init__(self, history: int = 0, seq: int = 0) -> None:
        self.run: str | None = f"run-{history}"
        self.seq, self.building = seq, False
        self.went_back = False  # then its workers begin a new run before they write again
        self.users: dict[str, dict[str, bytes]] = {}
        self.past: dict[int, dict[str, dict[str, bytes]]] = {}  # the users at each seq
        self.keep()
        self.stream: list[tuple[int, bytes]] = []

    @property
    def writable(self) -> bool:
        """Whether workers publish changes here."""
        return self.run is not None and not self.building and not self.went_back

    def keep(self) -> None:
        """Remember the users of this moment."""
        self.past[self.seq] = {user: dict(tags) for user, tags in self.users.items()}

    @property
    def meta(self) -> Meta:
        """What a reader sees of it."""
        return Meta(self.run, self.seq, 0, 1, self.building)


class FakeRedis:
    """Answers as `Server` does. `act` is called before every answer: others use Redis, too."""

    def __init__(self) -> None:
        self.partitions = {p: PartitionData() for p in PARTITIONS}
        self.past = {(p, data.run): data.past for p, data in self.partitions.items()}
        self.histories = 0
        self.name = "server-0"
        self.act: Callable[[], None] = lambda: None

    # what a writer does

    def change(self, p: int, user: str, tag: str, value: str | None) -> None:
        """A tag of a user changes."""
        data = self.partitions[p]
        if not data.writable:
            return
        data.seq += 1
        tags = data.users.setdefault(user, {})
        tags.pop(tag, None)
        if value is not None:
            tags[tag] = encode({"value": value, "since": data.seq, "seq": data.seq})
        if not tags:
            del data.users[user]
        why = Why("x", {})
        self._append(
            data, TagChange(data.seq, user, tag, None, value, data.seq, ExpiryCause(), why, "c@1")
        )

    def erase(self, p: int, user: str) -> None:
        """A user is forgotten."""
        data = self.partitions[p]
        if not data.writable:
            return
        data.seq += 1
        data.users.pop(user, None)
        self._append(
            data, TagChange(data.seq, user, None, None, None, 0, EraseCause(), None, "c@1")
        )

    def trim(self, p: int, keep: int) -> None:
        """The stream forgets its oldest entries."""
        stream = self.partitions[p].stream
        del stream[: max(0, len(stream) - keep)]

    def flush(self) -> None:
        """All is lost."""
        for p in PARTITIONS:
            self.partitions[p] = PartitionData()
            self.partitions[p].run = None

    def begin_run(self, p: int, *, from_one: bool) -> None:
        """A new run begins: far above what was, or at 1 where nobody knows what was."""
        self.histories += 1
        old = self.partitions[p]
        new = PartitionData(self.histories, 0 if from_one else old.seq + _JUMP)
        new.building = True
        new.stream = [] if from_one else old.stream
        self.partitions[p] = new
        self.past[p, new.run] = new.past

    def end_run(self, p: int, users: Sequence[str]) -> None:
        """The hashes of these users are written."""
        data = self.partitions[p]
        if data.building:
            for user in users:
                data.users[user] = {"t": encode({"value": "n", "since": 1, "seq": data.seq})}
            data.building = False
            data.keep()

    def go_back(self, p: int, changes: int) -> None:
        """A failover to a replica that lacks the last changes."""
        data = self.partitions[p]
        if data.seq - changes in data.past:
            data.seq -= changes
            data.users = {user: dict(tags) for user, tags in data.past[data.seq].items()}
            data.stream = [entry for entry in data.stream if entry[0] <= data.seq]
            data.went_back = True
            self.restart()

    def restart(self) -> None:
        """Another process, whose SCAN has another order, with the same data."""
        self.histories += 1
        self.name = f"server-{self.histories}"

    def _append(self, data: PartitionData, change: TagChange) -> None:
        data.stream.append((change.seq, encode_change(change)))
        data.keep()

    # what a reader asks

    async def metas(self, partitions: Sequence[int]) -> Mapping[int, Meta]:
        self.act()
        return {p: self.partitions[p].meta for p in partitions}

    async def wait(
        self, after: Mapping[str, int], block_ms: int | None
    ) -> Sequence[tuple[str, Entries]]:
        del block_ms
        self.act()
        found = []
        for stream, seq in after.items():
            entries = [entry for entry in self._stream(stream) if entry[0] > seq][:5]
            if entries:
                found.append((stream, entries))
        return found

    async def span(self, stream: str, after: int, until: int) -> Entries:
        self.act()
        return [entry for entry in self._stream(stream) if after < entry[0] <= until]

    async def scan(self, cursor: int, match: str) -> tuple[int, Sequence[bytes]]:
        """By ranges of the name: whoever is there all the time is found; a key may come twice."""
        self.act()
        step = (*USERS, "~")
        turned = step if int(self.name.rpartition("-")[2]) % 2 == 0 else step[::-1]
        page = turned[cursor : cursor + PAGE + 1]  # one of them again on the next page
        keys = [
            KEYS.user(p, user).encode()
            for p in PARTITIONS
            for user in page
            if user in self.partitions[p].users and fnmatchcase(KEYS.user(p, user), match)
        ]
        following = cursor + PAGE
        return (0 if following >= len(step) else following), keys

    async def read(
        self, partitions: Sequence[int], keys: Sequence[bytes]
    ) -> tuple[Mapping[int, Meta], Sequence[Fields]]:
        self.act()
        found = [KEYS.user_of(key) for key in keys]
        return (
            {p: self.partitions[p].meta for p in partitions},
            [self._fields(p, user) for p, user in found],
        )

    async def identity(self) -> str | None:
        self.act()
        return self.name

    def tags(self, p: int, user: str) -> Tags:
        """A user's tags."""
        return tags_in(self._fields(p, user))

    def then(self, p: int, position: Position) -> dict[str, Tags]:
        """All tags as they were at that position."""
        users = self.past[p, position.run][position.seq].items()
        return {user: tags_in({t.encode(): v for t, v in tags.items()}) for user, tags in users}

    def _fields(self, p: int, user: str) -> Fields:
        tags = self.partitions[p].users.get(user, {})
        return {tag.encode(): value for tag, value in tags.items()}

    def _stream(self, key: str) -> list[tuple[int, bytes]]:
        return next(d.stream for p, d in self.partitions.items() if KEYS.changes(p) == key)


class Chance:
    """What happens to a Redis, by a seed: mostly changes, and all that can go wrong."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._trouble = self._random.choice((0.0, 0.03, 0.2))

    def act(self, redis: FakeRedis) -> None:
        """Nothing, or a burst of changes, or trouble, or both."""
        for _ in range(self._random.choice((0, 0, 1, 2, 6))):
            self.change(redis)
        if self._random.random() < self._trouble:
            self._disturb(redis)
        if self._random.random() < 0.1:
            in_order(redis)

    def change(self, redis: FakeRedis) -> None:
        """One change."""
        pick = self._random.choice
        p, user = pick(PARTITIONS), pick(USERS)
        if self._random.random() < 0.1:
            redis.erase(p, user)
        else:
            redis.change(p, user, pick("tx"), pick(("1", "2", None)))

    def trim(self, redis: FakeRedis) -> None:
        """Perhaps a stream loses all its entries."""
        if self._trouble:
            redis.trim(self._random.choice(PARTITIONS), self._random.choice((0, 9)))

    def _disturb(self, redis: FakeRedis) -> None:
        pick = self._random.choice
        p = pick(PARTITIONS)
        what = pick(("trim", "trim", "begin", "anew", "end", "flush", "restart", "back", "fail"))
        match what:
            case "anew":  # from 1, and as far as before, all at once
                before = redis.partitions[p].seq % _JUMP
                redis.begin_run(p, from_one=True)
                redis.end_run(p, USERS[2:])
                for n in range(before + pick((-1, 0, 1, 4))):
                    redis.change(p, USERS[n % 2], "x", "3")
            case "trim":
                redis.trim(p, pick((0, 1, 3)))
            case "begin":
                redis.begin_run(p, from_one=pick((True, False)))
                if pick((True, False)):
                    redis.end_run(p, pick((USERS[:2], USERS[1:])))
            case "end":
                redis.end_run(p, pick((USERS[:2], USERS[1:])))
            case "flush":
                redis.flush()
            case "restart":
                redis.restart()
            case "back":
                redis.go_back(p, pick((1, 2, 5)))
            case _:
                raise Away


class Clock:
    """Time that passes when somebody looks or sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        self.time += 0.2  # a check each few rounds
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class Quiet(Exception):  # noqa: N818 - the end of a test
    """Nothing happens any more."""


def acting(redis: FakeRedis, chance: Chance) -> Callable[[], None]:
    """Something happens each time it is called; later workers put all in order; then nothing."""
    times = 0

    def act() -> None:
        nonlocal times
        times += 1
        if times <= ACTS:
            chance.act(redis)
        elif times <= ACTS + QUIET:
            in_order(redis)
            if times == ACTS + 1:
                chance.trim(redis)
        else:
            raise Quiet

    return act


def in_order(redis: FakeRedis) -> None:
    """What workers see to in the end: there is a run, and it is written."""
    for p, data in redis.partitions.items():
        if data.run is None or data.went_back:
            redis.begin_run(p, from_one=False)
        redis.end_run(p, USERS[:3])


@settings(max_examples=250, deadline=None)
@given(seed=st.integers(0, 2**32))
async def test_whatever_happens_between_two_reads_it_ends_equal_to_redis(seed: int) -> None:
    """And every change it tells is the next one, of the run that it follows."""
    redis, clock, mirror, chance = FakeRedis(), Clock(), Mirror(), Chance(seed)
    for _ in range(5):
        chance.change(redis)
    redis.act = acting(redis, chance)

    async def reach() -> Reading:
        return redis

    with suppress(Quiet):
        async for told in Follower(reach, KEYS, PARTITIONS, {}, clock.now, clock.sleep).news():
            if isinstance(told, Change):
                at = mirror.positions[told.partition]
                assert told.position == Position(at.run, at.seq + 1)
                assert told.partition not in mirror.coming
            mirror.apply(told)
            if isinstance(told, End | Change):
                assert mirror.whole[told.partition] == redis.then(told.partition, told.position)
    assert not mirror.coming
    for p, data in redis.partitions.items():
        assert mirror.positions[p] == Position(data.run or "", data.seq)
        assert mirror.whole[p] == {user: redis.tags(p, user) for user in data.users}
