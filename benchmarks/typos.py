"""What typing errors cost: the same questions clean and mistyped, with the repair and without it.

    OPENBLAS_NUM_THREADS=1 python benchmarks/typos.py [PUBLIC_SETS]

Method. Every question of our own set and of the public sets in the folder PUBLIC_SETS is asked as it
stands and with errors of three kinds (`benchmarks/typing_errors.py`; one fixed seed). Own set: the
engine as it ships, confidence of an answer; public sets: the retriever on the set, raw score.
Figures are means over the public sets, and our own set beside them. The last column is what the
mean of the three kinds loses against clean in top-1, with its paired 95 % interval over all
questions. Bar: at most 3 points.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant.engine import build
from assistant.knowledge import Knowledge, load
from assistant.settings import shipped
from assistant.spelling import Speller
from benchmarks import report
from benchmarks.measures import Judged, measures
from benchmarks.own import Ours, Product
from benchmarks.questions import OWN, Set, own, public
from benchmarks.typing_errors import KINDS, mistyped

SHOWN = ("top-1", "AUROC", "right@95")
BAR = 0.03


@contextmanager
def unrepaired() -> Iterator[None]:
    """Switch the repair off."""
    with patch.object(Speller, "repair", lambda self, tokens: tokens):
        yield


def asked(system: Ours | Product, questions: Set, kind: str) -> tuple[dict[str, float], np.ndarray]:
    """Return the measures, and how right each question in scope came out."""
    texts = [mistyped(q.question, kind) if kind in KINDS else q.question for q in questions.questions]
    answers = [system.ask(t) for t in texts]
    judged = Judged(np.stack([s for s, _ in answers]), np.array([c for _, c in answers]), questions.gold())
    return measures(judged, probability=False), judged.right()[judged.scoped]


def run(sets: list[Set], knowledge: Knowledge) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """Return the measures by set, then with and without repair, then by kind."""
    found: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for questions in sets:
        name = questions.name
        system = Product(build(knowledge), questions.ids) if name == OWN else Ours(questions.passages)
        found[name] = {}
        for repair in ("repair", "no repair"):
            by_kind = {}
            for kind in ("clean", *KINDS):
                if repair == "repair":
                    by_kind[kind] = asked(system, questions, kind)
                else:
                    with unrepaired():
                        by_kind[kind] = asked(system, questions, kind)
            loss = by_kind["clean"][1] - np.mean([by_kind[k][1] for k in KINDS], axis=0)
            found[name][repair] = {k: m for k, (m, _) in by_kind.items()}
            found[name][repair]["loss"] = {"mean": float(loss.mean()), "variance": float(loss.var()), "n": len(loss)}
        print(name, "done", file=sys.stderr, flush=True)
    return found


def text(found: dict[str, dict[str, dict[str, dict[str, float]]]]) -> str:
    """Return the table, and whether the bar holds."""
    groups = {"own questions": [OWN], "public sets": [n for n in found if n != OWN]}
    rows, verdicts = [], []
    for group, names in groups.items():
        for repair in ("repair", "no repair") if names else ():
            cells = []
            for kind in ("clean", *KINDS):
                means = [np.mean([found[n][repair][kind][m] for n in names]) for m in SHOWN]
                cells.append(" / ".join(f"{100 * m:.1f}" for m in means))
            losses = [found[n][repair]["loss"] for n in names]
            n = sum(loss["n"] for loss in losses)
            mean = float(np.mean([loss["mean"] for loss in losses]))
            half = 1.96 * (np.mean([loss["variance"] for loss in losses]) / n) ** 0.5
            rows.append([f"{group}, {repair}", *cells, f"{100 * mean:.2f} ± {100 * half:.2f}"])
            if repair == "repair":
                verdicts.append(f"{group}: {'within' if mean <= BAR else 'over'} the bar")
    head = ["top-1 / AUROC / right@95", "clean", *KINDS, "top-1 lost"]
    return f"{report.table(head, rows)}\n\n{'; '.join(verdicts)} of {100 * BAR:.0f} points."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="?", help="folder with public sets")
    options = parser.parse_args()
    knowledge = load(shipped("knowledge"))
    found = run([own(knowledge), *(public(options.sets) if options.sets else [])], knowledge)
    about = report.machine("rapidfuzz")
    report.keep("typos", {"made": about, "sets": found}, f"{text(found)}\n\n{report.said(about)}")


if __name__ == "__main__":
    main()
