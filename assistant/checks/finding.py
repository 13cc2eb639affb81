"""The rule that a phrasing must find the passage that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.errors import Place, Problem, Severity
from assistant.knowledge import Reading
from assistant.retrieval import Retriever
from assistant.selftest import Progress, misled
from assistant.text import fold


def finding_problems(
    reading: Reading, retriever: Retriever, known: frozenset[str], progress: Progress
) -> Iterator[Problem]:
    """Yield phrasings of passages that find something else first when they are asked as they stand.

    What stands in *known*, folded, has been told of already and is left out.
    """
    places: dict[tuple[str, str], Place] = {}
    for file in reading.of("passage"):
        places.setdefault((file.id, str(file.values["ask"])), file.place("ask"))
        for n, question in enumerate(file.values["questions"]):
            places.setdefault((file.id, question), file.place("questions", n))
    for case in misled(retriever, progress):
        place = places.get((case.owner.id, case.phrasing))
        if place is not None and fold(case.phrasing) not in known:
            message = f"{case.phrasing!r} finds {case.found.group} {case.found.id!r} first"
            hint = "move it there, or say what sets this passage apart"
            yield Problem(place, message, hint, Severity.WARNING)
