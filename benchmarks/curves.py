"""Precision against recall as an SVG: small panels, one a detector, a dot a threshold."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SIDE, _GAP, _COLUMNS = 170, 62, 4
_NEAR = 12  # pixels: dots so close share a label
_FONT = 'font-family="sans-serif" font-size="10" fill="#24292f"'
_LINE, _CHOSEN, _GRID = "#2563eb", "#dc2626", "#d0d7de"


class Dot(NamedTuple):
    """One threshold: what is written beside it, and whether the catalogue has it."""

    label: str
    recall: float
    precision: float
    chosen: bool


def svg(panels: Mapping[str, Sequence[Dot]]) -> str:
    """The picture; both axes go from 0 to 1."""
    rows = -(-len(panels) // _COLUMNS)
    width, height = _COLUMNS * (_SIDE + _GAP) + 20, rows * (_SIDE + _GAP) + 20
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT}>'
    parts = [head, '<rect width="100%" height="100%" fill="white"/>']
    for place, (name, dots) in enumerate(panels.items()):
        row, column = divmod(place, _COLUMNS)
        parts += _panel(name, dots, 45 + column * (_SIDE + _GAP), 30 + row * (_SIDE + _GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, dots: Sequence[Dot], x: int, y: int) -> list[str]:
    places = [(x + dot.recall * _SIDE, y + (1 - dot.precision) * _SIDE) for dot in dots]
    line = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
    parts = [
        _text(x, y - 10, name),
        _text(x + _SIDE, y + _SIDE + 24, "recall: right", anchor="end"),
        _text(x, y + _SIDE + 24, "precision: up"),
        *_grid(x, y),
        f'<polyline points="{line}" fill="none" stroke="{_LINE}"/>',
    ]
    for dot, (px, py) in zip(dots, places, strict=True):
        colour, size = (_CHOSEN, 4.5) if dot.chosen else (_LINE, 3)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{size}" fill="{colour}"/>')
    return parts + _labels(dots, places)


def _labels(dots: Sequence[Dot], places: Sequence[tuple[float, float]]) -> list[str]:
    """Below and left of the dots; those that lie on each other in one line."""
    at: dict[tuple[int, int], list[str]] = {}
    for dot, (px, py) in zip(dots, places, strict=True):
        at.setdefault((round(px / _NEAR), round(py / _NEAR)), []).append(dot.label)
    return [
        _text(x * _NEAR - 6, y * _NEAR + 13, ", ".join(labels), anchor="end")
        for (x, y), labels in at.items()
    ]


def _grid(x: int, y: int) -> list[str]:
    parts = []
    for number in range(5):
        at = number * _SIDE / 4
        parts += [
            f'<path d="M{x} {y + at}h{_SIDE}M{x + at} {y}v{_SIDE}" stroke="{_GRID}"/>',
            _text(x - 5, y + at + 4, f"{1 - number / 4:g}", anchor="end"),
            _text(x + at, y + _SIDE + 12, f"{number / 4:g}", anchor="middle"),
        ]
    return parts


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'
