"""What an answer costs inside the process, part by part, and how long the crisis screen takes for the longest texts.

    OPENBLAS_NUM_THREADS=1 python benchmarks/speed.py

Method. All single questions of `tests/questions`, after `WARM` that are not counted, go through each part in turn;
a time is that of the thread's processor, so that others on the machine disturb it little (they still take its
caches). *bare* is the time to read the same question's words with one regular expression and look each up in a
set: a ratio against it says more than milliseconds when machines differ. A text of 64 KiB is asked `REPEATS`
times; its time is the median. Ready: a new process that finds everything learnt, from its start to its first answer.

Bars: an answer 3 ms in the median and 10 ms at the 99th percentile; the screen 0.5 ms in the median; 50 ms for any
64 KiB; ready after 3 s.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant.dialogue import Dialogue
from assistant.evaluation import read
from assistant.knowledge import load
from assistant.settings import shipped
from benchmarks import report

WARM = 60  # questions
REPEATS = 5
KIB_64 = 65_536
BARS = {"an answer": (3.0, 10.0), "the crisis screen": (0.5, None)}
FIRST_ANSWER = (
    "from assistant.dialogue import Dialogue; from assistant.knowledge import load; "
    "from assistant.settings import shipped; Dialogue.build(load(shipped('knowledge'))).respond('What is CBT?')"
)


def timed(part: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    """Return the milliseconds that *part* takes for each of *questions*."""
    for question in questions[:WARM]:
        part(question)
    taken = []
    for question in questions:
        begun = time.thread_time()
        part(question)
        taken.append(1000 * (time.thread_time() - begun))
    return taken


def longest(questions: Sequence[str]) -> dict[str, str]:
    """Return texts of 64 KiB, each hard in its own way."""
    whole = " ".join(questions)
    made = {
        "questions": whole,
        "one sentence over and over": "i want to talk about my brain and its rewiring. ",
        "single letters": "a b c d ",
        "typing mistakes": "brian neuroplsticty xqzzt wqrtz ",
        "marks": ".,;:!? ",
        "numbers": "1234 5678 ",
        "one word": "x",
        "joined letters": "k\u200bi\u200bl\u200bl ",
        "Chinese": "我想知道大脑是怎样改变的。",
    }
    return {
        name: (text * (KIB_64 // len(text.encode()) + 1)).encode()[:KIB_64].decode("utf-8", "ignore")
        for name, text in made.items()
    }


def main() -> None:
    """Measure, print the tables, and keep them."""
    folder = Path(__file__).parent.parent / "tests" / "questions"
    questions = [q["question"] for q in read(sorted(folder.glob("*.jsonl"))) if "question" in q]
    dialogue = Dialogue.build(load(shipped("knowledge")))
    screen, retriever = dialogue.engine.screen, dialogue.engine.retriever
    assert retriever is not None
    embedder = retriever.vectoriser.embedder
    word, known = re.compile(r"\w+"), set(retriever.vectoriser.embedder.tokenizer.ids)
    parts: dict[str, Callable[[str], object]] = {
        "bare": lambda q: [w in known for w in word.findall(q.lower())],
        "an answer": dialogue.respond,
        "the crisis screen": screen.screen,
        "ranking": retriever.rank,
        "encoding": lambda q: embedder.matrix([q]),
    }
    found = {name: timed(part, questions) for name, part in parts.items()}
    bare = statistics.median(found.pop("bare"))
    rows, figures, over = [], {}, []
    for name, taken in found.items():
        median, high = statistics.median(taken), float(np.percentile(taken, 99))
        figures[name] = {"median ms": median, "p99 ms": high, "ratio": median / bare}
        rows.append([name, f"{median:.2f}", f"{np.percentile(taken, 95):.1f}", f"{high:.1f}", f"{median / bare:.0f}"])
        for said, value, bar in zip(("median", "p99"), (median, high), BARS.get(name, (None, None)), strict=True):
            if bar is not None and value > bar:
                over.append(f"{name} {said} {value:.2f} ms (bar {bar})")
    slowest = {}
    for name, text in longest(questions).items():
        slowest[name] = statistics.median(timed(screen.screen, [text] * REPEATS)[-REPEATS:])
        if slowest[name] > 50:
            over.append(f"64 KiB of {name} {slowest[name]:.0f} ms (bar 50)")
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", FIRST_ANSWER], check=True)
    ready = time.perf_counter() - begun
    if ready > 3:
        over.append(f"ready after {ready:.1f} s (bar 3)")
    about = report.machine()
    text = "\n\n".join(
        [
            report.table(("in the process, ms", "median", "p95", "p99", "× bare"), rows),
            report.table(("64 KiB through the screen", "ms"), [[n, f"{ms:.0f}"] for n, ms in slowest.items()]),
            f"From a process's start to its first answer, everything learnt before: {ready:.1f} s.",
            f"Over the bar: {'; '.join(over)}." if over else "All within the bars.",
            report.said(about),
        ]
    )
    report.keep("speed", {"made": about, "parts": figures, "64 KiB ms": slowest, "ready s": ready}, text)


if __name__ == "__main__":
    main()
