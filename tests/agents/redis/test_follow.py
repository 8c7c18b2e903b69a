"""`Follower` against a Redis of dictionaries, with a writer that acts between any two reads."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import encode

from agents.redis.follow import Follower
from agents.redis.keys import Keys
from agents.redis.mirror import Mirror
from agents.redis.news import Change, Position
from agents.redis.server import Entries, Meta, Reading
from agents.redis.tags import Fields, Tags, tags_in
from schemas.changes import EraseCause, ExpiryCause, TagChange, Why, encode_change

KEYS = Keys()
PARTITIONS = (0, 1)
USERS = ("a", "b", "c", "d", "e")
PAGE = 2
_JUMP = 1_000_000


class Away(ConnectionError):  # noqa: N818 - a state of the world, not our error
    """The server is away just now."""


class PartitionData:
    """A partition as Redis has it; `history` counts the runs ever begun."""

    def __init__(self, history: int = 0, seq: int = 0) -> None:
        self.run: str | None = f"run-{history}"
        self.seq, self.building = seq, False
        self.users: dict[str, dict[str, bytes]] = {}
        self.stream: list[tuple[int, bytes]] = []

    @property
    def meta(self) -> Meta:
        """What a reader sees of it."""
        return Meta(self.run, self.seq, 0, 1, self.building)


class FakeRedis:
    """Answers as `Server` does. `act` is called before every answer: others use Redis, too."""

    def __init__(self) -> None:
        self.partitions = {p: PartitionData() for p in PARTITIONS}
        self.histories = 0
        self.name = "server-0"
        self.act: Callable[[], None] = lambda: None

    # what a writer does

    def change(self, p: int, user: str, tag: str, value: str | None) -> None:
        """A tag of a user changes."""
        data = self.partitions[p]
        if data.run is None or data.building:
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
        if data.run is None or data.building:
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

    def end_run(self, p: int, users: Sequence[str]) -> None:
        """The hashes of these users are written."""
        data = self.partitions[p]
        if data.building:
            for user in users:
                data.users[user] = {"t": encode({"value": "n", "since": 1, "seq": data.seq})}
            data.building = False

    def restart(self) -> None:
        """Another process, whose SCAN has another order, with the same data."""
        self.histories += 1
        self.name = f"server-{self.histories}"

    def _append(self, data: PartitionData, change: TagChange) -> None:
        data.stream.append((change.seq, encode_change(change)))

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
            entries = [entry for entry in self._stream(stream) if entry[0] > seq][:3]
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

    def _fields(self, p: int, user: str) -> Fields:
        tags = self.partitions[p].users.get(user, {})
        return {tag.encode(): value for tag, value in tags.items()}

    def _stream(self, key: str) -> list[tuple[int, bytes]]:
        return next(d.stream for p, d in self.partitions.items() if KEYS.changes(p) == key)


Step = Callable[[FakeRedis], None]
partition, user = st.sampled_from(PARTITIONS), st.sampled_from(USERS)
changes = st.builds(
    lambda p, u, t, v: lambda redis: redis.change(p, u, t, v),
    partition,
    user,
    st.sampled_from("tx"),
    st.sampled_from(["1", "2", None]),
)
erasures = st.builds(lambda p, u: lambda redis: redis.erase(p, u), partition, user)
trims = st.builds(lambda p, n: lambda redis: redis.trim(p, n), partition, st.integers(0, 3))
begins = st.builds(
    lambda p, b: lambda redis: redis.begin_run(p, from_one=b), partition, st.booleans()
)
ends = st.builds(lambda p, u: lambda redis: redis.end_run(p, u), partition, st.sets(user).map(list))


def fails(redis: FakeRedis) -> None:
    """No answer this time."""
    del redis
    raise Away


steps = st.one_of(
    changes,
    changes,
    changes,
    changes,
    erasures,
    trims,
    begins,
    ends,
    ends,
    st.just(FakeRedis.flush),
    st.just(FakeRedis.restart),
    st.just(fails),
)


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


def acting(redis: FakeRedis, schedule: Sequence[Sequence[Step]]) -> Callable[[], None]:
    """The next steps, each time it is called; then workers put all in order; then nothing."""
    todo = iter(schedule)
    quiet = 0

    def act() -> None:
        nonlocal quiet
        steps = next(todo, None)
        for step in steps or ():
            step(redis)
        if steps is None:
            quiet += 1
            in_order(redis)
        if quiet > 60:  # some twenty seconds
            raise Quiet

    return act


def in_order(redis: FakeRedis) -> None:
    """What workers see to in the end: there is a run, and it is written."""
    for p, data in redis.partitions.items():
        if data.run is None:
            redis.begin_run(p, from_one=False)
        redis.end_run(p, USERS[:3])


@settings(max_examples=300, deadline=None)
@given(before=st.lists(changes, max_size=8), schedule=st.lists(st.lists(steps, max_size=3)))
async def test_whatever_happens_between_two_reads_it_ends_equal_to_redis(
    before: list[Step], schedule: list[list[Step]]
) -> None:
    """And every change it tells is the next one, of the run that it follows."""
    redis, clock, mirror = FakeRedis(), Clock(), Mirror()
    for step in before:
        step(redis)
    redis.act = acting(redis, schedule)

    async def reach() -> Reading:
        return redis

    with suppress(Quiet):
        async for told in Follower(reach, KEYS, PARTITIONS, {}, clock.now, clock.sleep).news():
            if isinstance(told, Change):
                at = mirror.positions[told.partition]
                assert told.position == Position(at.run, at.seq + 1)
                assert told.partition not in mirror.coming
            mirror.apply(told)
    assert not mirror.coming
    for p, data in redis.partitions.items():
        assert mirror.positions[p] == Position(data.run or "", data.seq)
        assert mirror.whole[p] == {user: redis.tags(p, user) for user in data.users}
