"""How it grows: load time, memory, time of an answer and accuracy with 10 to 100,000 passages.

    OPENBLAS_NUM_THREADS=1 python benchmarks/growth.py [PUBLIC_SETS] [--sizes N …] [--peers]

Method. Passages are made by recombination: the phrasings of the shipped knowledge and of the public
sets in the folder PUBLIC_SETS are cut into frames (what many phrasings share) and content words;
each passage has three content words of its own, put into five frames: three questions, a title and
an ask. A question to be asked puts two or three of them into a sixth frame. So the figures tell how
it scales, not how well it answers people. The shipped small talk, known gaps, clinical kinds and judged
questions go along (for answers, `TAUGHT` made ones stand in). The crisis screen, which does not learn
from passages, is the shipped one.

Each figure comes from a process of its own. *cold*: all that hangs on the passages is learnt, the shipped
screen is loaded; *cached*: the same in a new process that finds what was learnt; reading the YAML files
comes on top (``benchmarks/check.py``). Memory is the most that the process ever held. The time of an answer is
that of `Dialogue.respond`, crisis screen and all, over `ASKED` questions after `WARM` that are not
counted. *top-1* is the share of questions whose passage the retriever has first; *answered* the
share that the dialogue answers with it. *CPU* is the time that the process had the processor: where
others use the machine too, it is what can be compared. The bars are held against the time that passes. A run that takes longer than `GIVEN_UP` or needs more than
`MOST` memory is told as such.

With --peers, engines that people put there instead get the same passages, each in its own process.

Bars: 10,000 passages: median 20 ms, load 60 s (5 s cached), 1 GB. 100,000: an answer in 100 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant.context import ContextSigner
from assistant.dialogue import Dialogue
from assistant.engine import Engine, confidence_for, retriever_for, screen_for
from assistant.knowledge import Judged, JudgedTurn, Knowledge, load
from assistant.passages import Citation, Locator, Passage, Review
from assistant.replies import Answer
from assistant.retrieval import Entry
from assistant.settings import shipped
from assistant.text import fold, words
from benchmarks import report
from benchmarks.peers import PEERS
from benchmarks.questions import own, public

SIZES = (10, 100, 1_000, 10_000, 100_000)
ASKED, WARM, TAUGHT = 300, 20, 300  # questions
SHARED = 0.004  # share of all phrasings from which a word belongs to frames
OWN_WORDS = 3  # content words a passage
GIVEN_UP = 1_800  # seconds
MOST = 12 << 30  # bytes
SLOT = "\0"
OURS = "ours"
ENGINES = ("SQLite FTS5", "tantivy", "BM25 (bm25s)")
BARS = {"cold s": 60.0, "cached s": 5.0, "memory GB": 1.0, "median ms": 20.0}
"""At 10,000 passages."""


class Maker:
    """Makes passages and questions out of *phrasings*; the same seed makes the same."""

    def __init__(self, phrasings: list[str], seed: int = 1) -> None:
        self._random = random.Random(seed)
        split = [words(fold(p)) for p in phrasings]
        uses = Counter(w for tokens in split for w in set(tokens))
        common = {w for w, n in uses.items() if n >= max(3, SHARED * len(split))}
        self._content = sorted({w for w in uses if w not in common and w.isalpha() and len(w) > 3})
        frames = {tuple(w if w in common else SLOT for w in tokens) for tokens in split}
        self._frames = sorted(f for f in frames if 2 <= f.count(SLOT) <= OWN_WORDS and len(f) <= 20)

    def topic(self) -> list[str]:
        return self._random.sample(self._content, OWN_WORDS)

    def phrasing(self, topic: list[str]) -> str:
        frame = self._random.choice(self._frames)
        fill = iter(self._random.sample(topic, frame.count(SLOT)))
        return " ".join(next(fill) if w == SLOT else w for w in frame)

    def size(self) -> tuple[int, int]:
        """Return how many frames and content words there are."""
        return len(self._frames), len(self._content)


def made(size: int, sets: Path | None) -> tuple[Knowledge, list[tuple[str, str]]]:
    """Return knowledge with *size* made passages, and questions with the passage that answers each."""
    base = load(shipped("knowledge"))
    phrasings = [p for e in own(base).entries for p in e.phrasings]
    phrasings += [p for s in (public(sets) if sets else []) for e in s.entries for p in e.phrasings]
    maker = Maker(phrasings)
    topics = [maker.topic() for _ in range(size)]
    passages = {}
    for number, topic in enumerate(topics, 1):
        place = Citation("made", "T", "A", date(2026, 1, 1), "all", Locator("all", number), "q")
        ask, title, *questions = (maker.phrasing(topic) for _ in range(5))
        passages[f"p-{number}"] = Passage(
            f"p-{number}", title, ask, place, "", "", "mood", (), tuple(questions), Review("none")
        )

    def asked(count: int) -> list[tuple[str, str]]:
        chosen = [maker._random.randrange(size) for _ in range(count)]
        return [(maker.phrasing(topics[i]), f"p-{i + 1}") for i in chosen]

    judged = [Judged(f"m-{i}", (JudgedTurn(q, "answer", (gold,)),)) for i, (q, gold) in enumerate(asked(TAUGHT))]
    judged += [j for j in base.judged if not any(t.kind == "answer" for t in j.turns)]
    uncovered = {id: replace(topic, near=()) for id, topic in base.uncovered.items()}
    return replace(base, passages=passages, uncovered=uncovered, judged=tuple(judged)), asked(ASKED + WARM)


class Clock:
    """Takes the time that passes, and the time that this process used of the processor."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return seconds since the start: passed, used."""
        return time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]


