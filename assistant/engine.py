"""Everything that is learnt from one knowledge folder, computed once and kept by content hash."""

from __future__ import annotations

import os
import pickle
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant import lifeline
from assistant.crisis import CrisisScreen
from assistant.embedding import shipped_table
from assistant.encoder import shipped_encoder
from assistant.knowledge import Knowledge
from assistant.learning import SoftmaxRegression
from assistant.passages import Passage
from assistant.retrieval import Entry, Retriever
from assistant.text import sentences

PASSAGE, UNCOVERED, CLINICAL, SMALL_TALK, FOLLOW_UP = "passage", "uncovered", "clinical", "smalltalk", "followup"
OUTCOMES = ("answer", "unknown", "clinical", "smalltalk", "followup")
_GROUP_OUTCOME = dict(zip((PASSAGE, UNCOVERED, CLINICAL, SMALL_TALK, FOLLOW_UP), OUTCOMES, strict=True))
JUDGED_ENOUGH = 200  # judged questions from which the confidence is learnt on them, not on the shipped ones
FOLLOW_UP_STEP = 5  # every fifth follow-up, ranked as if it were new
PLAIN = 8_000  # from about so many questions on topics the crisis screen learns: more only take longer
SHARED_FROM = 100  # entries from which learning takes long enough to share it between two processes
KEPT_BYTES = 500_000_000  # of each kind of learnt part: six of the shipped size, or very many small ones
NEVER = 40.0  # log-odds that rule an outcome out

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Engine:
    """The crisis screen, the retriever (none without passages), and how far to trust it."""

    screen: CrisisScreen
    retriever: Retriever | None
    confidence: SoftmaxRegression | None


def build(knowledge: Knowledge) -> Engine:
    """Learn, or load from the cache, all that *knowledge* needs for answering."""
    beside = _learn_beside(knowledge)
    retriever = retriever_for(knowledge) if knowledge.passages else None
    confidence = _confidence_for(knowledge, retriever) if retriever else None
    if beside:
        with suppress(ChildProcessError):  # a master of gunicorn may have heard of its end first
            os.waitpid(beside, 0)
    return Engine(screen_for(knowledge), retriever, confidence)


def _learn_beside(knowledge: Knowledge) -> int:
    """Learn the crisis screen in a process of its own where that saves time; return its number, or 0."""
    folder = cache_folder()
    alone = threading.active_count() == 1  # a fork copies no other thread, but whatever that had locked
    if not (folder and alone and hasattr(os, "fork") and len(os.sched_getaffinity(0)) > 1):
        return 0
    if _path(folder, "screen", _screen_inputs(knowledge)).exists() or len(entries_of(knowledge)) < SHARED_FROM:
        return 0
    if child := os.fork():
        return child
    try:
        screen_for(knowledge)
    finally:
        os._exit(0)


def screen_for(knowledge: Knowledge) -> CrisisScreen:
    """Learn, or load from the cache, the crisis screen alone."""
    inputs = _screen_inputs(knowledge)
    return _kept("screen", inputs, lambda: CrisisScreen(**inputs, table=shipped_table(), embedder=shipped_encoder()))


