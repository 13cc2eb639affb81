"""Every rule over one folder, in one run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from assistant.articles import read_article
from assistant.checks.dates import helpline_problems, review_problems
from assistant.checks.finding import finding_problems
from assistant.checks.judged import judged_problems
from assistant.checks.phrasings import count_problems, phrasings, twin_problems, twins
from assistant.checks.prose import prose_problems
from assistant.checks.sources import article_problems, coverage_problems, quotation_problems
from assistant.errors import KnowledgeError, Problem, Severity
from assistant.knowledge import Reading, read
from assistant.selftest import Progress
from assistant.updating import nearly_learnt


def check(
    folder: Path,
    today: date,
    *,
    article: Path | None = None,
    progress: Progress = lambda what, done, total: None,
) -> tuple[Reading, tuple[Problem, ...]]:
    """Return what is in *folder* and everything that is wrong with it: errors first, each in file order.

    The rules that compare the whole are only asked when each file is sound in itself.
    """
    reading = read(folder)
    problems = list(reading.problems)
    knowledge = reading.knowledge
    language = knowledge.language if knowledge else "en"
    problems += prose_problems(reading, language)
    problems += quotation_problems(reading)
    problems += review_problems(reading, today)
    problems += helpline_problems(reading, today)
    problems += count_problems(reading)
    pairs = twins(phrasings(reading), progress)
    problems += twin_problems(pairs)
    if knowledge is not None:
        problems += coverage_problems(reading, knowledge)
        problems += judged_problems(folder, knowledge)
        if article is not None:
            try:
                problems += article_problems(reading, knowledge, article, read_article(article))
            except KnowledgeError as fault:
                problems += fault.problems
        if knowledge.passages:
            told = frozenset(p.folded for pair in pairs for p in (pair.early, pair.late))
            problems += finding_problems(reading, nearly_learnt(knowledge), told, progress)
    return reading, ordered(problems)


def ordered(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return *problems* without repetitions, errors first, each in file order."""
    return tuple(sorted(set(problems), key=lambda p: (p.severity is not Severity.ERROR, p)))


def strict(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return *problems* with every warning made an error."""
    return tuple(replace(p, severity=Severity.ERROR) for p in problems)
