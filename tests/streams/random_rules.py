"""Random expressions over given names, as a person would write them in a catalogue."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

NUMBERS = ("0", "1", "2", "2.5", "3", "4", "10", "-1", "1 / 3", "(2 - 0.5)")
TEXTS = ("a", "b", "c1", "c2", "x", "true", "1")
AGES = ("hours_since({}) {} 0.0005", "hours_since({}) {} 0.002", "days_since({}) {} 0.5")
ORDERS = ("<", "<=", ">", ">=")
COMPARISONS = (*ORDERS, "==", "!=")


@dataclass
class Names:
    """The names that an expression may use, by type; `closed`: tags with their only values."""

    number: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    bool: list[str] = field(default_factory=list)
    time: list[str] = field(default_factory=list)
    set: list[str] = field(default_factory=list)
    closed: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, kind: str) -> None:
        """One more."""
        getattr(self, "number" if kind == "money" else kind).append(name)


@dataclass
class Rules:
    """Draws expressions."""

    draw: st.DrawFn
    names: Names

    def one(self, *choices: str) -> str:
        """Any of them."""
        return self.draw(st.sampled_from(choices))

    def condition(self, depth: int = 2) -> str:
        """True or false."""
        made_of = {
            "number": self._compared,
            "text": self._text,
            "bool": self._flag,
            "time": self._age,
            "set": self._membership,
            "closed": self._exclusive,
        }
        makers = [make for kind, make in made_of.items() if getattr(self.names, kind)]
        makers += [self._compared] * 2 * bool(self.names.number)
        if depth and self.one("alone", "alone", "joined") == "joined":
            left, right = self.condition(depth - 1), self.condition(depth - 1)
            return self.one(f"({left} and {right})", f"({left} or {right})", f"not ({left})")
        if not makers:
            return self.one("true", "1 < 2", "max(1, 2) == 2")
        return self.draw(st.sampled_from(makers))()

    def number(self, depth: int = 2) -> str:
        """A number, or missing."""
        if not depth or not (self.names.number or self.names.set):
            return self.one(*self.names.number, *NUMBERS)
        left, right = self.number(depth - 1), self.number(depth - 1)
        forms = [f"({left} {op} {right})" for op in ("+", "-", "*")]
        forms += [f"min({left}, {right})", f"max({left}, {right})", f"abs({left})", f"-({left})"]
        forms += [f"({left} / {name})" for name in self.names.number]
        forms += [f"len({name})" for name in (*self.names.set, *self.names.text)]
        return self.one(*forms, *self.names.number)

    def _compared(self) -> str:
        name, op = self.one(*self.names.number), self.one(*COMPARISONS)
        limit, other = self.one(*NUMBERS), self.number(1)
        within = f"{name} {self.one('in', 'not in')} ({limit}, 3)"
        simple = [f"{name} {self.one(*ORDERS)} {limit}"] * 4
        return self.one(*simple, f"{limit} {op} {name}", within, f"{other} {op} {name}")

    def _text(self) -> str:
        name, other, value = *(self.one(*self.names.text) for _ in "12"), self.one(*TEXTS)
        listed = f"{name} {self.one('in', 'not in')} ('{value}', 'b')"
        return self.one(f"{name} == '{value}'", f"{name} != {other}", listed, f"{name} >= 'b'")

    def _age(self) -> str:
        name, other, op = *(self.one(*self.names.time) for _ in "12"), self.one(*ORDERS)
        return self.one(self.one(*AGES).format(name, op), f"{name} {op} {other}")

    def _membership(self) -> str:
        name, word = self.one(*self.names.set), self.one("in", "not in")
        member = self.one(*(f"'{text}'" for text in TEXTS), *self.names.text)
        return self.one(f"{member} {word} {name}", f"len({name}) {self.one(*ORDERS)} 2")

    def _flag(self) -> str:
        name = self.one(*self.names.bool)
        return self.one(name, f"not {name}", f"{name} == false", f"{name} != true")

    def _exclusive(self) -> str:
        tag = self.one(*self.names.closed)
        first, *others = (f"'{value}'" for value in self.names.closed[tag])
        listed = ", ".join([first, *others[1:]])
        return self.one(f"{tag} == {first}", f"{tag} != {first}", f"{tag} not in ({listed})")
