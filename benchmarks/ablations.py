"""What each part brings: the same questions with one part taken away at a time.

    OPENBLAS_NUM_THREADS=1 python benchmarks/ablations.py [PUBLIC_SETS] [--only NAME …]

Method. Each variant learns anew and is asked `tests/questions` (answer and unknown) and
`knowledge/judged` on the shipped knowledge, and the public sets in the folder PUBLIC_SETS.
On the shipped knowledge the confidence is that of an answer, learnt as the engine learns it: from the
judged questions for `tests/questions`; for the judged ones themselves from the other half, twice. On
public sets it is the raw score. Figures are in points against the whole: below zero, the part
brought something. "±" is the paired 95 % interval of the change in top-1 over all questions in scope.
A change inside it says nothing. The figures for AUROC and right@95 have no interval; with 200 to 600
questions a set, a change of less than about two points says nothing either.

The features' weights and switches are changed from outside for the time of a variant; one that the
product no longer has is told as such.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant import features, retrieval
from assistant.engine import CLINICAL, OUTCOMES, PASSAGE, SMALL_TALK, UNCOVERED
from assistant.knowledge import Knowledge, load
from assistant.learning import SoftmaxRegression
from assistant.retrieval import Entry
from assistant.settings import shipped
from assistant.spelling import Speller
from assistant.text import sentences
from benchmarks import report
from benchmarks.measures import Judged, measures
from benchmarks.own import PENALTY, Ours, learnt, scores
from benchmarks.questions import Asked, Set, own, public

SHOWN = ("top-1", "AUROC", "right@95")
GROUPS = ("tests/questions", "knowledge/judged", "public sets")
Change = Callable[[Sequence[Entry]], Sequence[Entry]]


@dataclass(frozen=True)
class Variant:
    """One part taken away: names in `retrieval` and `features` that get other values, entries changed, signals left out.

    *mended* is false where typing mistakes are not repaired; *silent* names signals that are not heard.
    """

    name: str
    values: dict[str, float] = field(default_factory=dict)
    change: Change | None = None
    mended: bool = True
    silent: str = ""
    public: bool = True


def shares_without(*names: str) -> dict[str, float]:
    """Return the three views' shares with some at nothing, the others grown to 1 together."""
    every = ("GRAM_SHARE", "STEM_SHARE", "EMBEDDING_SHARE")
    left = {n: 0.0 if n in names else float(getattr(features, n)) for n in every}
    return {n: share / sum(left.values()) for n, share in left.items()}


def without(group: str) -> Change:
    return lambda entries: [e for e in entries if e.group != group]


