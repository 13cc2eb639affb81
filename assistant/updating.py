"""An edit taken into what was learnt, within a second, until all is learnt anew.

The retriever's ridge regression is a sum over phrasings, so that phrasings can be added to it and
taken away from it exactly. What stays as it was until the next learning: how rare each gram and
stem is, how far to trust a score, and what the crisis screen learnt from examples.
"""

from __future__ import annotations

import copy
import fcntl
from collections import Counter
from collections.abc import Sequence

import numpy as np

from assistant.embedding import Quantised
from assistant.engine import Engine, build, entries_of, kept_retriever, phrases_of, retriever_for
from assistant.features import Features, Frequencies, Rows, stack
from assistant.kept import cache_folder
from assistant.knowledge import Knowledge
from assistant.learning import solve
from assistant.retrieval import Entry, Retriever
from assistant.text import fold, words

MOST_NEW = 800
"""Phrasings that are taken in at once, about half a second's work; beyond that, learn anew."""


SMALL = 4_000
"""Phrasings below which a retriever is learnt in about a second, so that nothing need be taken over."""

NOWHERE = 3
"""Exit status of `prepare` where nothing can be kept on this machine: each process learns for itself."""


def prepare(knowledge: Knowledge) -> bool:
    """Learn all of *knowledge* into the cache, one process at a time; tell whether there is a cache."""
    folder = cache_folder()
    if folder is None:
        return False
    with (folder / "learning.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(knowledge)
    return True


def updated(retriever: Retriever, wanted: Sequence[Entry]) -> Retriever | None:
    """Return *retriever* as if it had been given *wanted*, or nothing where only learning anew will do."""
    groups = tuple(dict.fromkeys(e.group for e in wanted))
    if groups != retriever.groups or not all(e.phrasings for e in wanted):
        return None
    texts = [p for e in wanted for p in e.phrasings]
    row_of = {text: row for row, text in reversed(list(enumerate(retriever._phrasings)))}
    fresh = list(dict.fromkeys(t for t in texts if t not in row_of))
    if len(fresh) > MOST_NEW:
        return None
    new = copy.copy(retriever)
    tokens = [words(fold(t)) for t in fresh]
    features = [retriever.vectoriser.features(t) for t in tokens]
    if features:
        new.vectoriser = copy.copy(retriever.vectoriser)
        ids = np.concatenate([f.ids for f in features])
        new.vectoriser.frequencies = _seen(retriever.vectoriser.frequencies, ids)
        new.speller = retriever.speller.knowing(tokens)
    row_of |= {text: len(retriever._phrasings) + n for n, text in enumerate(fresh)}
    rows = np.array([row_of[t] for t in texts])
    new._sparse = _gather(_joined(retriever._sparse, features), rows)
    read = np.stack([f.embedding for f in features]) if features else np.empty((0, retriever.vectoriser.embedder.size))
    new._embeddings = retriever._embeddings.and_also(Quantised.of(read)).take(rows)
    new._coarse = new._embeddings.times(new._axes)
    new.entries = tuple(wanted)
    new._phrasings = texts
    counts = [len(e.phrasings) for e in wanted]
    new._owner = np.repeat(np.arange(len(wanted)), counts)
    new._bounds = np.concatenate(([0], np.cumsum(counts)))
    new._group_of = np.array([groups.index(e.group) for e in wanted])
    new.normal = _normal(retriever, new)
    new.weights = solve(*new.normal)
    return new


def _seen(frequencies: Frequencies, ids: np.ndarray) -> Frequencies:
    """Return *frequencies* with the features *ids* known to it, as rare as features that it never saw."""
    new = copy.copy(frequencies)
    new.seen = frequencies.seen.copy()
    new.seen[ids] = True
    return new


def _joined(rows: Rows, features: Sequence[Features]) -> Rows:
    if not features:
        return rows
    more = stack([(f.ids, f.values) for f in features])
    return Rows(
        np.concatenate([rows.ids, more.ids]),
        np.concatenate([rows.values, more.values]),
        np.concatenate([rows.starts, more.starts[1:] + rows.starts[-1]]),
    )


def _gather(rows: Rows, chosen: np.ndarray) -> Rows:
    lengths = rows.starts[chosen + 1] - rows.starts[chosen]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    where = np.arange(starts[-1]) + np.repeat(rows.starts[chosen] - starts[:-1], lengths)
    return Rows(rows.ids[where], rows.values[where], starts.astype(np.int64))


def _normal(old: Retriever, new: Retriever) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal equations of *new*: those of *old*, less what is gone, plus what has come."""
    gram, moment = old.normal
    before = Counter((e.group, e.id, p) for e in old.entries for p in e.phrasings)
    after = Counter((e.group, e.id, p) for e in new.entries for p in e.phrasings)
    columns = {(e.group, e.id): n for n, e in enumerate(old.entries)}
    result = np.zeros((len(moment), len(new.entries)), moment.dtype)
    for n, entry in enumerate(new.entries):
        if (old_column := columns.get((entry.group, entry.id))) is not None:
            result[:, n] = moment[:, old_column]
    gram = gram.copy()
    own = {(e.group, e.id): n for n, e in enumerate(new.entries)}
    for retriever, changed, sign in ((old, before - after, -1), (new, after - before, 1)):
        if not changed:
            continue
        first = {text: row for row, text in reversed(list(enumerate(retriever._phrasings)))}
        x = retriever.dense_rows(np.array([first[text] for _, _, text in changed.elements()]))
        gram += sign * (x.T @ x)
        for row, (group, id, _) in zip(x, changed.elements(), strict=True):
            if (column := own.get((group, id))) is not None:
                result[:, column] += sign * row
    return gram, result


def adapted(engine: Engine, before: Knowledge, after: Knowledge) -> Engine | None:
    """Return *engine*, learnt from *before*, with the edits of *after* taken in.

    Returns:
        The same engine when *after* has nothing new to learn from; nothing when only learning
        anew will do.
    """
    if not learns_anew(before, after):
        return engine
    if engine.retriever is None:
        return None
    retriever = updated(engine.retriever, entries_of(after))
    if retriever is None:
        return None
    screen = engine.screen
    if before.crisis.phrases != after.crisis.phrases:
        screen = screen.with_phrases(phrases_of(after))
    return Engine(screen, retriever, engine.confidence)


def nearly_learnt(knowledge: Knowledge) -> Retriever:
    """Return a retriever for *knowledge* that is good enough to judge phrasings by, as fast as can be."""
    if (kept := kept_retriever(knowledge)) is not None:
        return kept
    if sum(len(e.phrasings) for e in entries_of(knowledge)) < SMALL:
        return retriever_for(knowledge)
    if (newest := kept_retriever()) is not None and (found := updated(newest, entries_of(knowledge))) is not None:
        return found
    return retriever_for(knowledge)


def learns_anew(before: Knowledge, after: Knowledge) -> bool:
    """Tell whether an engine for *after* differs from one for *before*."""
    return (
        entries_of(before) != entries_of(after)
        or before.crisis.phrases != after.crisis.phrases
        or before.crisis.danger != after.crisis.danger
        or before.crisis.lookalikes != after.crisis.lookalikes
        or before.clinical_lookalikes != after.clinical_lookalikes
        or before.judged != after.judged
    )
