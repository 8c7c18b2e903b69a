"""What may go wrong in a way that a person can mend: one clear line each, and an exit code.

The command line prints the line and leaves with the code; anything else that is
raised is our own fault and may show its traceback.
"""

from typing import ClassVar


class Problem(Exception):  # noqa: N818 - its kinds are named by what the person sees
    """One line for a person: the thing, what is wrong with it, and the remedy."""

    exit_code: ClassVar[int] = 1


class FoundWrong(Problem):
    """The command did its work and found something wrong, or not at all."""


class WrongUse(Problem):
    """The command was called wrongly, or a file that it names cannot be used."""

    exit_code = 2


class WrongSetting(WrongUse):
    """A setting has a value that is not allowed; names the variable, never a secret."""


class Unreachable(Problem):
    """A server does not answer; names it, its address and the setting that holds it."""

    exit_code = 3
