"""Sentence embeddings from a static table: one vector a wordpiece, summed and scaled to length 1.

The table was distilled from all-MiniLM-L6-v2 by ``benchmarks/distil_table.py`` (the method of
model2vec: every wordpiece through the model, PCA, SIF weights; then fitted to sentence vectors).
It knows no word order; it costs a fraction of a millisecond and no model runtime.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np

MAX_WORD = 40
"""Characters: longer runs are noise, and greedy matching would cost their square."""


class WordPiece:
    """BERT's uncased tokenizer: greedy longest match over a fixed vocabulary."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.ids = {piece: i for i, piece in enumerate(vocabulary)}
        self.unknown = self.ids["[UNK]"]

    def split(self, text: str) -> list[str]:
        """Return the lower-cased, accent-free words and single punctuation marks of *text*."""
        decomposed = unicodedata.normalize("NFD", text.lower())
        out: list[str] = []
        current: list[str] = []
        for c in decomposed:
            category = unicodedata.category(c)
            if category == "Mn":
                continue
            if category[0] in "LN":
                current.append(c)
                continue
            if current:
                out.append("".join(current))
                current = []
            if category[0] in "PS":
                out.append(c)
        if current:
            out.append("".join(current))
        return out

    def pieces(self, word: str) -> list[int]:
        """Return the piece ids of one *word*, or the unknown id where no piece fits."""
        whole = self.ids.get(word)
        if whole is not None:
            return [whole]
        if len(word) > MAX_WORD:
            return [self.unknown]
        found, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self.ids.get(prefix + word[start:end])
                if piece is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return [self.unknown]
        return found

    @cached_property
    def common_words(self) -> frozenset[str]:
        """Whole words of the vocabulary: some 22,000 of the commonest in English."""
        return frozenset(p for p in self.ids if p.isalpha() and len(p) > 1)

    def encode(self, text: str) -> list[int]:
        """Return the piece ids of *text* in order, without the model's special tokens."""
        if text.isascii() and text.isalnum():  # one plain word
            return self.pieces(text.lower())
        return [piece for word in self.split(text) for piece in self.pieces(word)]


class Embedder(Protocol):
    """What turns texts into vectors of length 1 whose dot product says how near they are in meaning."""

    tokenizer: WordPiece
    size: int

    def matrix(self, texts: Sequence[str]) -> np.ndarray:
        """Return one embedding a row: shape ``(len(texts), size)``, float32; zeros for a text without words."""


Stretch = tuple[int, int]
"""Words of a text, from this one to before that one."""

Wanted = tuple[Sequence[str], Sequence[Stretch]]
"""A text as its words, and the stretches of it whose embeddings are wanted."""


class StretchEmbedder(Embedder, Protocol):
    """An embedder that reads a text once for any of its stretches."""

    def stretches(self, wanted: Sequence[Wanted]) -> list[np.ndarray]:
        """Return the embeddings of stretches, for each text shape ``(stretches, size)``, float32."""


STRIPE = 4_096
"""Vectors that are at hand in full at a time."""


@dataclass(frozen=True, eq=False)
class Quantised:
    """Vectors with 8 bits a number and one scale a row: a quarter of the room; products are off by some 0.0005."""

    codes: np.ndarray
    scales: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Quantised:
        """Round *rows*, shape ``(vectors, size)``."""
        scales = (np.abs(rows).max(1, initial=0) / 127).astype(np.float32)
        return cls(np.rint(rows / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8), scales)

    def __len__(self) -> int:
        return len(self.scales)

    def rows(self, chosen: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Return the *chosen* vectors, one a row, float32."""
        return self.codes[chosen] * self.scales[chosen][:, None]

    def dot(self, chosen: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Return the product of each of the *chosen* vectors with *vector*, shape ``(size,)``."""
        return (self.codes[chosen].astype(np.float32) @ vector) * self.scales[chosen]

    def times(self, matrix: np.ndarray) -> np.ndarray:
        """Return the product of all vectors with *matrix*, one a row, without all of them at hand in full."""
        parts = [self.rows(slice(at, at + STRIPE)) @ matrix for at in range(0, len(self), STRIPE)]
        return np.concatenate(parts) if parts else np.empty((0, matrix.shape[1]), np.float32)

    def take(self, chosen: np.ndarray) -> Quantised:
        """Return the *chosen* vectors, in that order."""
        return Quantised(self.codes[chosen], self.scales[chosen])

    def and_also(self, more: Quantised) -> Quantised:
        """Return these vectors and, after them, *more*."""
        return Quantised(np.concatenate((self.codes, more.codes)), np.concatenate((self.scales, more.scales)))


class StaticTable:
    """Wordpiece vectors, 8 bits a number, with one scale a row."""

    def __init__(self, rows: np.ndarray, scales: np.ndarray, vocabulary: list[str]) -> None:
        self.rows, self.scales = rows, scales
        self.tokenizer = WordPiece(vocabulary)
        self.size = rows.shape[1]

    @classmethod
    def load(cls, path: Path | None = None) -> StaticTable:
        """Read the shipped table, or the one at *path*; rows are memory-mapped, so workers share them."""
        folder = path or Path(str(resources.files("assistant") / "data"))
        vocabulary = (folder / "vocabulary.txt").read_text("utf-8").split("\n")
        rows = np.load(folder / "table.npy", mmap_mode="r")
        return cls(rows, np.load(folder / "scales.npy"), vocabulary)

    def vector(self, text: str) -> np.ndarray:
        """Return the embedding of *text*: shape ``(size,)``, float32, length 1, or zeros when empty."""
        ids = self.tokenizer.encode(text)
        if not ids:
            return np.zeros(self.size, np.float32)
        total = self.scales[ids] @ self.rows[ids].astype(np.float32)
        length = float(np.linalg.norm(total))
        return total / length if length > 0 else total

    def matrix(self, texts: Sequence[str]) -> np.ndarray:
        """Return one embedding a row: shape ``(len(texts), size)``, float32."""
        out = np.zeros((len(texts), self.size), np.float32)
        for i, text in enumerate(texts):
            out[i] = self.vector(text)
        return out

    def __reduce__(self) -> tuple[object, tuple[()]]:
        """Pickle as a name only: the shipped table is loaded again, and shared."""
        return shipped_table, ()


@lru_cache(maxsize=1)
def shipped_table() -> StaticTable:
    """Return the shipped table, loaded once a process."""
    return StaticTable.load()
