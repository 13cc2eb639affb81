"""Questions that visitors sent to the team: grouped by what is nearest, and taken into the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.editing import save, with_texts
from assistant.engine import PASSAGE, UNCOVERED
from assistant.errors import AssistantError
from assistant.knowledge import File, Knowledge, Reading
from assistant.retrieval import Retriever
from assistant.shapes import did_you_mean
from assistant.storage import KEPT_DAYS, SentQuestion
from assistant.text import fold, words
from assistant.yamlfile import quoted

NEAR = 0.42  # similarity (0 to 1) of the nearest phrasing from which a question belongs to what it asks for
ALIKE = 0.55  # similarity from which two questions about something new belong together


@dataclass(frozen=True)
class Group:
    """Questions about one thing.

    Attributes:
        target: id of the nearest passage or topic; empty for something new.
        kind: ``passage``, ``not-covered`` or ``new``.
        known: the phrasings that the target has already, folded.
    """

    kind: str
    target: str
    title: str
    known: frozenset[str] = frozenset()
    questions: tuple[SentQuestion, ...] = ()

    @property
    def phrasings(self) -> tuple[str, ...]:
        """Lines ready to paste below ``questions:``, each text once, its numbers as a comment."""
        numbers: dict[str, list[str]] = {}
        for question in self.questions:
            numbers.setdefault(tidy(question.text), []).append(str(question.id))
        return tuple(
            f"  - {quoted(text)}  # {', '.join(ids)}{' (a phrasing already)' if fold(text) in self.known else ''}"
            for text, ids in numbers.items()
        )


def tidy(text: str) -> str:
    """Return *text* on one line."""
    return " ".join(text.split())


def as_lines(groups: Sequence[Group]) -> list[str]:
    """Return *groups* as lines for a terminal, and what can be done with them."""
    if not groups:
        return ["no questions were sent"]
    lines = []
    for each in groups:
        count = len(each.questions)
        what = f"{count} question{'' if count == 1 else 's'}"
        about = f"near {each.kind} {each.target!r} ({each.title})" if each.target else "about something new"
        days = sorted(q.day for q in each.questions)
        lines += [f"{what} {about}, {'sent' if count == 1 else 'the last'} on {days[-1]}", *each.phrasings, ""]
    return [*lines, f"The number after # is for --accept and --forget. Nothing is kept longer than {KEPT_DAYS} days."]


def group(knowledge: Knowledge, retriever: Retriever | None, questions: Sequence[SentQuestion]) -> tuple[Group, ...]:
    """Return *questions* in groups, the largest first; equal ones by kind and id.

    Without a *retriever*, which a folder without passages has not, each is about something new.
    """
    near: dict[tuple[str, str], list[SentQuestion]] = {}
    strangers: list[SentQuestion] = []
    for question in questions:
        target = _target(retriever, question) if retriever else None
        if target is None:
            strangers.append(question)
        else:
            near.setdefault(target, []).append(question)
    groups = [Group(kind, id, *_known(knowledge, kind, id), questions=tuple(each)) for (kind, id), each in near.items()]
    for each in _clusters(retriever, strangers):
        groups.append(Group("new", "", tidy(each[0].text)[:80], questions=tuple(each)))
    return tuple(sorted(groups, key=lambda g: (-len(g.questions), g.kind, g.target, g.title)))


def accept(reading: Reading, question: SentQuestion, target: str) -> tuple[Path, int]:
    """Write the *question* among the phrasings of the passage or topic *target*; comments and layout stay.

    Returns:
        The file and the line of the new phrasing.

    Raises:
        AssistantError: there is no such passage or topic, it has the phrasing already, or it cannot be saved.
    """
    text = tidy(question.text)
    file, keys, texts = _list_of(reading, target)
    if fold(text) in set(map(fold, texts)):
        raise AssistantError(f"{target!r} has this phrasing already (forget the question)")
    data = with_texts(file.data, file.path, keys, [*texts, text])
    save(Path(file.path), data)
    before, after = file.data.split(b"\n"), data.split(b"\n")
    line = next((n for n, new in enumerate(after) if n >= len(before) or new != before[n]), 0) + 1
    return Path(file.path), line


def _list_of(reading: Reading, target: str) -> tuple[File, tuple[str | int, ...], tuple[str, ...]]:
    names = []
    for file in reading.of("passage"):
        names.append(file.id)
        if file.id == target:
            return file, ("questions",), file.values["questions"]
    for file in reading.of("not-covered"):
        for n, topic in enumerate(file.values["topics"]):
            names.append(topic["id"])
            if topic["id"] == target:
                return file, ("topics", n, "questions"), topic["questions"]
    hint = did_you_mean(target, names) or "name a passage or a topic of not-covered/"
    raise AssistantError(f"there is no passage or topic {target!r} ({hint})")


def _target(retriever: Retriever, question: SentQuestion) -> tuple[str, str] | None:
    for candidate in retriever.rank(question.text).candidates:
        if candidate.group in (PASSAGE, UNCOVERED):
            if candidate.similarity < NEAR:
                return None
            return ("passage" if candidate.group == PASSAGE else "not-covered"), candidate.id
    return None


def _known(knowledge: Knowledge, kind: str, id: str) -> tuple[str, frozenset[str]]:
    """Return the title and the folded phrasings of a passage or topic."""
    if kind == "passage":
        passage = knowledge.passages[id]
        return passage.title, frozenset(map(fold, passage.questions))
    topic = knowledge.uncovered[id]
    return topic.about, frozenset(map(fold, topic.questions))


def _clusters(retriever: Retriever | None, questions: Sequence[SentQuestion]) -> list[list[SentQuestion]]:
    """Put each question to the first that it is like in meaning; the first of each cluster names it."""
    clusters: list[tuple[object, list[SentQuestion]]] = []
    for question in questions:
        if retriever is None:
            clusters.append((None, [question]))
            continue
        meaning = retriever.vectoriser.features(words(fold(question.text))).embedding
        for centre, members in clusters:
            if float(centre @ meaning) >= ALIKE:
                members.append(question)
                break
        else:
            clusters.append((meaning, [question]))
    return [members for _, members in clusters]
