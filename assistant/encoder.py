"""Sentence embeddings from a small transformer that runs in numpy.

A student of all-MiniLM-L6-v2, made by ``benchmarks/distil_encoder.py``: the teacher's word pieces,
two of its six layers with a third of their inner width, and two projections. The first gives 256
numbers that say what the teacher says: what a text is about. The second gives 128 that tell apart
what this program must tell apart (danger, a question for a professional, small talk, the subjects
of its knowledge); it was learnt from the shipped knowledge's phrasings. Unlike the static table the
encoder reads words in their order and company; it costs one to three milliseconds a question on
one core. Architecture: BERT (Devlin et al. 2019), layers normalised after each step.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib import resources
from itertools import accumulate, chain, groupby, pairwise
from math import ceil
from pathlib import Path

import numpy as np

from assistant.embedding import Stretch, Wanted, WordPiece, shipped_table

MAX_PIECES, FIRST_PIECES = 64, 10
"""Word pieces read together: of a longer stretch the first few, and then the last, where people ask what they ask."""

ROOM = MAX_PIECES - 2
"""Pieces of one pass between the marks of start and end."""

MAX_CHARACTERS, FIRST_CHARACTERS = 1_500, 300
"""Characters looked at for them: more than so many pieces ever fill in any language's ordinary words."""

HEADS = 12
TUNED_SHARE = 0.4
"""Share of a dot product (0 to 1) that the second projection has."""

BATCH = 64
"""Texts of one length that are encoded together."""

MANY_BATCHES = 8
"""Batches from which they are shared among threads, when learning."""

BLOCK, FEW_ROWS = 64, 64
"""Columns of a matrix multiplied at a time, for at most so many rows."""


