"""Small drawings as SVG: bars with intervals, a reliability diagram, and a curve.

Each is one file that reads well in light and in dark: the colours stand as attributes on a card of
its own, and a style for dark screens changes them where the viewer allows styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 640
LEFT, RIGHT, TOP, ROW = 250, 60, 16, 30  # of bars
SIDE, MARGIN, BASE = 300, 70, 60  # of square plots; below one, its scale and its name
KEY = MARGIN + SIDE + 40  # where a square plot's key stands
STYLE = (
    "@media (prefers-color-scheme:dark){.p{fill:#1b2425}.i{fill:#e8ece7}.g{stroke:#36474a}.b{fill:#4f8f83}"
    ".w{stroke:#fff}.c{stroke:#86d3c3}.e{stroke:#b4c1bd}.k{fill:#ffb27a}}"
)
PAPER, INK, GRID, BAR, WHISKER, CURVE, SECOND, MARK = (
    "#fff",
    "#20302f",
    "#d8d0c2",
    "#5f9f93",
    "#20302f",
    "#17584f",
    "#4a5b5a",
    "#a4470f",
)


@dataclass(frozen=True)
class Bar:
    """A share with its interval, all 0 to 1."""

    name: str
    value: float
    low: float
    high: float


Points = Sequence[tuple[float, float]]


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Return bars from 0 to 100 % with a line over each interval."""
    across = WIDTH - LEFT - RIGHT
    height = TOP + ROW * len(rows) + 30
    parts = _ticks_across(LEFT, across, TOP, TOP + ROW * len(rows))
    for i, row in enumerate(rows):
        y = TOP + ROW * i
        middle = y + ROW / 2
        parts.append(_text(LEFT - 8, middle + 4, row.name, "end"))
        parts.append(f'<path class="b" fill="{BAR}" d="M{LEFT} {y + 7}h{across * row.value:.1f}v{ROW - 14}H{LEFT}z"/>')
        low, high = (LEFT + across * v for v in (row.low, row.high))
        parts.append(
            f'<path class="w" stroke="{WHISKER}" stroke-width="2" fill="none" '
            f'd="M{low:.1f} {middle - 5:g}v10m0-5H{high:.1f}m0-5v10"/>'
        )
        parts.append(_text(WIDTH - 8, middle + 4, f"{100 * row.value:.0f} %", "end"))
    return _drawing(title, WIDTH, height, parts)


def reliability(title: str, bins: Sequence[tuple[float, float, int]]) -> str:
    """Return dots of (mean confidence, share right, count); the nearer to the line, the better."""
    parts = [*_square("how sure it was", "share right"), _line([(0, 0), (1, 1)], "e", SECOND, dashed=True)]
    most = max((n for _, _, n in bins), default=1)
    for sure, right, n in bins:
        x, y = _at(sure, right)
        parts.append(
            f'<circle class="b" fill="{BAR}" cx="{x:.1f}" cy="{y:.1f}" r="{4 + 8 * (n / most) ** 0.5:.1f}">'
            f"<title>{sure:.2f} sure, {right:.2f} right, {n} questions</title></circle>"
        )
    parts += _key(0, "as right as it was sure", "e", SECOND, dashed=True)
    return _drawing(title, WIDTH, SIDE + BASE + 20, parts)


def curve(title: str, lines: Sequence[tuple[str, Points]], mark: tuple[float, float], across: str, up: str) -> str:
    """Return at most two named lines through (x, y), 0 to 1, and a *mark* where the product stands."""
    parts = [*_square(across, up)]
    for i, (name, points) in enumerate(lines):
        style, colour = ("c", CURVE) if i == 0 else ("e", SECOND)
        parts.append(_line(points, style, colour, dashed=i > 0))
        parts += _key(i, name, style, colour, dashed=i > 0)
    x, y = _at(*mark)
    parts.append(f'<circle class="k" fill="{MARK}" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    parts.append(f'<circle class="k" fill="{MARK}" cx="{KEY + 16}" cy="{TOP + 74}" r="6"/>')
    parts.append(_text(KEY + 40, TOP + 78, "where it is set", "start"))
    return _drawing(title, WIDTH, SIDE + BASE + 20, parts)


def _at(x: float, y: float) -> tuple[float, float]:
    return MARGIN + SIDE * x, 16 + SIDE * (1 - y)


def _square(across: str, up: str) -> list[str]:
    parts = []
    for step in range(0, 101, 25):
        x, y = _at(step / 100, step / 100)
        parts.append(f'<path class="g" stroke="{GRID}" d="M{x:g} 16V{16 + SIDE}M{MARGIN} {y:g}h{SIDE}"/>')
        parts.append(_text(x, SIDE + 34, f"{step} %", "middle"))
        parts.append(_text(MARGIN - 6, y + 4, f"{step} %", "end"))
    parts.append(_text(MARGIN + SIDE / 2, SIDE + 60, across, "middle"))
    parts.append(_text(MARGIN, 11, up, "start"))
    return parts


def _ticks_across(left: int, across: int, top: int, bottom: int) -> list[str]:
    parts = []
    for step in range(0, 101, 25):
        x = left + across * step / 100
        parts.append(f'<path class="g" stroke="{GRID}" d="M{x:g} {top}V{bottom}"/>')
        parts.append(_text(x, bottom + 18, f"{step} %", "middle"))
    return parts


def _line(points: Points, style: str, colour: str, *, dashed: bool) -> str:
    path = "L".join("{:.1f} {:.1f}".format(*_at(*p)) for p in points)
    return _path(f"M{path}", style, colour, dashed)


def _key(row: int, said: str, style: str, colour: str, *, dashed: bool) -> list[str]:
    y = TOP + 14 + 30 * row
    return [_path(f"M{KEY} {y}h32", style, colour, dashed), _text(KEY + 40, y + 4, said, "start")]


def _path(d: str, style: str, colour: str, dashed: bool) -> str:
    dashes = ' stroke-dasharray="6 4"' if dashed else ""
    return f'<path class="{style}" stroke="{colour}" stroke-width="2.5" fill="none"{dashes} d="{d}"/>'


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text class="i" fill="{INK}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(said)}</text>'


def _drawing(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui,sans-serif" font-size="14"><title>{escape(title)}</title>'
        f'<style>{STYLE}</style><path class="p" fill="{PAPER}" d="M0 0h{width}v{height}H0z"/>{"".join(parts)}</svg>\n'
    )
