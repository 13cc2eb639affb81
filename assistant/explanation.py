"""Why a reply is what it is, for curators: in the terminal and in the preview, the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.dialogue import MIN_CLINICAL, MIN_CONFIDENCE, Dialogue
from assistant.engine import CLINICAL, OUTCOMES, PASSAGE
from assistant.replies import Reply, kind
from assistant.retrieval import Candidate, Ranking
from assistant.text import fold, words

BEST = 5  # candidates that are listed
TELLING = 3  # letters of a shared word that is named: "I" and "to" tell nothing


@dataclass(frozen=True)
class Row:
    """A candidate in the list of the best."""

    score: float
    similarity: float
    group: str
    id: str
    phrasing: str


@dataclass(frozen=True)
class Explanation:
    """What was looked at and how it was decided.

    Attributes:
        matched: the phrasing that spoke most for the reply; may be empty.
        read_as: the utterance with repaired spelling, when that changed it.
        best: the best candidates of all groups, best first; score 0 to about 1.5, similarity 0 to 1.
        runner_up: why the second passage was not chosen.
        outcomes: what the scores speak for, as probabilities that sum to 1.
        screens: verdicts of the screens, with the words that triggered them.
    """

    kind: str
    matched: str
    confidence: float
    minimum: float
    read_as: str = ""
    best: tuple[Row, ...] = ()
    runner_up: str = ""
    outcomes: tuple[tuple[str, float], ...] = ()
    signals: tuple[tuple[str, float], ...] = ()
    screens: tuple[tuple[str, str], ...] = ()


def explain(dialogue: Dialogue, utterance: str, reply: Reply) -> Explanation:
    """Return how *dialogue* came from *utterance* to *reply*; a conversation before it is not looked at."""
    engine, why = dialogue.engine, reply.why
    verdict = engine.screen.screen(utterance)
    said = f"{verdict.score:+.1f} log-odds from the threshold"
    crisis = f"danger, {verdict.category or 'kind not clear'}: {verdict.words!r}" if verdict.danger else "no danger"
    screens = [("crisis", f"{crisis} ({said})")]
    matched, confidence = (why.phrasing, why.confidence) if why else ("", 0.0)
    if engine.retriever is None or engine.confidence is None or not words(fold(utterance)):
        return Explanation(kind(reply), matched, confidence, MIN_CONFIDENCE, screens=tuple(screens))
    typed = words(fold(utterance))
    repaired = engine.retriever.speller.repair(typed)
    ranking = engine.retriever.rank(utterance)
    chances = dict(zip(OUTCOMES, map(float, engine.confidence.probabilities(ranking.signals)), strict=True))
    screens.append(("clinical", _clinical(ranking, chances.get("clinical", 0.0), typed)))
    return Explanation(
        kind(reply),
        matched,
        confidence,
        MIN_CONFIDENCE,
        read_as=" ".join(repaired) if repaired != typed else "",
        best=tuple(Row(c.score, c.similarity, c.group, c.id, c.phrasing) for c in ranking.candidates[:BEST]),
        runner_up=_runner_up(ranking),
        outcomes=tuple(sorted(chances.items(), key=lambda item: -item[1])),
        signals=tuple(zip(engine.retriever.signal_names, map(float, ranking.signals), strict=True)),
        screens=tuple(screens),
    )


def _clinical(ranking: Ranking, chance: float, typed: list[str]) -> str:
    found = ranking.of(CLINICAL)
    verdict = "for a professional" if chance >= MIN_CLINICAL else "not for a professional"
    text = f"{verdict} (chance {chance:.2f}, from {MIN_CLINICAL:.2f} on)"
    if not found:
        return text
    shared = [w for w in dict.fromkeys(typed) if len(w) >= TELLING and w in set(words(fold(found[0].phrasing)))]
    return f"{text}; nearest {found[0].id}: {found[0].phrasing!r}, shared words: {', '.join(shared) or 'none'}"


def _runner_up(ranking: Ranking) -> str:
    found = ranking.of(PASSAGE)
    if len(found) < 2:
        return ""
    first, second = found[0], found[1]
    ours, theirs = _parts(first), _parts(second)
    reasons = []
    if ours[1] > theirs[1]:
        reasons.append(f"its nearest phrasing {second.phrasing!r} is less like it ({theirs[1]:.2f} < {ours[1]:.2f})")
    if ours[0] > theirs[0]:
        reasons.append(f"its phrasings together fit less ({theirs[0]:.2f} < {ours[0]:.2f})")
    behind = first.score - second.score
    return f"{second.id!r} is {behind:.3f} behind {first.id!r}: " + ("; ".join(reasons) or "a tie")


def _parts(candidate: Candidate) -> tuple[float, float]:
    """Return the learnt part of a score, and the similarity of the nearest phrasing."""
    return candidate.score - candidate.similarity / 2, candidate.similarity


def as_lines(explanation: Explanation) -> list[str]:
    """Return the explanation as lines for a terminal."""
    e = explanation
    lines = [
        f"matched phrasing: {e.matched or '(none)'}",
        f"confidence: {e.confidence:.3f} (answers from {e.minimum:.2f} on)",
    ]
    if e.read_as:
        lines.append(f"read as: {e.read_as}")
    if e.best:
        lines.append("best five (score, likeness of the nearest phrasing):")
        lines += [f"  {r.score:6.3f} {r.similarity:6.3f}  {r.group} {r.id}: {r.phrasing}" for r in e.best]
    if e.runner_up:
        lines.append(f"why not the runner-up: {e.runner_up}")
    if e.outcomes:
        lines.append("speaks for: " + ", ".join(f"{name} {chance:.2f}" for name, chance in e.outcomes))
    lines += [f"{name} screen: {verdict}" for name, verdict in e.screens]
    if e.signals:
        lines.append("signals:")
        lines += _signal_lines(dict(e.signals))
    return lines


def _signal_lines(signals: Mapping[str, float]) -> list[str]:
    """Return those named ``group: what`` as a table, a row a group, and the others a line each."""
    groups = list(dict.fromkeys(name.partition(": ")[0] for name in signals if ": " in name))
    whats = list(dict.fromkeys(name.partition(": ")[2] for name in signals if ": " in name))
    first = max(map(len, groups), default=0)
    lines = [f"  {'':{first}s}  {'  '.join(whats)}"] if groups else []
    for group in groups:
        row = [signals.get(f"{group}: {what}") for what in whats]
        cells = [f"{'' if v is None else f'{v:.3f}':>{len(w)}s}" for v, w in zip(row, whats, strict=True)]
        lines.append(f"  {group:{first}s}  {'  '.join(cells)}".rstrip())
    return lines + [f"  {name}: {value:.3f}" for name, value in signals.items() if ": " not in name]