def timed(ask: Callable[[str], object], questions: list[str]) -> dict[str, float]:
    """Return the median and the 99th percentile, in ms, after the warm-up."""
    taken = []
    for question in questions:
        clock = Clock()
        ask(question)
        taken.append(clock.read())
    passed, used = (sorted(1000 * t for t in column) for column in zip(*taken[WARM:], strict=True))
    return {
        "median ms": statistics.median(passed),
        "p99 ms": passed[int(0.99 * len(passed))],
        "median CPU ms": statistics.median(used),
    }


def child(size: int, system: str, sets: Path | None) -> dict[str, float]:
    """Load *system* with *size* passages in this process, ask it, and return the figures."""
    knowledge, pairs = made(size, sets)
    questions = [q for q, _ in pairs]
    clock = Clock()
    if system == OURS:
        retriever = retriever_for(knowledge)
        screen = screen_for(load(shipped("knowledge")))
        engine = Engine(screen, retriever, confidence_for(knowledge, retriever))
        dialogue = Dialogue(knowledge, engine, ContextSigner("no secret"))
        passed, used = clock.read()
        found = {"load s": passed, "load CPU s": used, "memory GB": memory()}
        found |= timed(dialogue.respond, questions)
        first = [retriever.rank(q).of("passage") for q in questions]
        found["top-1"] = statistics.mean(bool(c) and c[0].id == gold for c, (_, gold) in zip(first, pairs, strict=True))
        replies = [dialogue.respond(q) for q in questions]
        return found | {
            "answered": statistics.mean(
                isinstance(r, Answer) and r.passages[0].passage.id == gold
                for r, (_, gold) in zip(replies, pairs, strict=True)
            )
        }
    entries = [Entry(p.id, "passage", (*p.questions, p.title, p.ask)) for p in knowledge.passages.values()]
    peer = PEERS[system](entries, None)
    passed, used = clock.read()
    found = {"load s": passed, "load CPU s": used, "memory GB": memory()}
    found |= timed(peer.ask, questions)
    best = [entries[int(peer.ask(q)[0].argmax())].id for q in questions]
    return found | {"top-1": statistics.mean(b == gold for b, (_, gold) in zip(best, pairs, strict=True))}