class Linear:
    """``x @ weights + bias``, kept as blocks of columns.

    For the few rows of one question BLAS spends most of its time copying a large matrix into its
    own order; a block is small enough that it does not. Many rows are multiplied at once.
    """

    def __init__(self, weights: np.ndarray, bias: np.ndarray) -> None:
        inputs, self._outputs = weights.shape
        self._blocks = np.ascontiguousarray(weights.reshape(inputs, -1, BLOCK).swapaxes(0, 1))
        self._bias = bias

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return shape ``(rows, outputs)`` for *x* of shape ``(rows, inputs)``."""
        if len(x) > FEW_ROWS:
            out = x @ self._blocks.swapaxes(0, 1).reshape(x.shape[1], self._outputs)
        else:
            out = np.matmul(x, self._blocks).swapaxes(0, 1).reshape(len(x), self._outputs)
        out += self._bias
        return out


class Layer:
    """One transformer layer: attention and a network of two steps, each added to its input and normalised."""

    def __init__(self, weights: Mapping[str, np.ndarray], prefix: str) -> None:
        def part(name: str) -> np.ndarray:
            return weights[f"{prefix}.{name}"]

        self._attend = Linear(part("attend"), part("attend_bias"))
        self._join = Linear(part("join"), part("join_bias"))
        self._widen = Linear(part("widen"), part("widen_bias"))
        self._narrow = Linear(part("narrow"), part("narrow_bias"))
        self._first = part("first_scale"), part("first_shift")
        self._last = part("last_scale"), part("last_shift")

    def __call__(self, x: np.ndarray, texts: int) -> np.ndarray:
        """Return the layer's output for *x*, shape ``(texts · pieces, width)``: one product for all texts is fastest."""
        rows, width = x.shape
        shape = (texts, rows // texts, 3, HEADS, width // HEADS)
        query, key, value = self._attend(x).reshape(shape).transpose(2, 0, 3, 1, 4)
        weights = query @ key.swapaxes(-1, -2)
        weights *= np.float32(shape[-1] ** -0.5)
        weights -= np.maximum.reduce(weights, -1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= np.add.reduce(weights, -1, keepdims=True)
        seen = (weights @ value).swapaxes(1, 2).reshape(rows, width)
        x = _normalised(x + self._join(seen), *self._first)
        wide = self._widen(x)
        np.maximum(wide, 0, out=wide)
        return _normalised(x + self._narrow(wide), *self._last)


class Text:
    """A text's word pieces, in passes of equal length that are read when they are needed, and then remembered."""

    def __init__(self, pieces: Sequence[Sequence[int]]) -> None:
        """Take the *pieces* of each word."""
        self._ids = list(chain.from_iterable(pieces))
        self._words = [0, *accumulate(map(len, pieces))]
        count = max(1, ceil(len(self._ids) / ROOM))
        self.length = ceil(len(self._ids) / count)
        self._starts = [n * (len(self._ids) - self.length) // max(1, count - 1) for n in range(count)]
        self.sums: dict[int, np.ndarray] = {}

    def pieces(self, number: int) -> list[int]:
        """Return the pieces of pass *number*."""
        return self._ids[self._starts[number] : self._starts[number] + self.length]

    def places(self, stretch: Stretch) -> list[tuple[int, int, int]]:
        """Return the passes in which a *stretch* stands, and where; of a long one only what is read of it."""
        start, end = self._words[stretch[0]], self._words[stretch[1]]
        runs = [(start, end)]
        if end - start > ROOM:
            runs = [(start, start + FIRST_PIECES), (end - ROOM + FIRST_PIECES, end)]
        found = []
        for at, stop in runs:
            while at < stop:
                number = bisect_right(self._starts, at) - 1
                first = self._starts[number]
                last = min(stop, self._starts[number + 1] if number + 1 < len(self._starts) else stop)
                found.append((number, at - first, last - first))
                at = last
        return found


def _wholes(texts: Sequence[str]) -> list[Wanted]:
    """Return *texts* as their words, each as one stretch; of a very long one only the words that can be read."""
    found: list[Wanted] = []
    for text in texts:
        if len(text) > MAX_CHARACTERS:
            text = f"{text[:FIRST_CHARACTERS]} {text[FIRST_CHARACTERS - MAX_CHARACTERS :]}"
        words = text.split(" ")
        found.append((words, [(0, len(words))]))
    return found


class SentenceEncoder:
    """Turns texts into vectors of length 1 whose dot product says how near they are in meaning."""

    def __init__(
        self, tokenizer: WordPiece, pieces: np.ndarray, scales: np.ndarray, weights: dict[str, np.ndarray]
    ) -> None:
        self.tokenizer = tokenizer
        self._pieces, self._scales = pieces, scales
        self._positions = weights["positions"]
        self._scale, self._shift = weights["scale"], weights["shift"]
        self._out = [(weights[name], weights[f"{name}_bias"]) for name in ("about", "sort")]
        self._layers = [Layer(weights, str(n)) for n in range(sum(name.endswith(".attend") for name in weights))]
        self._start, self._end = tokenizer.ids["[CLS]"], tokenizer.ids["[SEP]"]
        self.size = sum(matrix.shape[1] for matrix, _ in self._out)

    @classmethod
    def load(cls, tokenizer: WordPiece, folder: Path | None = None) -> SentenceEncoder:
        """Read the shipped encoder, or the one in *folder*; word pieces are memory-mapped, so workers share them."""
        folder = folder or Path(str(resources.files("assistant") / "data"))
        with np.load(folder / "encoder.npz") as stored:
            weights = {name: stored[name].astype(np.float32) for name in stored.files}
        pieces = np.load(folder / "encoder-pieces.npy", mmap_mode="r")
        return cls(tokenizer, pieces, weights.pop("piece_scales"), weights)

    def vector(self, text: str) -> np.ndarray:
        """Return the embedding of *text*: shape ``(size,)``, float32, length 1, or zeros when empty."""
        return self.matrix([text])[0]

    def matrix(self, texts: Sequence[str]) -> np.ndarray:
        """Return one embedding a row: shape ``(len(texts), size)``, float32."""
        found = self.stretches(_wholes(texts))
        return np.concatenate([np.empty((0, self.size), np.float32), *found])

    def stretches(self, wanted: Sequence[Wanted]) -> list[np.ndarray]:
        """Return the embeddings of stretches of texts, for each text shape ``(stretches, size)``, float32.

        A stretch is read in the company of the words around it: its embedding is made from the mean of its
        pieces and of the marks at both ends of what was read together.
        """
        pieces = [[self.tokenizer.encode(word) for word in words] for words, _ in wanted]
        lengths = [sum(map(len, each)) for each in pieces]
        order = sorted(range(len(wanted)), key=lengths.__getitem__)
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        found: list[np.ndarray] = [np.empty(0)] * len(wanted)

        def read(some: list[int]) -> None:
            for i, rows in zip(some, self.embed([(Text(pieces[i]), wanted[i][1]) for i in some]), strict=True):
                found[i] = rows

        if len(batches) < MANY_BATCHES:
            for some in batches:
                read(some)
        else:  # products of matrices run side by side
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(read, batches))
        return found

    def text(self, words: Sequence[str]) -> Text:
        """Return the text that *words* are, to be read by `embed`."""
        return Text([self.tokenizer.encode(word) for word in words])

    def embed(self, wanted: Sequence[tuple[Text, Sequence[Stretch]]]) -> list[np.ndarray]:
        """Return what `stretches` does, of texts that remember what was read of them."""
        self._read({(text, number) for text, each in wanted for s in each for number, _, _ in text.places(s)})
        means = [self._mean(text, stretch) for text, each in wanted for stretch in each]
        bounds = [0, *accumulate(len(each) for _, each in wanted)]
        rows = self._project(np.stack(means)) if means else np.empty((0, self.size), np.float32)
        return [rows[a:b] for a, b in pairwise(bounds)]

    def _read(self, passes: Collection[tuple[Text, int]]) -> None:
        """Read numbered passes of texts that were not read yet, those of one length together."""
        new = sorted((p for p in passes if p[1] not in p[0].sums), key=lambda p: p[0].length)
        for _, group in groupby(new, key=lambda p: p[0].length):
            same = list(group)
            ids = np.array([[self._start, *text.pieces(number), self._end] for text, number in same])
            for (text, number), sums in zip(same, self._encode(ids).cumsum(1), strict=True):
                text.sums[number] = sums

    def _encode(self, ids: np.ndarray) -> np.ndarray:
        """Return what the last layer makes of each piece: shape ``(texts, pieces, width)``."""
        x = self._pieces[ids] * self._scales[ids][..., None]
        texts, pieces = ids.shape
        x = _normalised(x + self._positions[:pieces], self._scale, self._shift).reshape(texts * pieces, -1)
        for layer in self._layers:
            x = layer(x, texts)
        return x.reshape(texts, pieces, -1)

    def _mean(self, text: Text, stretch: Stretch) -> np.ndarray:
        places = text.places(stretch)
        total = np.zeros(self._positions.shape[1], np.float32)
        for number, start, end in places:
            sums = text.sums[number]  # of the mark, the pieces, the mark
            total += sums[end] - sums[start]
            total += (sums[0] + sums[-1] - sums[-2]) / np.float32(len(places))
        return total / np.float32(2 + sum(end - start for _, start, end in places))

    def _project(self, means: np.ndarray) -> np.ndarray:
        parts = [_unit(means @ matrix + bias) for matrix, bias in self._out]
        shares = np.sqrt([1 - TUNED_SHARE, TUNED_SHARE]).astype(np.float32)
        rows = np.hstack([share * part for share, part in zip(shares, parts, strict=True)])
        rows[~means.any(1)] = 0  # nothing was read
        return rows

    def __reduce__(self) -> tuple[object, tuple[()]]:
        """Pickle as a name only: the shipped encoder is loaded again, and shared."""
        return shipped_encoder, ()


class OneTurn:
    """The encoder for one turn: what it read of a text stays until the turn ends, and goes with it."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.tokenizer, self.size = encoder.tokenizer, encoder.size
        self._encoder = encoder
        self._texts: dict[str, Text] = {}

    def matrix(self, texts: Sequence[str]) -> np.ndarray:
        """Return one embedding a row: shape ``(len(texts), size)``, float32."""
        return np.concatenate(self.stretches(_wholes(texts)))

    def stretches(self, wanted: Sequence[Wanted]) -> list[np.ndarray]:
        """Return the embeddings of stretches of texts, as `SentenceEncoder.stretches` does."""
        return self._encoder.embed([(self._text(words), each) for words, each in wanted])

    def _text(self, words: Sequence[str]) -> Text:
        joined = " ".join(words)
        if joined not in self._texts:
            self._texts[joined] = self._encoder.text(words)
        return self._texts[joined]


def _unit(x: np.ndarray) -> np.ndarray:
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def _normalised(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    width = np.float32(x.shape[-1])
    x -= np.add.reduce(x, -1, keepdims=True) / width
    x /= np.sqrt(np.einsum("...i,...i->...", x, x)[..., None] / width + np.float32(1e-12))
    x *= scale
    x += shift
    return x


@lru_cache(maxsize=1)
def shipped_encoder() -> SentenceEncoder:
    """Return the shipped encoder, loaded once a process."""
    return SentenceEncoder.load(shipped_table().tokenizer)
