"""The users of a partition: each a row, or a decoded state while in use.

Few are decoded at a time, and packed again when as many others were: what an event touches
then lies in the processor's cache, and a checkpoint finds its rows ready (docs/performance.md).
When a row is packed decides nothing: it holds the same wherever a user was packed in between.
"""

from collections.abc import Iterator

from streams.compiler.program import Program
from streams.row import State, compressed, is_known

DECODED = 64
"""So many may be decoded where there is a cache to fit into."""


class Users:
    """Rows and states by user; what was touched since the last `take_dirty` is dirty.

    `forgets`: whoever is first seen and then does not exist gets no row. `decoded`: so many
    users at most are, before half of them become rows again.
    """

    def __init__(self, program: Program, *, forgets: bool, decoded: int) -> None:
        self.states: dict[str, State | bytes] = {}
        """For who looks at it at every event; what is not decoded yet, `wake` decodes."""
        self._fresh, self._codec = program.fresh, program.codec
        self._forgets = forgets
        self._most = decoded
        self._decoded: list[str] = []  # in the order in which they were woken
        self._dirty: dict[str, bytes | None] = {}  # rows since the last `take_dirty`
        self._rowless: dict[str, None] = {}  # no row is written of these, unless they exist by then

    def wake(self, user: str, row: bytes | None) -> State:
        """Decode a user for use, until others are woken; a new one if there is no row."""
        decoded = self._decoded
        if len(decoded) >= self._most:
            half = self._most + 1 >> 1
            self._codec.freeze_all(self.states, decoded[:half], self._dirty)
            del decoded[:half]
        if row is None:
            state = self._fresh()
            if self._forgets:
                self._rowless[user] = None
        else:
            state = self._codec.thaw(row)
        self.states[user] = state
        decoded.append(user)
        return state

    def in_use(self, user: str) -> State:
        """The state of a user of whom there is a row."""
        state = self.states[user]
        return state if isinstance(state, State) else self.wake(user, state)

    def look(self, user: str) -> State | None:
        """The state of a user, not to be changed; None if there is no row."""
        state = self.states.get(user)
        return state if state is None or isinstance(state, State) else self._codec.thaw(state)

    def copy(self, user: str) -> State | None:
        """A state with the same content as that of the user; None if there is no row."""
        state = self.states.get(user)
        return self._codec.copy(state) if isinstance(state, State) else self.look(user)

    def drop(self, user: str) -> None:
        """No row is to be left of this user, unless they exist again by then."""
        self._rowless[user] = None

    def is_dropped(self, user: str) -> bool:
        """Whether no row is to be left of this user, unless they exist by then."""
        return user in self._rowless

    def __contains__(self, user: str) -> bool:
        """Whether they exist; of who does not, something may be kept all the same."""
        state = self.states.get(user)
        if state is None:
            return False
        return state.known if isinstance(state, State) else is_known(state)

    @property
    def decoded(self) -> int:
        """How many are decoded."""
        return len(self._decoded)

    # -- rows

    def take_dirty(self) -> list[tuple[str, bytes | None]]:
        """Rows touched since the last call; None where one is gone."""
        for user in self._rowless:
            if user not in self:
                del self.states[user]
                self._dirty[user] = None
        decoded = [user for user in self._decoded if user in self.states]
        self._codec.freeze_all(self.states, decoded, self._dirty)
        rows = [(user, row and compressed(row)) for user, row in self._dirty.items()]
        self._decoded.clear()
        self._dirty.clear()
        self._rowless.clear()
        return rows

    def load(self, user: str, row: bytes | None) -> None:
        """Restore a row; a later one replaces it. None: it is gone."""
        if row:
            self.states[user] = row
        else:
            self.states.pop(user, None)

    def mark_dirty(self, user: str) -> None:
        """The row must be written again, though nothing touched it."""
        row = self.states.get(user)
        if not isinstance(row, State):
            self._dirty[user] = row

    def rows(self) -> Iterator[bytes]:
        """The rows of who is not decoded."""
        return (row for row in self.states.values() if not isinstance(row, State))

    def all(self) -> Iterator[State]:
        """The states of all of whom there is a row, not to be changed."""
        for state in self.states.values():
            yield state if isinstance(state, State) else self._codec.thaw(state)