def memory() -> float:
    """Return the most that this process ever held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def own_process(size: int, system: str, sets: Path | None, cache: str) -> dict[str, Any]:
    command = [sys.executable, __file__, *([str(sets)] if sets else []), "--child", str(size), system]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "XDG_CACHE_HOME": cache},
            capture_output=True,
            timeout=GIVEN_UP,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST)),
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {GIVEN_UP} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["killed"])[-1]
        return {"failed": f"ended with {last[:120]}"}
    return json.loads(done.stdout)


def measure(size: int, sets: Path | None) -> dict[str, Any]:
    """Return the figures of ours for one size: cold, then cached."""
    with tempfile.TemporaryDirectory() as cache:
        cold = own_process(size, OURS, sets, cache)
        if "failed" in cold:
            return cold
        kept = own_process(size, OURS, sets, cache)
    found = {"cold s": cold.pop("load s"), "cold CPU s": cold.pop("load CPU s"), "cached s": kept.get("load s"), **cold}
    return found | {"memory GB": cold["memory GB"], "memory cached GB": kept.get("memory GB")}


HEAD = {
    "cold s": "{:.1f}",
    "cold CPU s": "{:.1f}",
    "cached s": "{:.1f}",
    "memory GB": "{:.2f}",
    "memory cached GB": "{:.2f}",
    "median ms": "{:.1f}",
    "median CPU ms": "{:.1f}",
    "p99 ms": "{:.1f}",
    "top-1": "{:.1%}",
    "answered": "{:.1%}",
}


def text(ours: dict[int, dict[str, Any]], peers: dict[str, dict[int, dict[str, Any]]]) -> str:
    """Return the tables, and what the bars say."""

    def row(name: str, found: dict[str, Any]) -> list[str]:
        if "failed" in found:
            return [name, found["failed"], *[""] * (len(HEAD) - 1)]
        return [name, *(form.format(found[key]) if found.get(key) is not None else "–" for key, form in HEAD.items())]

    parts = [report.table(["passages", *HEAD], [row(f"{n:,}", f) for n, f in ours.items()])]
    if 10_000 in ours and "failed" not in ours[10_000]:
        over = [f"{k} {ours[10_000][k]:.1f} (bar {bar:g})" for k, bar in BARS.items() if ours[10_000][k] > bar]
        parts.append(
            "At 10,000 passages: " + ("over the bar: " + ", ".join(over) if over else "within every bar") + "."
        )
    for name, sizes in peers.items():
        if not sizes:
            continue
        rows = [
            row(f"{n:,}", f | {"cold s": f.get("load s"), "cold CPU s": f.get("load CPU s")}) for n, f in sizes.items()
        ]
        parts.append(f"**{name}**\n\n{report.table(['passages', *HEAD], rows)}")
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="?", help="folder with public sets")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="the other sizes stay as kept")
    parser.add_argument("--peers", action="store_true", help="other engines too")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(int(options.child[0]), options.child[1], options.sets)))
        return
    before = report.kept("growth")
    ours = {int(n): f for n, f in before.get("ours", {}).items()}
    peers = {name: {int(n): f for n, f in before.get("peers", {}).get(name, {}).items()} for name in ENGINES}
    about = report.machine(*(p for name in ENGINES for p in PEERS[name].packages))
    for size in options.sizes:
        ours[size] = measure(size, options.sets)
        for name in ENGINES if options.peers else ():
            with tempfile.TemporaryDirectory() as cache:
                peers[name][size] = own_process(size, name, options.sets, cache)
        ours, peers = dict(sorted(ours.items())), {n: dict(sorted(f.items())) for n, f in peers.items()}
        said = f"{text(ours, peers)}\n\n{report.said(about)}"
        report.keep("growth", {"made": about, "ours": ours, "peers": peers}, said)  # at once: the whole takes long


if __name__ == "__main__":
    main()
