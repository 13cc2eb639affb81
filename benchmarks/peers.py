"""What people would pick instead, each behind the same two methods: learn entries, answer with scores.

Each peer is used as its own documentation shows for this purpose, with its defaults unless said.
None is a dependency of the product: `pip install -r benchmarks/peers.txt` in an environment of
its own. A peer that cannot be loaded raises `Missing` with the reason, which the table tells.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process, utils

from assistant.retrieval import Entry

WORDS = re.compile(r"[a-z0-9]+")


class Missing(Exception):
    """A peer cannot be used here; the message tells why."""


def _words(text: str) -> list[str]:
    return WORDS.findall(text.lower())


class Peer:
    """Learns *entries*; `packages` are what has to be installed for it."""

    packages: tuple[str, ...] = ()

    def __init__(self, entries: Sequence[Entry], encoder: Path | None) -> None:
        self.phrasings = [p for e in entries for p in e.phrasings]
        self.owner = np.repeat(np.arange(len(entries)), [len(e.phrasings) for e in entries])
        self.starts = np.concatenate(([0], np.cumsum([len(e.phrasings) for e in entries])))[:-1]
        self.count = len(entries)
        self.encoder = encoder
        try:
            self.learn()
        except ImportError as error:
            raise Missing(f"cannot be imported ({error})") from error

    def learn(self) -> None:
        raise NotImplementedError

    def ask(self, question: str) -> tuple[np.ndarray, float]:
        """Return one score an entry, and the confidence, which is the best score unless a peer has its own."""
        scores = self.scores(question)
        return scores, float(scores.max())

    def scores(self, question: str) -> np.ndarray:
        raise NotImplementedError

    def best(self, by_phrasing: np.ndarray) -> np.ndarray:
        """Return each entry's best phrasing's score."""
        return np.maximum.reduceat(by_phrasing, self.starts)

    def found(self, hits: Sequence[tuple[int, float]]) -> np.ndarray:
        """Return entries' scores from (phrasing, score) pairs; what was not found has 0."""
        out = np.zeros(len(self.phrasings))
        for row, score in hits:
            out[row] = max(out[row], score)
        return self.best(out)


class Rapidfuzz(Peer):
    packages = ("rapidfuzz",)

    def learn(self) -> None:
        self._ready = [utils.default_process(p) for p in self.phrasings]

    def scores(self, question: str) -> np.ndarray:
        row = process.cdist([utils.default_process(question)], self._ready, scorer=fuzz.token_set_ratio)
        return self.best(row[0] / 100.0)


class Bm25s(Peer):
    packages = ("bm25s",)

    def learn(self) -> None:
        import bm25s

        self._index = bm25s.BM25()
        self._index.index([_words(p) for p in self.phrasings], show_progress=False)

    def scores(self, question: str) -> np.ndarray:
        known = [w for w in _words(question) if w in self._index.vocab_dict]
        return self.best(self._index.get_scores(known)) if known else np.zeros(self.count)


class LogisticRegression(Peer):
    packages = ("scikit-learn",)

    def learn(self) -> None:
        from sklearn import linear_model
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union

        self._model = make_pipeline(
            make_union(
                TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
                TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
            ),
            linear_model.LogisticRegression(C=10.0, max_iter=400, class_weight="balanced"),
        )
        self._model.fit(self.phrasings, self.owner)

    def scores(self, question: str) -> np.ndarray:
        return self._model.predict_proba([question])[0]


class Fts5(Peer):
    def learn(self) -> None:
        self._database = sqlite3.connect(":memory:")
        try:
            self._database.execute("create virtual table phrasing using fts5(text, tokenize='porter unicode61')")
        except sqlite3.OperationalError as error:
            raise Missing(f"this SQLite has no FTS5 ({error})") from error
        rows = list(enumerate(self.phrasings))
        self._database.executemany("insert into phrasing(rowid, text) values (?, ?)", rows)

    def scores(self, question: str) -> np.ndarray:
        wanted = " OR ".join(f'"{w}"' for w in dict.fromkeys(_words(question)))
        if not wanted:
            return np.zeros(self.count)
        hits = self._database.execute("select rowid, -bm25(phrasing) from phrasing where phrasing match ?", [wanted])
        return self.found(hits.fetchall())


PEERS: dict[str, type[Peer]] = {
    "rapidfuzz, best phrasing": Rapidfuzz,
    "BM25 (bm25s)": Bm25s,
    "TF-IDF + logistic regression": LogisticRegression,
    "SQLite FTS5": Fts5,
}
