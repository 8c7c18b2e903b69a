"""The three places that speak of dependencies agree: pyproject, the locks, and the reasons."""

import re
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
BUILD: list[str] = PROJECT["dependency-groups"]["build"]
RUN: list[str] = [*PROJECT["project"]["dependencies"], *EXTRAS["demo"], *EXTRAS["web"], *BUILD]


def names(requirements: list[str]) -> set[str]:
    """The packages of a list of requirements, without versions and extras."""
    return {re.split(r"[^a-z0-9.-]", one.lower().replace("_", "-"))[0] for one in requirements}


def locked(file: str) -> set[str]:
    """What a lock pins, as `name==version`."""
    return set(
        re.findall(
            r"^([a-z0-9.-]+(?:\[[a-z0-9,]+\])?==\S+)", (ROOT / file).read_text(), re.MULTILINE
        )
    )


def normal(pins: set[str]) -> set[str]:
    """The names of pinned packages; the index writes a dot in a name as a dash."""
    return {pin.partition("==")[0].partition("[")[0].replace(".", "-") for pin in pins}


def test_every_dependency_has_its_reason_written_down() -> None:
    """docs/decisions/0002 names each package that pyproject asks for."""
    reasons = (ROOT / "docs/decisions/0002-dependencies.md").read_text()
    asked = names(list(chain(RUN, *EXTRAS.values())))
    assert {name for name in asked if name not in reasons} == set()


def test_the_locks_have_every_dependency() -> None:
    """A dependency that was added without `make lock` is found here."""
    assert {name.replace(".", "-") for name in names(RUN)} <= normal(locked("requirements.txt"))
    assert names(EXTRAS["dev"]) <= normal(locked("requirements-dev.txt"))


def test_users_and_developers_run_the_same_versions() -> None:
    """What the image has is a part of what `make demo` installs, and that of what is tested."""
    assert locked("requirements-image.txt") <= locked("requirements.txt")
    assert locked("requirements.txt") <= locked("requirements-dev.txt")


def test_the_image_has_all_but_the_servers_of_the_demo() -> None:
    """A production image with a broker in it would be a surprise."""
    there = normal(locked("requirements-image.txt"))
    assert {name for name in names(RUN) if name.replace(".", "-") not in there} == names(
        EXTRAS["demo"]
    )


def test_every_locked_package_has_hashes() -> None:
    """Pip installs nothing else than what was locked."""
    for file in ("requirements.txt", "requirements-image.txt", "requirements-dev.txt"):
        assert len(re.findall(r"== ?\S+ .*\\\n +--hash=", (ROOT / file).read_text())) == len(
            locked(file)
        )
