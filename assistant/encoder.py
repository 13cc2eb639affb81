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

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import groupby
from pathlib import Path

import numpy as np

from assistant.embedding import WordPiece, shipped_table

MAX_PIECES, FIRST_PIECES = 64, 10
"""Word pieces read of one text: of a longer one the first few, and then the last, where people ask what they ask."""

MAX_CHARACTERS, FIRST_CHARACTERS = 1_500, 300
"""Characters looked at for them: more than so many pieces ever fill in any language's ordinary words."""

HEADS = 12
TUNED_SHARE = 0.4
"""Share of a dot product (0 to 1) that the second projection has."""

BATCH = 64
"""Texts of one length that are encoded together."""

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
        out = np.zeros((len(texts), self.size), np.float32)
        ids = [self._ids(text) for text in texts]
        order = sorted((i for i in range(len(texts)) if ids[i]), key=lambda i: len(ids[i]))
        for _, group in groupby(order, key=lambda i: len(ids[i])):
            same = list(group)
            for at in range(0, len(same), BATCH):
                chosen = same[at : at + BATCH]
                out[chosen] = self._encode(np.array([[self._start, *ids[i], self._end] for i in chosen]))
        return out

    def _ids(self, text: str) -> list[int]:
        """Return the pieces of *text* that are read, without the marks of start and end."""
        if len(text) > MAX_CHARACTERS:
            text = f"{text[:FIRST_CHARACTERS]} {text[FIRST_CHARACTERS - MAX_CHARACTERS :]}"
        ids = self.tokenizer.encode(text)
        room = MAX_PIECES - 2
        return ids if len(ids) <= room else ids[:FIRST_PIECES] + ids[FIRST_PIECES - room :]

    def _encode(self, ids: np.ndarray) -> np.ndarray:
        x = self._pieces[ids] * self._scales[ids][..., None]
        texts, pieces = ids.shape
        x = _normalised(x + self._positions[:pieces], self._scale, self._shift).reshape(texts * pieces, -1)
        for layer in self._layers:
            x = layer(x, texts)
        mean = np.add.reduce(x.reshape(texts, pieces, -1), 1) / np.float32(pieces)
        parts = [_unit(mean @ matrix + bias) for matrix, bias in self._out]
        shares = np.sqrt([1 - TUNED_SHARE, TUNED_SHARE]).astype(np.float32)
        return np.hstack([share * part for share, part in zip(shares, parts, strict=True)])

    def __reduce__(self) -> tuple[object, tuple[()]]:
        """Pickle as a name only: the shipped encoder is loaded again, and shared."""
        return shipped_encoder, ()


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
