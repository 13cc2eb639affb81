"""What people would pick instead, each behind the same two methods: learn entries, answer with scores.

Each peer is used as its own documentation shows for this purpose, with its defaults unless said.
None is a dependency of the product: `pip install -r benchmarks/peers.txt` in an environment of
its own. A peer that cannot be loaded raises `MissingPeerError` with the reason, which the table tells.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from rapidfuzz import fuzz, process, utils

from assistant.retrieval import Entry
from benchmarks.encoder import FILES, Encoder

WORDS = re.compile(r"[a-z0-9]+")
HITS = 200  # phrasings asked of a search engine; entries beyond them have no score


class MissingPeerError(Exception):
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
            raise MissingPeerError(f"cannot be imported ({error})") from error

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
            raise MissingPeerError(f"this SQLite has no FTS5 ({error})") from error
        rows = list(enumerate(self.phrasings))
        self._database.executemany("insert into phrasing(rowid, text) values (?, ?)", rows)

    def scores(self, question: str) -> np.ndarray:
        wanted = " OR ".join(f'"{w}"' for w in dict.fromkeys(_words(question)))
        if not wanted:
            return np.zeros(self.count)
        hits = self._database.execute("select rowid, -bm25(phrasing) from phrasing where phrasing match ?", [wanted])
        return self.found(hits.fetchall())


class Tantivy(Peer):
    packages = ("tantivy",)

    def learn(self) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
        builder.add_integer_field("row", stored=True)
        self._index = tantivy.Index(builder.build())
        writer = self._index.writer(heap_size=50_000_000, num_threads=1)
        for row, phrasing in enumerate(self.phrasings):
            writer.add_document(tantivy.Document(text=phrasing, row=row))
        writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def scores(self, question: str) -> np.ndarray:
        query, _ = self._index.parse_query_lenient(" ".join(_words(question)), ["text"])
        hits = self._searcher.search(query, min(HITS, len(self.phrasings))).hits
        return self.found([(self._searcher.doc(where)["row"][0], score) for score, where in hits])


class Haystack(Peer):
    packages = ("haystack-ai",)

    def learn(self) -> None:
        from haystack import Document
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore()
        store.write_documents([Document(id=str(i), content=p) for i, p in enumerate(self.phrasings)])
        self._retriever = InMemoryBM25Retriever(document_store=store, top_k=HITS)

    def scores(self, question: str) -> np.ndarray:
        if not _words(question):
            return np.zeros(self.count)
        return self.found([(int(d.id), d.score) for d in self._retriever.run(query=question)["documents"]])


class Chatterbot(Peer):
    """Answers with one response, so that only its first place and its confidence can be judged.

    Its default tagger needs a spaCy model that it downloads from GitHub; this uses its `LowercaseTagger`.
    """

    packages = ("ChatterBot",)

    def learn(self) -> None:
        from chatterbot import ChatBot
        from chatterbot.tagging import LowercaseTagger
        from chatterbot.trainers import ListTrainer

        logging.getLogger("chatterbot").setLevel(logging.ERROR)
        self._bot = ChatBot("bot", database_uri="sqlite:///:memory:", tagger=LowercaseTagger, read_only=True)
        trainer = ListTrainer(self._bot, show_training_progress=False)
        for phrasing, owner in zip(self.phrasings, self.owner, strict=True):
            trainer.train([phrasing, f"entry{owner}"])

    def ask(self, question: str) -> tuple[np.ndarray, float]:
        reply = self._bot.get_response(question or " ")
        out = np.zeros(self.count)
        if reply.confidence and reply.text.startswith("entry"):
            out[int(reply.text.removeprefix("entry"))] = reply.confidence
        return out, float(reply.confidence)


class MiniLm(Peer):
    """Best phrasing by the cosine of all-MiniLM-L6-v2's sentence vectors."""

    _vectors: ClassVar[dict[str, np.ndarray]] = {}  # of phrasings, never of questions
    _model: ClassVar[Encoder | None] = None

    def learn(self) -> None:
        if self.encoder is None or not all((self.encoder / f).is_file() for f in FILES):
            raise MissingPeerError("needs --encoder and a folder with " + " and ".join(FILES))
        if MiniLm._model is None:
            MiniLm._model = Encoder(self.encoder)
        for phrasing in self.phrasings:
            if phrasing not in self._vectors:
                self._vectors[phrasing] = MiniLm._model.vector(phrasing)
        self.matrix = np.stack([self._vectors[p] for p in self.phrasings])

    def scores(self, question: str) -> np.ndarray:
        assert MiniLm._model is not None
        return self.best(self.matrix @ MiniLm._model.vector(question))


class MiniLmRegression(MiniLm):
    """The same vectors under scikit-learn's logistic regression."""

    packages = ("scikit-learn",)

    def learn(self) -> None:
        super().learn()
        from sklearn import linear_model

        self._regression = linear_model.LogisticRegression(C=10.0, max_iter=400, class_weight="balanced")
        self._regression.fit(self.matrix, self.owner)

    def scores(self, question: str) -> np.ndarray:
        assert MiniLm._model is not None
        return self._regression.predict_proba(MiniLm._model.vector(question)[None])[0]


PEERS: dict[str, type[Peer]] = {
    "rapidfuzz, best phrasing": Rapidfuzz,
    "BM25 (bm25s)": Bm25s,
    "TF-IDF + logistic regression": LogisticRegression,
    "ChatterBot": Chatterbot,
    "Haystack, in-memory BM25": Haystack,
    "SQLite FTS5": Fts5,
    "tantivy": Tantivy,
    "MiniLM, best phrasing": MiniLm,
    "MiniLM + logistic regression": MiniLmRegression,
}
