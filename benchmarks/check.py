"""How long `assistant check` takes: on the shipped folder, and on one of 5,000 passages made by a program.

    python benchmarks/check.py [PASSAGES [PHRASINGS]]

The bar: 3 s for the shipped folder, 60 s for 5,000 passages. The made folder lies in a
temporary folder; its words are drawn from the shipped phrasings, so that they look like questions.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from assistant.checks.run import check
from assistant.knowledge import load
from assistant.settings import shipped
from assistant.yamlfile import quoted

WHEN = date(2026, 11, 23)


def made(folder: Path, passages: int, phrasings: int) -> Path:
    """Write a folder with so many *passages* of so many *phrasings* each."""
    rng = random.Random(1)
    words = sorted({w for p in load(shipped("knowledge")).passages.values() for q in p.questions for w in q.split()})
    words += [f"{a}{b}" for a in words[::40] for b in words[5::60]]
    (folder / "knowledge.yaml").write_text(
        "name: Made\nlanguage: en\nreview: none\n"
        "borrows: [crisis, clinical, helplines, small-talk, follow-ups, pointers]\n"
    )
    for name in ("sources", "passages"):
        (folder / name).mkdir()
    places = "".join(f"      - number: {n}\n        about: Place {n}.\n" for n in range(1, passages + 1))
    head = "title: T\nauthor: A\npublisher: P\npublished: 2020-01-01\nlanguage: en\nsections:\n"
    (folder / "sources/made.yaml").write_text(f"{head}  - id: all\n    heading: All\n    places:\n{places}")
    for n in range(1, passages + 1):
        own = rng.sample(words, 6)
        questions = "".join(
            f"  - {quoted(' '.join(rng.sample(own, 4) + rng.sample(words, rng.randint(1, 5))))}\n"
            for _ in range(phrasings)
        )
        text = " ".join(rng.choices(words, k=30))
        (folder / f"passages/p-{n}.yaml").write_text(
            f"title: {quoted(' '.join(own[:2]))}\nask: {quoted(' '.join(own))}\nsource: made\nlocator: all/{n}\n"
            f"quote: {quoted(' '.join(own[:4]))}\ntopic: mood\nanswer: {quoted(text)}\nsimpler: {quoted(text)}\nrelated: []\n"
            f"review:\n  state: none\n  due: 2030-01-01\nquestions:\n{questions}"
        )
    return folder


def timed(folder: Path) -> str:
    begun = time.perf_counter()
    reading, problems = check(folder, WHEN)
    took = time.perf_counter() - begun
    count = len(reading.knowledge.passages) if reading.knowledge else 0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{count:6d} passages {took:7.2f} s  {len(problems):6d} findings  {memory:6.0f} MB at most"


def main() -> None:
    given = [int(a) for a in sys.argv[1:3]]
    passages, phrasings = [*given, *(5_000, 10)[len(given) :]]
    check(shipped("knowledge"), WHEN)  # learns the retriever where nothing is kept yet
    print("shipped, learnt before:", timed(shipped("knowledge")))
    with tempfile.TemporaryDirectory() as folder:
        print("made, never learnt:    ", timed(made(Path(folder), passages, phrasings)))


if __name__ == "__main__":
    main()
