"""Rules for what grows old: reviews and help lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from assistant.errors import Place, Problem, Severity
from assistant.knowledge import Reading

SOON = timedelta(days=30)
"""How long before its day a date is warned of: time to do something."""

WORLD = "WORLD"
"""The region for visitors whose own is not listed."""

NEEDED = "crisis"
"""The purpose that every region needs a line for."""


def review_problems(reading: Reading, today: date) -> Iterator[Problem]:
    """Yield passages whose review is overdue, or soon due."""
    for file in reading.of("passage"):
        due = file.values["review"]["due"]
        place = file.place("review", "due")
        if due < today:
            yield Problem(place, f"the review was due on {due}", "review the passage, then set the next day")
        elif due < today + SOON:
            yield Problem(place, f"the review is due on {due}", "plan it", Severity.WARNING)


def helpline_problems(reading: Reading, today: date) -> Iterator[Problem]:
    """Yield help lines that have expired or soon will, and regions without what they need."""
    regions = {f.id: f for f in reading.of("helplines")}
    if regions and WORLD not in regions:
        folder = next(iter(regions.values())).path.rpartition("/")[0]
        hint = "visitors of other countries need it"
        yield Problem(Place(f"{folder}/{WORLD}.yaml"), f"there is no region {WORLD}", hint)
    for file in regions.values():
        if not any(line["purpose"] == NEEDED for line in file.values["lines"]):
            yield Problem(file.place("lines"), f"no line has the purpose {NEEDED!r}", "add the country's crisis line")
        for n, line in enumerate(file.values["lines"]):
            expires, place = line["expires"], file.place("lines", n, "expires")
            if expires < today:
                hint = "check number and hours at its source, then set both days"
                yield Problem(place, f"{line['name']!r} expired on {expires}", hint)
            elif expires < today + SOON:
                message = f"{line['name']!r} expires on {expires}"
                yield Problem(place, message, "check it again", Severity.WARNING)
