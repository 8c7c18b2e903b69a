import subprocess
import sys
from pathlib import Path

import pytest

MODEL = Path(__file__).parent / "protocol.py"
ABOVE = [folder / "shared" / "model" / "protocol.py" for folder in Path(__file__).parents]
SHARED = next((file for file in ABOVE if file.exists()), None)  # beside a checkout or a worktree


def run(*arguments: str) -> str:
    """The model in a process of its own, as a person would run it."""
    done = subprocess.run(
        [sys.executable, str(MODEL), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_protocol_holds_in_random_histories() -> None:
    """Crashes, stalls, zombies, rebalances and Redis losses between any two steps."""
    assert run("clean", "0", "400").startswith("0 violations")


@pytest.mark.parametrize("step", ["always_publish", "cas_calls", "replay_dirty", "clock_at_cut"])
def test_leaving_a_step_out_breaks_histories(step: str) -> None:
    """The model can fail: these steps show within a few hundred histories."""
    words = run("ablate", "300", step).split()
    assert int(words[1]) > 0, words


@pytest.mark.skipif(SHARED is None, reason="the original is not beside this checkout")
def test_the_model_is_the_one_that_the_protocol_was_checked_with() -> None:
    """The protocol and its model change together, or not at all."""
    assert SHARED is not None
    assert MODEL.read_bytes() == SHARED.read_bytes()
