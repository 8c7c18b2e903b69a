"""What every server of tests can do: be stopped, killed, frozen, started again and removed."""

import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from agents.demo.child import Child


class OneServer(ABC):
    """A process with a folder of its own: `with` starts it and removes both at the end."""

    stop_within_s = 15.0

    def __init__(self, child: Child, folder: Path) -> None:
        self.child, self.folder = child, folder

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it serves."""

    def stop(self) -> None:
        """Shut it down in order."""
        self.child.stop(self.stop_within_s)

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers, until `resume`."""
        self.child.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self.child.resume()

    def remove(self) -> None:
        """Stop it and delete all that it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
