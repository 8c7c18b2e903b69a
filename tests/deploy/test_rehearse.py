import subprocess
import sys
from pathlib import Path

from deploy.rehearse import HERE, Rehearsal, instructions

DOCKERFILE = (HERE / "Dockerfile").read_text(encoding="utf-8")


def test_continued_lines_are_one_instruction_and_comments_none() -> None:
    text = "# what\nRUN a \\\n# why\n && b\nCMD c\n"
    assert list(instructions(text)) == [("RUN", "a  && b"), ("CMD", "c")]


def test_paths_of_the_image_are_put_under_the_folder(tmp_path: Path) -> None:
    """And nothing outside of it is touched."""
    make = "RUN mkdir -p /opt/tagstream \\\n && cp LICENSE /opt/tagstream/"
    Rehearsal(tmp_path).play(f"FROM x AS y\nWORKDIR /src\nCOPY LICENSE ./\n{make}")
    copied = (tmp_path / "opt/tagstream/LICENSE").read_bytes()
    assert copied == (HERE.parent / "LICENSE").read_bytes()


def test_the_image_runs_as_nobody_in_particular_and_starts_without_a_shell() -> None:
    """A number, so that Kubernetes can check it; signals reach the program itself."""
    found = dict(instructions(DOCKERFILE))
    assert found["USER"] == "10001:10001"
    assert found["ENTRYPOINT"].startswith("[")
    assert found["CMD"].startswith("[")
    assert 'CMD ["python"' in found["HEALTHCHECK"]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = f"{sys.prefix}/bin/hadolint"
    done = subprocess.run(
        [hadolint, str(HERE / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
