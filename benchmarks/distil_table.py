"""Make the static embedding table that the package ships.

Method (model2vec, then tokenlearn): every wordpiece through all-MiniLM-L6-v2, PCA to 256
numbers, SIF weights by corpus frequency; then a few epochs in which the table is fitted, by
Adam on the cosine, to the model's vectors of whole sentences. 8-bit rows with one scale each.

Not needed to run or test the product. Usage::

    python benchmarks/distil_table.py MODEL_DIR CORPUS.txt [CORPUS.txt ...] --out assistant/data

MODEL_DIR holds ``model.safetensors`` (sha256 checked below) and ``vocab.txt``. The corpora are
plain text, one sentence a line; the shipped table used WordNet 3.0 glosses and examples and the
sentences of this repository's knowledge folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
from pathlib import Path

import numpy as np

from assistant.embedding import WordPiece

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SIZE = 256
HEADS, LAYERS, WIDTH = 12, 6, 384
MAX_PIECES = 64


def load_safetensors(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{path}: sha256 is {found}, expected {SHA256}")
    n = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + n]), data[8 + n :]
    kinds = {"F32": np.float32, "I64": np.int64}
    return {
        name.removeprefix("bert."): np.frombuffer(
            body[slice(*entry["data_offsets"])], kinds[entry["dtype"]]
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * gain + bias


def gelu(x: np.ndarray) -> np.ndarray:
    return np.float32(0.5) * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)))


class MiniLM:
    """The encoder's forward pass in numpy, for batches of equal length."""

    def __init__(self, folder: Path) -> None:
        self.w = load_safetensors(folder / "model.safetensors")
        self.vocabulary = (folder / "vocab.txt").read_text("utf-8").rstrip("\n").split("\n")
        self.tokenizer = WordPiece(self.vocabulary)

    def batch(self, ids: np.ndarray) -> np.ndarray:
        """Return mean-pooled vectors, shape ``(batch, 384)``, of *ids*, shape ``(batch, pieces)``."""
        w, (b, n) = self.w, ids.shape
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][:n]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = layer_norm(x, w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"])
        for i in range(LAYERS):
            p = f"encoder.layer.{i}."

            def dense(y: np.ndarray, name: str, p: str = p) -> np.ndarray:
                return y @ w[f"{p}{name}.weight"].T + w[f"{p}{name}.bias"]

            def heads(name: str, x: np.ndarray = x) -> np.ndarray:
                y = dense(x, f"attention.self.{name}")
                return y.reshape(b, n, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)

            a = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.float32((WIDTH // HEADS) ** 0.5)
            a = np.exp(a - a.max(-1, keepdims=True))
            a /= a.sum(-1, keepdims=True)
            mixed = (a @ heads("value")).transpose(0, 2, 1, 3).reshape(b, n, WIDTH)
            x = layer_norm(
                x + dense(mixed, "attention.output.dense"),
                w[p + "attention.output.LayerNorm.weight"],
                w[p + "attention.output.LayerNorm.bias"],
            )
            x = layer_norm(
                x + dense(gelu(dense(x, "intermediate.dense")), "output.dense"),
                w[p + "output.LayerNorm.weight"],
                w[p + "output.LayerNorm.bias"],
            )
        return x.mean(1)

    def encode(self, pieces: list[list[int]], size: int = 128) -> np.ndarray:
        """Return one vector a sentence, batched by length."""
        first, last = self.tokenizer.ids["[CLS]"], self.tokenizer.ids["[SEP]"]
        full = [[first, *p[: MAX_PIECES - 2], last] for p in pieces]
        order = sorted(range(len(full)), key=lambda i: len(full[i]))
        out = np.zeros((len(full), WIDTH), np.float32)
        start = 0
        while start < len(order):
            length = len(full[order[start]])
            end = start
            while end < len(order) and end - start < size and len(full[order[end]]) == length:
                end += 1
            chosen = order[start:end]
            out[chosen] = self.batch(np.array([full[i] for i in chosen]))
            start = end
        return out


class Bags:
    """Piece counts of sentences in compressed rows, with the two products that fitting needs."""

    def __init__(self, pieces: list[list[int]]) -> None:
        self.pieces = [np.array(p) for p in pieces]

    def sums(self, chosen: np.ndarray, table: np.ndarray) -> np.ndarray:
        flat = np.concatenate([self.pieces[i] for i in chosen])
        starts = np.cumsum([0] + [len(self.pieces[i]) for i in chosen[:-1]])
        return np.add.reduceat(table[flat], starts, axis=0)

    def scatter(self, chosen: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = np.concatenate([self.pieces[i] for i in chosen])
        owner = np.repeat(np.arange(len(chosen)), [len(self.pieces[i]) for i in chosen])
        rows, inverse = np.unique(flat, return_inverse=True)
        out = np.zeros((len(rows), gradient.shape[1]), np.float32)
        np.add.at(out, inverse, gradient[owner])
        return rows, out


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("assistant/data"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="keep the model's vectors here between runs")
    options = parser.parse_args()

    model = MiniLM(options.model)
    texts = list(dict.fromkeys(
        line.strip() for path in options.corpus for line in path.read_text("utf-8").splitlines()
        if 1 <= len(line.split()) < 90
    ))
    pieces = [model.tokenizer.encode(t) for t in texts]
    keep = [i for i, p in enumerate(pieces) if p]
    texts, pieces = [texts[i] for i in keep], [pieces[i] for i in keep]

    known: dict[str, np.ndarray] = {}
    if options.cache and options.cache.exists():
        stored = np.load(options.cache, allow_pickle=True)
        known = dict(zip(stored["texts"].tolist(), stored["vectors"].astype(np.float32), strict=True))
    missing = [i for i, t in enumerate(texts) if t not in known]
    for start in range(0, len(missing), 8192):
        part = missing[start : start + 8192]
        for i, v in zip(part, model.encode([pieces[i] for i in part]), strict=True):
            known[texts[i]] = v
        print(f"encoded {start + len(part)} of {len(missing)}", flush=True)
    if options.cache:
        np.savez(options.cache, texts=np.array(list(known), object), vectors=np.stack(list(known.values())).astype(np.float16))
    target = unit(np.stack([known[t] for t in texts]))

    count = len(model.vocabulary)
    raw = model.encode([[i] for i in range(count)], 256)
    centre = target.mean(0)
    _, _, axes = np.linalg.svd(np.cov((target - centre).T))
    axes = axes[:SIZE].T.astype(np.float32)
    target = unit((target - centre) @ axes)

    counts = np.full(count, 0.3)
    for p in pieces:
        np.add.at(counts, p, 1)
    zipf = 1 / np.arange(1, count + 1)
    probability = 0.5 * counts / counts.sum() + 0.5 * zipf / zipf.sum()
    sif = (1e-3 / (1e-3 + probability)).astype(np.float32)
    table = ((raw - raw.mean(0)) @ axes * sif[:, None]).astype(np.float32)
    table *= 0.35 / np.linalg.norm(table[counts > 2], axis=1).mean()

    bags, rng = Bags(pieces), np.random.default_rng(0)
    order = rng.permutation(len(texts))
    held, train = order[: len(texts) // 50], order[len(texts) // 50 :]
    first, second = np.zeros_like(table), np.zeros_like(table)

    def closeness() -> float:
        return float((unit(bags.sums(held, table)) * target[held]).sum(1).mean())

    print(f"{len(texts)} sentences; held-out cosine before fitting {closeness():.4f}", flush=True)
    steps_total = options.epochs * (len(train) // 512 + 1)
    step = 0
    for epoch in range(options.epochs):
        rng.shuffle(train)
        for start in range(0, len(train), 512):
            chosen = train[start : start + 512]
            rate = 2e-3 * (1 - step / steps_total)
            step += 1
            total = bags.sums(chosen, table)
            length = np.linalg.norm(total, axis=1, keepdims=True) + 1e-9
            direction, wanted = total / length, target[chosen]
            gradient = -(wanted - (direction * wanted).sum(1, keepdims=True) * direction) / length
            rows, g = bags.scatter(chosen, gradient * (50 / len(chosen)))
            first[rows] = 0.9 * first[rows] + 0.1 * g
            second[rows] = 0.99 * second[rows] + 0.01 * g * g
            table[rows] -= rate * first[rows] / (np.sqrt(second[rows]) + 1e-8)
        print(f"epoch {epoch + 1}: held-out cosine {closeness():.4f}", flush=True)

    scales = (np.abs(table).max(1) / 127 + 1e-12).astype(np.float32)
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "table.npy", np.round(table / scales[:, None]).astype(np.int8))
    np.save(options.out / "scales.npy", scales)
    (options.out / "vocabulary.txt").write_text("\n".join(model.vocabulary), "utf-8")


if __name__ == "__main__":
    main()
