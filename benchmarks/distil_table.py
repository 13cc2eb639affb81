"""Make the static embedding table that the package ships.

Method (model2vec, then tokenlearn): every wordpiece through all-MiniLM-L6-v2, PCA to 256
numbers, SIF weights by corpus frequency; then a few epochs in which the table is fitted, by
Adam on the cosine, to the model's vectors of whole sentences. 8-bit rows with one scale each.

Not needed to run or test the product; needs ``torch`` and ``transformers``. Usage::

    python benchmarks/distil_table.py MODEL_DIR CORPUS.txt [CORPUS.txt ...] --out assistant/data

MODEL_DIR holds ``model.safetensors`` (its sha256 is checked), ``config.json`` and ``vocab.txt``.
The corpora are plain text, one sentence a line; the shipped table used 80,000 glosses and
examples of WordNet 3.0 and the sentences of this repository's knowledge folder.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch
from transformers import BertModel, BertTokenizerFast

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SIZE = 256
MAX_PIECES = 64
BATCH = 512


@torch.inference_mode()
def encode(model: BertModel, batches: list[dict[str, torch.Tensor]]) -> np.ndarray:
    """Return mean-pooled vectors, one a row, of tokenised *batches*."""
    out = []
    for batch in batches:
        mask = batch["attention_mask"][..., None]
        hidden = model(**batch).last_hidden_state
        out.append(((hidden * mask).sum(1) / mask.sum(1)).numpy())
    return np.concatenate(out)


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("assistant/data"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--cache", type=Path, required=True, help="keep the model's vectors here between runs")
    options = parser.parse_args()
    torch.manual_seed(0)

    found = hashlib.sha256((options.model / "model.safetensors").read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"model.safetensors: sha256 is {found}, expected {SHA256}")
    vocabulary = (options.model / "vocab.txt").read_text("utf-8").rstrip("\n").split("\n")
    tokenizer = BertTokenizerFast(str(options.model / "vocab.txt"), do_lower_case=True)
    model = BertModel.from_pretrained(options.model).eval()

    known: dict[str, np.ndarray] = {}
    if options.cache.exists():
        stored = np.load(options.cache, allow_pickle=True)
        known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    texts = list(
        dict.fromkeys(
            stripped
            for path in options.corpus
            for line in path.read_text("utf-8").splitlines()
            if (stripped := line.strip())
        )
    )
    missing = sorted((t for t in texts if t not in known), key=len)
    for start in range(0, len(missing), 256):
        part = missing[start : start + 256]
        batch = tokenizer(part, padding=True, truncation=True, max_length=MAX_PIECES, return_tensors="pt")
        known.update(zip(part, encode(model, [batch]).astype(np.float16), strict=True))
    np.savez(options.cache, texts=np.array(list(known), object), vectors=np.stack(list(known.values())))

    pieces = [
        tokenizer(t, add_special_tokens=False, truncation=True, max_length=MAX_PIECES)["input_ids"] for t in texts
    ]
    kept = [i for i, p in enumerate(pieces) if p]
    pieces = [torch.tensor(pieces[i]) for i in kept]
    target = unit(np.stack([known[texts[i]] for i in kept]).astype(np.float32))

    count = len(vocabulary)
    ids = torch.arange(count)
    first, last = (torch.full_like(ids, tokenizer.convert_tokens_to_ids(t)) for t in ("[CLS]", "[SEP]"))
    rows = torch.stack([first, ids, last], 1)
    single = [{"input_ids": r, "attention_mask": torch.ones_like(r)} for r in rows.split(512)]
    raw = encode(model, single)

    centre = target.mean(0)
    _, _, axes = np.linalg.svd(np.cov((target - centre).T))
    axes = axes[:SIZE].T.astype(np.float32)
    target = unit((target - centre) @ axes)
    counts = np.bincount(torch.cat(pieces).numpy(), minlength=count) + 0.3
    zipf = 1 / np.arange(1, count + 1)
    probability = 0.5 * counts / counts.sum() + 0.5 * zipf / zipf.sum()
    table = (raw - raw.mean(0)) @ axes * (1e-3 / (1e-3 + probability))[:, None]
    table *= 0.35 / np.linalg.norm(table[counts > 2], axis=1).mean()

    bag = torch.nn.EmbeddingBag.from_pretrained(
        torch.tensor(table, dtype=torch.float32), freeze=False, mode="sum", sparse=True
    )
    optimiser = torch.optim.SparseAdam(bag.parameters(), lr=options.rate)
    wanted = torch.tensor(target)
    order = torch.randperm(len(pieces))
    held, train = order[: len(order) // 50], order[len(order) // 50 :]

    def cosines(chosen: torch.Tensor) -> torch.Tensor:
        parts = [pieces[i] for i in chosen.tolist()]
        starts = torch.tensor([0] + [len(p) for p in parts[:-1]]).cumsum(0)
        return torch.nn.functional.cosine_similarity(bag(torch.cat(parts), starts), wanted[chosen])

    print(f"{len(pieces)} sentences; held-out cosine before fitting {cosines(held).mean():.4f}", flush=True)
    total = options.epochs * (len(train) // BATCH + 1)
    step = 0
    for epoch in range(options.epochs):
        for chosen in train[torch.randperm(len(train))].split(BATCH):
            for group in optimiser.param_groups:
                group["lr"] = options.rate * (1 - step / total)
            step += 1
            optimiser.zero_grad()
            (-cosines(chosen).mean()).backward()
            optimiser.step()
        print(f"epoch {epoch + 1}: held-out cosine {cosines(held).mean():.4f}", flush=True)

    fitted = bag.weight.detach().numpy()
    scales = (np.abs(fitted).max(1) / 127 + 1e-12).astype(np.float32)
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "table.npy", np.round(fitted / scales[:, None]).astype(np.int8))
    np.save(options.out / "scales.npy", scales)
    (options.out / "vocabulary.txt").write_text("\n".join(vocabulary), "utf-8")


if __name__ == "__main__":
    main()