def _screen_inputs(knowledge: Knowledge) -> dict[str, Any]:
    """Return what `CrisisScreen` learns from, by the names of its parameters."""
    library = knowledge.crisis
    topical = [p for e in entries_of(knowledge) if e.group in (PASSAGE, UNCOVERED) for p in e.phrasings]
    others = topical[:: max(1, len(topical) // PLAIN)]
    others += [p for e in entries_of(knowledge) if e.group not in (PASSAGE, UNCOVERED) for p in e.phrasings]
    return {
        "phrases": phrases_of(knowledge),
        "danger": library.danger,
        "lookalikes": library.lookalikes,
        "others": (*others, *knowledge.clinical_lookalikes),
        "judged": tuple(
            (t.question, t.kind == "crisis") for j in knowledge.judged if len(j.turns) == 1 for t in j.turns
        ),
    }


def _confidence_for(knowledge: Knowledge, retriever: Retriever) -> SoftmaxRegression:
    """Learn, or load from the cache, how far to trust *retriever*; from the shipped questions if there are few."""
    judged = [
        (t.question, t.kind) for j in knowledge.judged if len(j.turns) == 1 for t in j.turns if t.kind in OUTCOMES
    ]
    if len(judged) < JUDGED_ENOUGH:
        return shipped_confidence(retriever)
    return _kept("confidence", (entries_of(knowledge), judged), lambda: _confidence(retriever, judged))


def entries_of(knowledge: Knowledge) -> tuple[Entry, ...]:
    """Return all that an utterance can mean, passages first; none without phrasings."""
    entries = [Entry(p.id, PASSAGE, phrasings(p)) for p in knowledge.passages.values()]
    entries += [Entry(t.id, UNCOVERED, t.questions) for t in knowledge.uncovered.values()]
    entries += [Entry(k.id, CLINICAL, k.examples) for k in knowledge.clinical.values() if k.examples]
    entries += [Entry(s.id, SMALL_TALK, s.questions) for s in knowledge.small_talk.values()]
    entries += [Entry(f.id, FOLLOW_UP, f.questions) for f in knowledge.follow_ups.values()]
    return tuple(e for e in entries if e.phrasings)


def phrases_of(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Return the phrases of danger by category: the built-in ones and the folder's."""
    own = knowledge.crisis.phrases
    return {c: (*lifeline.PHRASES.get(c, ()), *own.get(c, ())) for c in {**lifeline.PHRASES, **own}}


def phrasings(passage: Passage) -> tuple[str, ...]:
    """Return all that finds *passage*: its questions, title, and the sentences of its own text."""
    return (*passage.questions, passage.title, passage.ask, *sentences(passage.text))


def _confidence(retriever: Retriever, judged: list[tuple[str, str]]) -> SoftmaxRegression:
    """Learn on *judged* questions which outcome the signals speak for."""
    signals = [ranking.signals for ranking in retriever.rank_each([question for question, _ in judged])]
    labels = [OUTCOMES.index(wanted) for _, wanted in judged]
    owners = [e.group for e in retriever.entries for _ in e.phrasings]
    for i in range(0, len(owners), FOLLOW_UP_STEP):
        if owners[i] == FOLLOW_UP:  # no judged question stands for these: they have a turn before them
            signals.append(retriever.leave_one_out(i).signals)
            labels.append(OUTCOMES.index(_GROUP_OUTCOME[FOLLOW_UP]))
    return SoftmaxRegression.fit(np.stack(signals), np.array(labels), len(OUTCOMES), penalty=3.0)


def shipped_confidence(retriever: Retriever) -> SoftmaxRegression:
    """Return what the shipped knowledge's judged questions taught, for the groups that *retriever* has.

    Made by ``benchmarks/confidence.py``. A signal of a group that is not there counts as a usual one, and
    what that group stands for is never the outcome.
    """
    with np.load(Path(__file__).parent / "data" / "confidence.npz") as stored:
        names = stored["names"].tolist()
        mean, spread, weights = stored["mean"], stored["spread"], stored["weights"].copy()
    rows = [names.index(name) for name in retriever.signal_names]
    for group, outcome in _GROUP_OUTCOME.items():
        if group not in retriever.groups and outcome != "unknown":
            weights[-1, OUTCOMES.index(outcome)] -= NEVER
    return SoftmaxRegression(mean[rows], spread[rows], weights[[*rows, -1]])


def retriever_for(knowledge: Knowledge) -> Retriever:
    """Learn, or load from the cache, the retriever alone."""
    entries = entries_of(knowledge)
    return _kept("retriever", entries, lambda: Retriever(entries, shipped_encoder()))


def kept_retriever(knowledge: Knowledge | None = None) -> Retriever | None:
    """Return the retriever of *knowledge* if it is in the cache; without *knowledge*, the newest one there."""
    folder = cache_folder()
    if folder is None:
        return None
    if knowledge is not None:
        return _loaded(_path(folder, "retriever", entries_of(knowledge)))
    paths = sorted(folder.glob(f"retriever-{_code_digest().hex()[:8]}-*.pickle"), key=os.path.getmtime)
    return _loaded(paths[-1]) if paths else None


def _kept(name: str, inputs: object, make: Callable[[], Part]) -> Part:
    """Return the part made from *inputs*, from the cache folder if it was made before."""
    folder = cache_folder()
    path = _path(folder, name, inputs) if folder else None
    found: Part | None = _loaded(path) if path else None
    if found is not None:
        return found
    part = make()
    if path:
        _save(path, part)
    return part


def _path(folder: Path, name: str, inputs: object) -> Path:
    code = _code_digest()
    digest = sha256(repr((name, inputs)).encode("utf-8", "replace") + code).hexdigest()
    return folder / f"{name}-{code.hex()[:8]}-{digest[:24]}.pickle"


def _loaded(path: Path) -> Any:
    """Return what is kept at *path*, or nothing; a damaged or foreign file counts as nothing."""
    if not path.is_file():
        return None
    try:
        with suppress(OSError):
            os.utime(path)  # what is used stays; what nobody asked for longest goes first
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 (own folder, mode 0700)
    except Exception:  # noqa: BLE001, RUF100
        return None


def _save(path: Path, part: object) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            pickle.dump(part, file, protocol=5)
        os.replace(file.name, path)
        _make_room(path)
    except OSError:
        return


def _make_room(newest: Path) -> None:
    """Throw out the parts of the kind of *newest* that nobody used for longest, beyond `KEPT_BYTES`."""
    others = [p for p in newest.parent.glob(f"{newest.name.split('-')[0]}-*.pickle") if p != newest]
    held = newest.stat().st_size
    for old in sorted(others, key=os.path.getmtime, reverse=True):
        held += old.stat().st_size
        if held > KEPT_BYTES:
            old.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _code_digest() -> bytes:
    package = Path(__file__).parent
    names = (
        "text",
        "features",
        "embedding",
        "encoder",
        "nearness",
        "learning",
        "wordmodel",
        "spelling",
        "retrieval",
        "literals",
        "firstopinion",
        "crisis",
        "unmasking",
        "engine",
    )
    digest = sha256(np.__version__.encode())
    for name in names:
        digest.update((package / f"{name}.py").read_bytes())
    for name in ("scales.npy", "encoder.npz"):
        digest.update((package / "data" / name).read_bytes())
    return digest.digest()


def cache_folder() -> Path | None:
    """Return a private folder for learnt parts, or none where nothing can be written."""
    base = os.environ.get("XDG_CACHE_HOME") or (Path(os.environ["HOME"]) / ".cache" if os.environ.get("HOME") else None)
    folder = (
        Path(base) / "psychoeducation-assistant" if base else Path(tempfile.gettempdir()) / f"assistant-{os.getuid()}"
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            return None
    except OSError:
        return None
    return folder
