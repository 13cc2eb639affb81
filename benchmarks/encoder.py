"""all-MiniLM-L6-v2 in plain numpy: the sentence encoder that the comparison needs, without a model runtime.

BERT with six layers, mean pooling, length 1 (Reimers and Gurevych 2019; Wang et al. 2020). It reads
``model.safetensors`` and ``vocab.txt`` from one folder and is used by the benchmarks alone.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LAYERS, HEADS, SIZE = 6, 12, 384
MAX_PIECES = 128
FILES = ("model.safetensors", "vocab.txt")
KINDS = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


class Encoder:
    """Turns texts into vectors of length 1 that are close where the meanings are."""

    def __init__(self, folder: Path) -> None:
        self._w = {k.removeprefix("bert."): v for k, v in _tensors(folder / FILES[0]).items()}
        self._pieces = {w: i for i, w in enumerate((folder / FILES[1]).read_text("utf-8").split("\n"))}

    def vector(self, text: str) -> np.ndarray:
        """Return the vector of *text*: shape ``(384,)``, float32, length 1."""
        ids = [self._pieces["[CLS]"], *self._encode(text)[: MAX_PIECES - 2], self._pieces["[SEP]"]]
        x = self._w["embeddings.word_embeddings.weight"][ids]
        x = x + self._w["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._normal(x + self._w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            x = self._normal(x + self._attention(x, name), f"{name}.attention.output.LayerNorm")
            inner = _gelu(self._linear(x, f"{name}.intermediate.dense"))
            x = self._normal(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)

    def matrix(self, texts: Sequence[str]) -> np.ndarray:
        """Return one vector a row."""
        return np.stack([self.vector(t) for t in texts])

    def _attention(self, x: np.ndarray, name: str) -> np.ndarray:
        def heads(part: str) -> np.ndarray:
            flat = self._linear(x, f"{name}.attention.self.{part}")
            return flat.reshape(len(x), HEADS, SIZE // HEADS).transpose(1, 0, 2)

        near = heads("query") @ heads("key").transpose(0, 2, 1) / np.float32((SIZE // HEADS) ** 0.5)
        near = np.exp(near - near.max(-1, keepdims=True))
        mixed = (near / near.sum(-1, keepdims=True)) @ heads("value")
        return self._linear(mixed.transpose(1, 0, 2).reshape(len(x), SIZE), f"{name}.attention.output.dense")

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self._w[f"{name}.weight"].T + self._w[f"{name}.bias"]

    def _normal(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-12)
        return centred / scale * self._w[f"{name}.weight"] + self._w[f"{name}.bias"]

    def _encode(self, text: str) -> list[int]:
        return [piece for word in _words(text) for piece in self._split(word)]

    def _split(self, word: str) -> list[int]:
        found, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._pieces.get(mark + word[start:end])
                if piece is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return [self._pieces["[UNK]"]]
        return found


def _gelu(x: np.ndarray) -> np.ndarray:
    """The usual tanh form; it differs from the exact one by less than 0.001."""
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def _words(text: str) -> list[str]:
    """Split as BERT's uncased tokenizer does: no accents, every mark for itself."""
    out, current = [], ""
    for c in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(c)
        if kind == "Mn":
            continue
        if c.isspace() or kind[0] == "C":
            out, current = [*out, current], ""
        elif kind[0] == "P" or c in "$+<=>^`|~":
            out, current = [*out, current, c], ""
        else:
            current += c
    return [w for w in [*out, current] if w]


def _tensors(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    body = memoryview(data)[8 + size :]
    return {
        name: np.frombuffer(body[slice(*t["data_offsets"])], KINDS[t["dtype"]]).reshape(t["shape"])
        for name, t in head.items()
        if name != "__metadata__"
    }