def at_most(count: int) -> Change:
    """Keep *count* phrasings an entry, spread evenly over what there is."""

    def change(entries: Sequence[Entry]) -> Sequence[Entry]:
        return [Entry(e.id, e.group, e.phrasings[:: -(-len(e.phrasings) // count)][:count]) for e in entries]

    return change


def unread(knowledge: Knowledge) -> Change:
    """Take the sentences of a passage's own text out of its phrasings."""
    texts = {id: set(sentences(p.text)) for id, p in knowledge.passages.items()}

    def change(entries: Sequence[Entry]) -> Sequence[Entry]:
        return [
            Entry(e.id, e.group, tuple(p for p in e.phrasings if p not in texts.get(e.id, ())))
            if e.group == PASSAGE
            else e
            for e in entries
        ]

    return change


def variants(knowledge: Knowledge) -> list[Variant]:
    """Return every variant; the whole comes first."""
    return [
        Variant("whole"),
        Variant("no letter grams", shares_without("GRAM_SHARE")),
        Variant("no word stems", shares_without("STEM_SHARE")),
        Variant("no embedding", shares_without("EMBEDDING_SHARE")),
        Variant("embedding alone", shares_without("GRAM_SHARE", "STEM_SHARE")),
        Variant("no nearest phrasing", {"NEAREST_SHARE": 0.0}),
        Variant("nearest phrasing alone", {"NEAREST_SHARE": 1e6}),
        Variant("no repair of typing mistakes", mended=False),
        Variant("no known gaps", change=without(UNCOVERED), public=False),
        Variant("no clinical kinds", change=without(CLINICAL), public=False),
        Variant("no small talk", change=without(SMALL_TALK), public=False),
        Variant("no sentences of the texts", change=unread(knowledge), public=False),
        *(Variant(f"signals without '{s}'", silent=s, public=False) for s in kinds_of_signals(knowledge)),
        *(Variant(f"{n} phrasings an entry", change=at_most(n)) for n in (1, 2, 4, 8, 16)),
    ]


def kinds_of_signals(knowledge: Knowledge) -> list[str]:
    """Return the signals' names without their groups."""
    few = [Entry(e.id, e.group, e.phrasings[:2]) for e in own(knowledge).entries[:60]]
    return list(dict.fromkeys(n.rpartition(": ")[2] for n in learnt(few).signal_names))


@contextmanager
def applied(variant: Variant) -> Iterator[None]:
    """Change the product for a while.

    Raises:
        AttributeError: it no longer has what is to be changed.
    """
    with ExitStack() as stack:
        for name, value in variant.values.items():
            places = [module for module in (retrieval, features) if hasattr(module, name)]
            if not places:
                raise AttributeError(name)
            for module in places:
                stack.enter_context(patch.object(module, name, value))
        if not variant.mended:
            stack.enter_context(patch.object(Speller, "repair", lambda self, tokens: tokens))
        yield


def judged_questions(knowledge: Knowledge) -> list[tuple[Asked, int]]:
    """Return the folder's single judged questions with the number of their outcome."""
    at: dict[str, set[str]] = {}
    for passage in knowledge.passages.values():
        for name in (passage.id, str(passage.locator)):
            at.setdefault(name, set()).add(passage.id)
    return [
        (Asked(t.question, frozenset(id for g in t.gold for id in at.get(g, ()))), OUTCOMES.index(t.kind))
        for judged in knowledge.judged
        if len(judged.turns) == 1
        for t in judged.turns
        if t.kind in OUTCOMES
    ]


Found = tuple[dict[str, float], np.ndarray]


@dataclass(frozen=True)
class Heard:
    """What a retriever says to the questions for testing and to the judged ones: scores and signals of each."""

    names: tuple[str, ...]
    tested: tuple[np.ndarray, np.ndarray]
    taught: tuple[np.ndarray, np.ndarray]


def ask(entries: Sequence[Entry], number: dict[str, int], tested: Sequence[Asked], taught: Sequence[Asked]) -> Heard:
    """Learn *entries* and ask both kinds of questions; *number* is the column of each passage."""
    retriever = learnt(entries)

    def asked(questions: Sequence[Asked]) -> tuple[np.ndarray, np.ndarray]:
        rankings = retriever.rank_each([q.question for q in questions])
        return np.stack([scores(r, number) for r in rankings]), np.stack([r.signals for r in rankings])

    return Heard(retriever.signal_names, asked(tested), asked(taught))


def own_side(heard: Heard, silent: str, asked: Set, judged: list[tuple[Asked, int]]) -> dict[str, Found]:
    """Return measures on `tests/questions` and on the judged questions, without the *silent* signals."""
    number = {id: i for i, id in enumerate(asked.ids)}
    loud = np.array([not silent or n.rpartition(": ")[2] != silent for n in heard.names])
    (tested, test_signals), (taught, taught_signals) = heard.tested, heard.taught
    test_signals, taught_signals = test_signals[:, loud], taught_signals[:, loud]

    def sure(taught: np.ndarray, labels: np.ndarray, signals: np.ndarray) -> np.ndarray:
        regression = SoftmaxRegression.fit(taught, labels, len(OUTCOMES), penalty=PENALTY)
        return regression.probabilities(signals)[:, OUTCOMES.index("answer")]

    def told(questions: Sequence[Asked], found: np.ndarray, confidence: np.ndarray) -> Found:
        gold = [frozenset(number[g] for g in q.gold) for q in questions]
        one = Judged(found, confidence, gold)
        return measures(one, probability=False), one.right()[one.scoped]

    labels = np.array([label for _, label in judged])
    crossed = np.zeros(len(judged))
    for half in (0, 1):
        mine = np.arange(len(judged)) % 2 == half
        crossed[mine] = sure(taught_signals[~mine], labels[~mine], taught_signals[mine])
    plain = [i for i, (q, label) in enumerate(judged) if OUTCOMES[label] in ("answer", "unknown")]
    return {
        GROUPS[0]: told(asked.questions, tested, sure(taught_signals, labels, test_signals)),
        GROUPS[1]: told([judged[i][0] for i in plain], taught[plain], crossed[plain]),
    }


def public_side(variant: Variant, sets: Sequence[Set]) -> Found:
    """Return the mean measures over the public sets, and how right each question came out."""
    found, right = [], []
    for asked in sets:
        system = Ours(list(variant.change(asked.entries)) if variant.change else asked.entries)
        answers = [system.ask(q.question) for q in asked.questions]
        judged = Judged(np.stack([s for s, _ in answers]), np.array([c for _, c in answers]), asked.gold())
        found.append(measures(judged, probability=False))
        right.append(judged.right()[judged.scoped])
    return {m: float(np.mean([f[m] for f in found])) for m in SHOWN}, np.concatenate(right)


def run(every: list[Variant], knowledge: Knowledge, sets: list[Set]) -> dict[str, dict[str, Found] | str]:
    asked, judged = own(knowledge), judged_questions(knowledge)
    number = {id: i for i, id in enumerate(asked.ids)}
    found: dict[str, dict[str, Found] | str] = {}
    whole: Heard | None = None
    for variant in every:
        try:
            with applied(variant):
                heard = whole if variant.silent else None
                if heard is None:
                    entries = list(variant.change(asked.entries)) if variant.change else asked.entries
                    heard = ask(entries, number, asked.questions, [q for q, _ in judged])
                whole = whole or heard
                parts = own_side(heard, variant.silent, asked, judged)
                if sets and variant.public:
                    parts[GROUPS[2]] = public_side(variant, sets)
        except AttributeError as missing:
            found[variant.name] = f"the product no longer has this ({missing})"
            continue
        found[variant.name] = parts
        print(variant.name, {g: f[0]["top-1"] for g, f in parts.items()}, file=sys.stderr, flush=True)
    return found


def text(found: dict[str, dict[str, Found] | str]) -> str:
    """Return the table of changes."""
    whole = found["whole"]
    assert isinstance(whole, dict)
    groups = [g for g in GROUPS if g in whole]
    rows = []
    for name, parts in found.items():
        if isinstance(parts, str):
            rows.append([name, *["–"] * len(groups), parts])
            continue
        cells = [
            " / ".join(
                f"{100 * parts[g][0][m]:.1f}" if name == "whole" else f"{100 * (parts[g][0][m] - whole[g][0][m]):+.1f}"
                for m in SHOWN
            )
            if g in parts
            else "–"
            for g in groups
        ]
        gaps = np.concatenate([parts[g][1] - whole[g][1] for g in groups if g in parts])
        half = 1.96 * gaps.std() / len(gaps) ** 0.5
        rows.append([name, *cells, "" if name == "whole" else f"{100 * gaps.mean():+.1f} ± {100 * half:.1f}"])
    return report.table(["top-1 / AUROC / right@95", *groups, "top-1, all questions"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="?", help="folder with public sets")
    parser.add_argument("--only", nargs="+", default=[], help="variants whose name holds one of these")
    options = parser.parse_args()
    knowledge = load(shipped("knowledge"))
    every = variants(knowledge)
    if options.only:
        every = [v for v in every if v.name == "whole" or any(o in v.name for o in options.only)]
    found = run(every, knowledge, public(options.sets) if options.sets else [])
    if options.only:
        print(text(found))
        return
    about = report.machine("rapidfuzz", "snowballstemmer")
    kept = {n: p if isinstance(p, str) else {g: f[0] for g, f in p.items()} for n, p in found.items()}
    report.keep("ablations", {"made": about, "variants": kept}, f"{text(found)}\n\n{report.said(about)}")


if __name__ == "__main__":
    main()
