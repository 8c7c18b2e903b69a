from dataclasses import replace
from itertools import count
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.catalogue.load import load
from streams.sizing import CHOSEN, MEASURED, Constant, Load, size

PAGE = (Path(__file__).parents[2] / "docs" / "sizing.md").read_text(encoding="utf-8")
LOADS = st.builds(
    Load,
    events_s=st.floats(1, 2e6),
    users=st.integers(1, 200_000_000),
    tags=st.integers(1, 300),
    stream_length=st.integers(0, 1_000_000),
)


def row(name: str, constant: Constant) -> str:
    ran = constant.source.startswith(("make", "python"))
    source = f"`{constant.source}`" if ran else constant.source
    value = f"{constant.value:,.10g} {constant.unit}"
    return f"| `{name}` | {value} | {constant.what} | {source} |"


def test_the_page_tells_every_constant_with_its_benchmark() -> None:
    for name, constant in {**MEASURED, **CHOSEN}.items():
        assert row(name, constant) in PAGE


def test_the_page_shows_three_sizes_as_they_are() -> None:
    loads = [Load(1_000, 100_000), Load(50_000, 20_000_000), Load(1_000_000, 100_000_000)]
    sizes = [size(load) for load in loads]
    assert f"| workers | {' | '.join(str(s.workers) for s in sizes)} |" in PAGE
    assert f"| partitions | {' | '.join(str(s.partitions) for s in sizes)} |" in PAGE
    restarts = " | ".join(f"{s.recovery_s:.0f} s" for s in sizes)
    assert f"| a worker restarts in | {restarts} |" in PAGE


def test_a_size_is_that_of_the_packaged_catalogue_unless_said() -> None:
    packaged = Path(__file__).parents[2] / "schemas" / "catalogue" / "community_lending.yaml"
    assert Load(1, 1).tags == len(load(packaged.read_text(encoding="utf-8"), "packaged").tags)


@given(LOADS)
def test_workers_are_the_fewest_that_have_room(load: Load) -> None:
    """Found by trying 2, 3, 4, ... until all limits are kept."""
    cpu_us = MEASURED["event_us"].value + MEASURED["tag_us"].value * (load.tags - 1)
    busy_us = load.events_s * cpu_us
    found = size(load)
    most = CHOSEN["users_a_worker"].value
    for workers in count(2):
        each = load.users / workers
        if busy_us / workers / 1e6 <= CHOSEN["busy"].value * (1 + 1e-12) and each <= most:
            assert found.workers == workers
            break
    assert found.partitions % 12 == 0
    assert found.partitions >= 4 * found.workers > found.partitions - 12


@given(LOADS)
def test_more_of_anything_never_takes_less(load: Load) -> None:
    """Of events, users, tags and entries of streams."""
    here = size(load)
    for more in (
        replace(load, events_s=load.events_s * 2),
        replace(load, users=load.users * 2),
        replace(load, tags=load.tags * 2),
        replace(load, stream_length=load.stream_length * 2),
    ):
        there = size(more)
        assert there.workers >= here.workers
        assert there.partitions >= here.partitions
        assert there.redis_memory >= here.redis_memory
        assert there.changelog_disk >= here.changelog_disk
        assert there.inputs_disk >= here.inputs_disk
        assert there.redis_share >= here.redis_share


@given(LOADS)
def test_memory_and_time_of_a_restart_are_those_of_a_workers_users(load: Load) -> None:
    """Against the same in one line of plain arithmetic."""
    found, users = size(load), -(-load.users // size(load).workers)
    assert abs(found.memory_a_worker - 1.5 * (144e6 + 716 * users)) <= 1
    fresh = 0.68 * 3_600 * load.events_s / found.workers  # of the hour that is not compacted
    assert abs(found.recovery_s - (1.1 + (1.5 * users + fresh) / 214_317)) < 1e-6
