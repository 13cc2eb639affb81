"""How well and how fast questions find their passage: us, and what people would pick instead, on the same knowledge.

    OPENBLAS_NUM_THREADS=1 python benchmarks/answers.py [PUBLIC_SETS] [--encoder FOLDER] [--only NAME …]

Method. Every system gets the same entries with the same phrasings, and then the same questions:
`tests/questions` (kinds answer and unknown) on the shipped passages, and each public set in the
folder PUBLIC_SETS (`benchmarks/questions.py` tells their form). No system has seen a question.

- top-1, top-3, MRR: over the questions in scope. Ties at the top count by chance.
- AUROC: in scope against out of scope by the system's confidence.
- right@80, right@95: share of the questions in scope that are answered, and rightly, when the
  limit is set so that 80 or 95 % of those out of scope are turned away.
- ECE: expected calibration error over all questions, where the confidence claims to be a chance.
- time: all systems take turns at the same `TIMED` questions in the same process, after `WARM`
  that are not counted; the median of `REPEATS` goes for each question, then the median over
  questions. It is processor time, since others use the machine too; every system runs one thread, so
  that on an idle machine it is the time one waits. The ratio to ours comes first.

A system that would need more than `BUDGET` processor seconds for a set is asked evenly spaced questions only;
the table then tells how many.

Confidence of ours. On our own questions "product" is the engine as it ships: it has learnt from
`knowledge/judged`, the known gaps, small talk and clinical questions too. Public sets have no such
questions, so there is "raw score", the best score as it is; "self-test", learnt from the set's
entries alone; and "other sets", learnt from the judged questions of the other families of sets,
never of the set's own (`benchmarks/own.py`).

The peers meet our own questions twice: with the passages alone, and "told all": with every entry
and every judged question that the product learns from, as phrasings. Their confidence is then the
best passage's score less the best score of anything else.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant.engine import build
from assistant.knowledge import load
from assistant.settings import shipped
from benchmarks import report
from benchmarks.measures import Judged, measures
from benchmarks.own import Ours, Product, Teacher, self_tested
from benchmarks.peers import PEERS, MissingPeerError, Peer
from benchmarks.questions import INFORMED, OWN, Set, informed, own, public

TIMED, WARM, REPEATS = 200, 20, 3  # questions, questions, times
TRIED = 5  # questions, to see how long a system takes
BUDGET = 200  # processor seconds for all questions of a set; a system that needs more is asked a part of them
FEWEST = 60  # questions: a smaller part says nothing
SLOW, SLOW_STEP = 0.05, 20  # seconds; a slower system's time is taken at every twentieth question
SHOWN = ("top-1", "top-3", "MRR", "AUROC", "right@80", "right@95", "ECE")

RELEASED = {
    "hint3_curekart": {
        "BERT classifier": (83.6, 82.4, 28.8),
        "Haptik": (80.8, 85.0, 40.7),
        "Dialogflow": (75.0, 85.6, 44.7),
        "Rasa": (84.1, 80.1, 39.8),
        "LUIS": (73.7, 82.7, 37.8),
    },
    "hint3_powerplay11": {
        "BERT classifier": (58.5, 69.9, 22.5),
        "Haptik": (67.3, 76.6, 19.3),
        "Dialogflow": (59.6, 72.8, 13.5),
        "Rasa": (49.1, 70.9, 18.5),
        "LUIS": (52.4, 76.2, 14.5),
    },
    "hint3_sofmattress": {
        "BERT classifier": (73.6, 86.8, 47.2),
        "Haptik": (72.3, 83.9, 32.5),
        "Dialogflow": (73.2, 86.9, 41.6),
        "Rasa": (69.3, 79.2, 35.5),
        "LUIS": (63.6, 86.8, 44.2),
    },
}
"""Top-1, AUROC and right@95 (in %) on HINT3 v1's test questions, computed from the predictions that its
authors released: github.com/hellohaptik/HINT3, folder preds (Arora et al. 2020, arXiv 2009.13833)."""


RAW, SELF_TEST, OTHERS, PRODUCT = (f"ours ({n})" for n in ("raw score", "self-test", "other sets", "product"))
PROBABILITIES = {SELF_TEST, OTHERS, PRODUCT, *(name for name in PEERS if "logistic" in name)}
NAMES_ONE = {"ChatterBot"}


class System(Protocol):
    """Something that can be asked: one score a passage, and a confidence."""

    def ask(self, question: str) -> tuple[np.ndarray, float]: ...


class Told:
    """A peer that knows more than passages: what is not a passage speaks against an answer."""

    def __init__(self, peer: Peer, passages: int, *, regression: bool) -> None:
        self._peer, self._passages, self._regression = peer, passages, regression

    def ask(self, question: str) -> tuple[np.ndarray, float]:
        scores, _ = self._peer.ask(question)
        inside, other = scores[: self._passages], scores[self._passages :]
        return inside, float(inside.sum() if self._regression else inside.max() - other.max())


def makers(asked: Set, encoder: Path | None, teacher: Teacher) -> dict[str, Callable[[], System]]:
    """Return how to make each system for one set, ours first."""
    found: dict[str, Callable[[], System]] = {}
    if asked.name in (OWN, INFORMED):
        found[PRODUCT] = lambda: Product(build(load(shipped("knowledge"))), asked.ids)
    if asked.name == INFORMED:
        for name, peer in PEERS.items():
            found[name] = lambda name=name, peer=peer: Told(
                peer(asked.entries, encoder), len(asked.ids), regression="logistic" in name
            )
        return found
    found[RAW] = lambda: Ours(asked.passages)
    if asked.name != OWN:  # there the product has better to learn from
        found[SELF_TEST] = lambda: Ours(asked.passages, self_tested(asked.passages))
    trust = teacher.taught(asked.name) if asked.name != OWN else None
    if trust:
        found[OTHERS] = lambda: Ours(asked.passages, trust)
    for name, peer in PEERS.items():
        found[name] = lambda peer=peer: peer(asked.passages, encoder)
    return found


def judged(system: System, asked: Set) -> tuple[Judged, int]:
    """Ask *system* every question of the set, or evenly spaced ones if that takes too long; return how many."""
    begun = time.process_time()
    for question in asked.questions[:TRIED]:
        system.ask(question.question)
    needed = (time.process_time() - begun) / TRIED * len(asked.questions)
    step = max(1, math.ceil(needed / BUDGET))
    if len(asked.questions) / step < FEWEST:
        raise MissingPeerError(f"needs {needed / len(asked.questions):.1f} s a question")
    chosen = asked.questions[::step]
    answers = [system.ask(q.question) for q in chosen]
    return Judged(np.stack([s for s, _ in answers]), np.array([c for _, c in answers]), asked.gold()[::step]), len(
        chosen
    )


def times(systems: Mapping[str, System], asked: Set) -> dict[str, float]:
    """Return each system's median processor seconds a question; they take turns, slow ones less often."""
    step = max(1, len(asked.questions) // TIMED)
    chosen = [q.question for q in asked.questions[::step]][:TIMED]
    turns = {}
    for name, system in systems.items():
        begun = time.process_time()
        for question in chosen[:TRIED]:
            system.ask(question)
        slow = (time.process_time() - begun) / TRIED > SLOW
        turns[name] = SLOW_STEP if slow else 1
        for question in chosen[TRIED : TRIED if slow else WARM]:
            system.ask(question)
    taken: dict[str, list[list[float]]] = {name: [[] for _ in chosen[:: turns[name]]] for name in systems}
    for _ in range(REPEATS):
        for i, question in enumerate(chosen):
            for name, system in systems.items():
                if i % turns[name]:
                    continue
                begun = time.process_time()
                system.ask(question)
                taken[name][i // turns[name]].append(time.process_time() - begun)
    return {name: statistics.median(statistics.median(t) for t in each) for name, each in taken.items()}


def run(asked: Set, encoder: Path | None, teacher: Teacher, only: list[str]) -> dict[str, dict[str, float | str]]:
    """Return every system's measures on one set; a system that cannot be made tells why."""
    systems: dict[str, System] = {}
    found: dict[str, dict[str, float | str]] = {}
    for name, make in makers(asked, encoder, teacher).items():
        if only and not any(o in name for o in only):
            continue
        begun = time.perf_counter()
        try:
            system = make()
        except MissingPeerError as missing:
            found[name] = {"missing": str(missing)}
            continue
        loaded = time.perf_counter() - begun
        print(f"{asked.name}: {name} loaded in {loaded:.1f} s", file=sys.stderr, flush=True)
        try:
            answers, count = judged(system, asked)
        except MissingPeerError as missing:
            found[name] = {"missing": str(missing)}
            continue
        systems[name] = system
        found[name] = {
            **measures(answers, probability=name in PROBABILITIES, ranks=name not in NAMES_ONE),
            "asked": count,
            "load seconds": loaded,
        }
    for name, seconds in times(systems, asked).items():
        found[name]["median seconds"] = seconds
    return found


def tables(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one table a set: time as a multiple of ours first, then the measures in %."""
    parts = []
    for name, result in results.items():
        systems = result["systems"]
        most = max((v.get("asked", 0) for v in systems.values()), default=0)
        ours = next((s["median seconds"] for n, s in systems.items() if n in (PRODUCT, RAW)), None)
        rows = []
        for system, values in systems.items():
            if "missing" in values:
                continue
            seconds = values["median seconds"]
            cells = [f"{100 * values[m]:.1f}" if m in values else "–" for m in SHOWN]
            shown = system if values["asked"] == most else f"{system} ({values['asked']} questions)"
            rows.append([shown, f"{seconds / ours:.2f}" if ours else "–", f"{1000 * seconds:.2f}", *cells])
        for system, (top, area, right) in RELEASED.get(name, {}).items():
            given = {"top-1": top, "AUROC": area, "right@95": right}
            rows.append([f"{system} (released)", "–", "–", *(f"{given[m]:.1f}" if m in given else "–" for m in SHOWN)])
        parts.append(f"**{name}**\n\n{report.table(['system', 'time ÷ ours', 'ms', *SHOWN], rows)}")
        parts += [f"Not measured: {n} {v['missing']}." for n, v in systems.items() if "missing" in v]
        parts.append(report.said(result["made"]))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="?", help="folder with public sets")
    parser.add_argument("--encoder", type=Path, help="folder with model.safetensors and vocab.txt of all-MiniLM-L6-v2")
    parser.add_argument("--only", nargs="+", default=[], help="systems whose name holds one of these; nothing is kept")
    parser.add_argument(
        "--on", nargs="+", default=[], help="sets whose name holds one of these; the others stay as kept"
    )
    options = parser.parse_args()
    about = report.machine(*sorted({p for peer in PEERS.values() for p in peer.packages}))
    knowledge = load(shipped("knowledge"))
    sets = public(options.sets) if options.sets else []
    teacher = Teacher(sets)
    every = [own(knowledge), informed(knowledge), *sets]
    kept = report.kept("answers").get("sets", {}) if not options.only else {}
    for asked in every:
        if not options.on or any(o in asked.name for o in options.on):
            kept[asked.name] = {"made": about, "systems": run(asked, options.encoder, teacher, options.only)}
            if not options.only:  # at once: the whole takes long
                results = {s.name: kept[s.name] for s in every if s.name in kept}
                report.keep("answers", {"sets": results}, tables(results))
    if options.only:
        print(tables(kept))


if __name__ == "__main__":
    main()
