"""Make the sentence encoder that the package ships: a small student of all-MiniLM-L6-v2.

Method: the student starts from the teacher's word pieces, its first and its last layer, and in each
the third of the inner units with the largest weights; then it learns, by AdamW, to give the teacher's
sentence vectors, turned to their 256 main axes. The loss is one minus the cosine, plus twice the
squared difference of all similarities within a batch. Pieces are stored in 8 bits with one scale a
row, layers in 16.

Then, at a lower rate, it goes on with more variants and learns a second projection beside the first:
128 numbers whose cosine with a point for each class tells the classes of this repository's examples
apart (a passage, a subject that is not covered, a kind of danger, of harmless look-alikes, of small
talk …), and coarser, their groups. ``knowledge/judged`` is no part of these classes: by it the
product tells how sure to be.

What it learns from is text that may be used for it: glosses and examples of WordNet 3.0, questions
put together here from WordNet's words, every line of this repository's ``knowledge/``, and those
lines cut, joined, thinned, with words exchanged and with typing errors.

The encoder that is shipped was made by these steps one at a time; when the knowledge had grown by half,
the last step went on for one more epoch over the larger knowledge, at a rate of 2e-4. This file puts the
steps together and was not run from end to end.

Not needed to run or test the product; needs ``torch`` and ``transformers``. Usage::

    python benchmarks/distil_encoder.py MODEL_DIR WORDNET_DIR --out assistant/data

MODEL_DIR holds ``model.safetensors`` (its sha256 is checked), ``config.json`` and ``vocab.txt``;
WORDNET_DIR holds ``data.noun`` and its like. Prints the loss as it goes and, after each epoch, the
mean cosine to the teacher on 4,000 texts kept apart.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch.nn import functional
from transformers import BertModel, BertTokenizerFast

from assistant.engine import entries_of
from assistant.knowledge import load
from assistant.text import fold, words

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS = (0, 5)  # of the teacher's six
INNER = 512  # units between a layer's two matrices; the teacher has 1,536
WIDTH, HEADS, SIZE = 384, 12, 256
MAX_PIECES = 64  # longer texts are not learnt from
POSITIONS, TUNED = 96, 128
SHARPNESS = 16  # of the cosines with the classes' points
BATCH, HELD = 256, 4_000
QUESTIONS = 90_000  # put together from WordNet's words
VARIANTS = 3  # of each line of the knowledge
FRAMES = (
    "what is {n}", "What is {n}?", "what does {n} mean", "How does {n} work?", "how do I {v} {n}", "how can I {v}",
    "why do people {v} {n}", "is {n} {a}?", "Can {n} cause {m}?", "does {n} help with {m}", "{n} {m}", "{a} {n}",
    "my {n} is {a} and I want to {v} it", "I feel {a} about {n}", "i dont know how to {v} my {n}", "best {n} for {m}",
    "What's the difference between {n} and {m}?", "who invented {n}", "where can i find {n}", "how long does {n} take",
    "how much does {n} cost", "tell me about {n} and {m}", "My mother says {n} is {a}. Is that true?", "{n} {m} {v}",
    "my doctor told me that {n} can {v} {m}", "should I {v} the {n} or the {m}", "is it normal to {v} {n}",
    "I keep thinking about {n}", "my friend wants to {v}", "I can't {v} any more because of {n}", "i hate {n}",
    "last year I had {n} and now I {v} {m}", "She said she will {v} {n}", "Do you {v} {n}?", "please {v} the {n}",
    "Which {n} is the most {a}?", "when was {n} discovered", "I want to {v} {n} {r}", "Does the brain {v} {n}?",
    "can the mind {v} after {n}", "The {n} was {a} and we {v} {r}", "how many {n} are there", "thank you for the {n}",
    "Could {n} be a sign of {m}?", "I have to write an essay about {n} and {m}", "my kid is {a} of {n}",
    "we love {n}, it makes us {a}", "are {n} and {m} the same thing", "explain {n} to me like I am five",
    "why am I so {a} after {n}", "Someone at work tried to {v} my {n}", "the {n} in my {m} is {a}",
)  # fmt: skip


def wordnet(folder: Path) -> tuple[list[str], dict[str, Callable[[], str]]]:
    """Return WordNet's glosses and examples, and a drawer of words (common ones more often) a part of speech."""
    uses: dict[str, int] = {}
    for line in (folder / "cntlist.rev").read_text("utf-8").splitlines():
        sense, _, count = line.split()
        word = sense.split("%")[0].replace("_", " ")
        uses[word] = uses.get(word, 0) + int(count)
    texts, draw = [], {}
    for part in ("noun", "verb", "adj", "adv"):
        found = []
        for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
            if line.startswith("  "):
                continue
            head, _, gloss = line.partition(" | ")
            fields = head.split()
            own = [fields[4 + 2 * i].replace("_", " ").split("(")[0] for i in range(int(fields[3], 16))]
            found += [w for w in own if len(w) < 28]
            pieces = [p.strip().strip('"').strip() for p in gloss.split("; ")]
            texts += [p if random.random() < 0.6 else f"{own[0]}: {p}" for p in pieces if len(p.split()) >= 3]
        weights = list(itertools.accumulate((uses.get(w.lower(), 0) + 0.4) ** 0.55 for w in found))
        draw[part] = lambda found=found, weights=weights: random.choices(found, cum_weights=weights)[0]
    return texts, draw


def own_lines(folder: Path) -> list[str]:
    """Return every text of the knowledge folder, each once."""

    def strings(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield " ".join(value.split())
        elif isinstance(value, list | dict):
            for each in value.values() if isinstance(value, dict) else value:
                yield from strings(each)

    found: list[str] = []
    for path in sorted(folder.rglob("*.yaml")):
        if not {"schemas", "helplines"} & set(path.parts):
            found += strings(yaml.load(path.read_text("utf-8"), yaml.CBaseLoader))
    for path in sorted(folder.rglob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            judged = json.loads(line)
            found += [t["question"] for t in judged.get("turns", [judged])]
    return [t for t in dict.fromkeys(found) if t]


def variant(text: str, lines: list[str], draw: dict[str, Callable[[], str]]) -> str:
    """Return *text* cut, joined with another, thinned, or with words exchanged."""
    tokens, kind = text.split(), random.random()
    if kind < 0.35 and len(tokens) > 6:
        start = random.randrange(len(tokens) - 4)
        return " ".join(tokens[start : random.randrange(start + 4, len(tokens) + 1)])
    if kind < 0.6:
        return " ".join(random.sample([text, random.choice(lines)], 2))
    if kind < 0.8:
        return " ".join(t for t in tokens if random.random() > 0.2) or text
    tokens[random.randrange(len(tokens))] = draw[random.choice(["noun", "verb", "adj"])]()
    return " ".join(tokens)


def corpus(wordnet_folder: Path, knowledge: Path) -> list[str]:
    """Return all texts to learn from, each once."""
    texts, draw = wordnet(wordnet_folder)
    for _ in range(QUESTIONS):
        texts.append(
            random.choice(FRAMES).format(
                n=draw["noun"](), m=draw["noun"](), v=draw["verb"](), a=draw["adj"](), r=draw["adv"]()
            )
        )
    lines = own_lines(knowledge)
    texts += lines + [variant(t, lines, draw) for t in lines if len(t.split()) < 90 for _ in range(VARIANTS)]
    return list(dict.fromkeys(t.strip() for t in texts if t.strip()))


def labelled(folder: Path) -> list[tuple[str, str, str]]:
    """Return group, class and text of every example of the knowledge folder."""
    knowledge = load(folder)
    found = [(e.group, f"{e.group}:{e.id}", p) for e in entries_of(knowledge) for p in e.phrasings]
    found += [("danger", f"danger:{kind}", m) for kind, each in knowledge.crisis.danger.items() for m in each]
    for path in sorted(folder.glob("*/look-alikes/*.yaml")):
        for value in yaml.load(path.read_text("utf-8"), yaml.CBaseLoader).values():
            if isinstance(value, list):
                found += [("harmless", f"harmless:{path.name.partition('.')[0]}", m) for m in value]
    return list({text: (group, name, text) for group, name, text in reversed(found)}.values())


def mistyped(text: str) -> str:
    """Return *text* with a letter dropped or two exchanged in about every sixth word."""
    tokens = text.split()
    for _ in range(max(1, len(tokens) // 6)):
        at = random.randrange(len(tokens))
        word = tokens[at]
        if len(word) > 3:
            i = random.randrange(1, len(word) - 1)
            tokens[at] = word[:i] + (word[i + 1] + word[i] + word[i + 2 :] if random.random() < 0.5 else word[i + 1 :])
    return " ".join(tokens)


def as_asked(text: str) -> str:
    """Return *text* as the program reads it: often as bare words, now and then mistyped."""
    if random.random() < 0.12:
        text = mistyped(text)
    return " ".join(words(fold(text))) if random.random() < 0.65 else text


def padded(pieces: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return piece ids and a mask, both ``(texts, longest)``."""
    longest = max(map(len, pieces))
    ids = torch.tensor([p + [0] * (longest - len(p)) for p in pieces])
    return ids, (torch.arange(longest) < torch.tensor([len(p) for p in pieces])[:, None]).float()


@torch.inference_mode()
def taught(teacher: BertModel, pieces: list[list[int]]) -> np.ndarray:
    """Return the teacher's mean-pooled vectors, one a row, length 1."""
    out = np.zeros((len(pieces), WIDTH), np.float32)
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        ids, mask = padded([pieces[i] for i in chosen])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = teacher(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        out[chosen] = functional.normalize((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=1)
    return out


class Layer(torch.nn.Module):
    """One layer, begun from one of the teacher's."""

    def __init__(self, begun_from: Any) -> None:
        super().__init__()
        attention, own = begun_from.attention.output, begun_from.attention.self
        parts = (own.query, own.key, own.value)
        self.attend = torch.nn.Linear(WIDTH, 3 * WIDTH)
        self.attend.weight.data = torch.cat([p.weight.data for p in parts])
        self.attend.bias.data = torch.cat([p.bias.data for p in parts])
        self.join, self.first = attention.dense, attention.LayerNorm
        wide, narrow = begun_from.intermediate.dense, begun_from.output.dense
        kept = (narrow.weight.norm(dim=0) * wide.weight.norm(dim=1)).topk(INNER).indices
        self.widen, self.narrow = torch.nn.Linear(WIDTH, INNER), torch.nn.Linear(INNER, WIDTH)
        self.widen.weight.data, self.widen.bias.data = wide.weight.data[kept], wide.bias.data[kept]
        self.narrow.weight.data, self.narrow.bias.data = narrow.weight.data[:, kept], narrow.bias.data
        self.last = begun_from.output.LayerNorm

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        texts, pieces, _ = x.shape
        query, key, value = self.attend(x).view(texts, pieces, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        weights = torch.softmax((query @ key.mT).float() * (WIDTH // HEADS) ** -0.5 + hidden, -1)
        seen = (weights.to(value.dtype) @ value).transpose(1, 2).reshape(texts, pieces, WIDTH)
        x = self.first(x + self.join(seen))
        out: torch.Tensor = self.last(x + self.narrow(torch.relu(self.widen(x))))
        return out


class Student(torch.nn.Module):
    """The encoder, begun from the teacher; *axes* turn its vectors to what is to be learnt."""

    def __init__(self, teacher: BertModel, axes: np.ndarray, centre: np.ndarray) -> None:
        super().__init__()
        begun = teacher.embeddings
        self.pieces = torch.nn.Embedding.from_pretrained(begun.word_embeddings.weight.data.clone(), freeze=False)
        places = begun.position_embeddings.weight.data[:POSITIONS] + begun.token_type_embeddings.weight.data[0]
        self.positions = torch.nn.Parameter(places)
        self.norm = begun.LayerNorm
        self.layers = torch.nn.ModuleList(Layer(teacher.encoder.layer[n]) for n in LAYERS)
        self.out = torch.nn.Linear(WIDTH, SIZE)
        self.out.weight.data = torch.tensor(axes.T.copy())
        self.out.bias.data = torch.tensor(-centre @ axes)
        self.tuned = torch.nn.Linear(WIDTH, TUNED)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return what is learnt from the teacher, one unit vector a text."""
        return functional.normalize(self.out(self.mean(ids, mask)), dim=1)

    def sort(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return what tells classes apart, one unit vector a text."""
        return functional.normalize(self.tuned(functional.dropout(self.mean(ids, mask), 0.1, self.training)), dim=1)

    def mean(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.pieces(ids) + self.positions[: ids.shape[1]])
        hidden = (1 - mask[:, None, None, :]) * -1e4
        for layer in self.layers:
            x = layer(x, hidden)
        return ((x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)).float()


class Classes(torch.nn.Module):
    """A point for each class and each group of the labelled examples."""

    def __init__(self, examples: list[tuple[str, str, str]], tokenizer: BertTokenizerFast) -> None:
        super().__init__()
        self._tokenizer, self._examples = tokenizer, examples
        groups, names = ([e[i] for e in examples] for i in (0, 1))
        self._targets = [torch.tensor([sorted(set(each)).index(x) for x in each]) for each in (names, groups)]
        self.points = torch.nn.ParameterList(torch.randn(len(set(each)), TUNED) * 0.1 for each in (names, groups))
        sizes = [{x: each.count(x) for x in set(each)} for each in (groups, names)]
        weights = np.array([sizes[0][g] ** -0.5 * sizes[1][n] ** -0.15 for g, n, _ in examples])
        self._weights = weights / weights.sum()

    def loss(self, student: Student, count: int) -> torch.Tensor:
        """Return the loss on *count* examples, small groups and classes drawn more often than their size."""
        chosen = np.random.choice(len(self._examples), count, p=self._weights)
        texts = [as_asked(self._examples[i][2]) or "." for i in chosen]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = student.sort(*padded(self._tokenizer(texts, truncation=True, max_length=POSITIONS)["input_ids"]))
        losses = [
            functional.cross_entropy(
                SHARPNESS * found.float() @ functional.normalize(p, dim=1).T, t[chosen], label_smoothing=0.05
            )
            for p, t in zip(self.points, self._targets, strict=True)
        ]
        return 0.15 * losses[0] + 0.25 * losses[1]


def batches(pieces: list[list[int]], rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield *rows* in random order, those of like length together."""
    out = []
    for chunk in np.array_split(np.random.permutation(rows), max(1, len(rows) // (BATCH * 40))):
        chunk = chunk[np.argsort([len(pieces[i]) for i in chunk], kind="stable")]
        out += [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
    random.shuffle(out)
    yield from out


def learn(
    student: Student,
    pieces: list[list[int]],
    target: torch.Tensor,
    epochs: int,
    rate: float,
    classes: Classes | None = None,
) -> None:
    """Fit *student* to *target*, and to *classes* if given, printing as it goes."""
    everything = [*student.parameters(), *(classes.parameters() if classes else ())]
    order = np.random.permutation(len(pieces))
    held, rows = order[:HELD], order[HELD:]
    groups = [
        {"params": [p for p in everything if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in everything if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=rate, fused=True)
    steps, step = epochs * math.ceil(len(rows) / BATCH), 0
    for epoch in range(epochs):
        for chosen in batches(pieces, rows):
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1, (step + 1) / 500) * 0.5 * (1 + math.cos(math.pi * min(1, step / steps)))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                found = student(*padded([pieces[i] for i in chosen]))
            wanted = target[chosen]
            loss = 1 - (found * wanted).sum(1).mean() + 2 * ((found @ found.T - wanted @ wanted.T) ** 2).mean()
            if classes:
                loss = 4 * loss + classes.loss(student, 96)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimiser.step()
            if step % 200 == 0:
                print(f"step {step} of {steps}: loss {loss.item():.4f}", flush=True)
            step += 1
        with torch.inference_mode():
            cosines = [
                (student(*padded([pieces[i] for i in part])) * target[part]).sum(1) for part in np.array_split(held, 20)
            ]
        print(f"epoch {epoch + 1}: cosine on texts kept apart {torch.cat(cosines).mean():.4f}", flush=True)


def save(student: Student, folder: Path) -> None:
    """Write the student as `assistant.encoder.SentenceEncoder` reads it."""
    table = student.pieces.weight.detach().numpy()
    scales = (np.abs(table).max(1) / 127 + 1e-12).astype(np.float32)
    weights: dict[str, torch.Tensor] = {
        "positions": student.positions, "scale": student.norm.weight, "shift": student.norm.bias,
        "about": student.out.weight.T, "about_bias": student.out.bias,
        "sort": student.tuned.weight.T, "sort_bias": student.tuned.bias,
    }  # fmt: skip
    for n, layer in enumerate(student.layers):
        for name in ("attend", "join", "widen", "narrow"):
            part = getattr(layer, name)
            weights |= {f"{n}.{name}": part.weight.T, f"{n}.{name}_bias": part.bias}
        for name in ("first", "last"):
            part = getattr(layer, name)
            weights |= {f"{n}.{name}_scale": part.weight, f"{n}.{name}_shift": part.bias}
    stored = {name: value.detach().numpy().astype(np.float16) for name, value in weights.items()}
    np.savez(folder / "encoder.npz", piece_scales=scales, **stored)
    np.save(folder / "encoder-pieces.npy", np.round(table / scales[:, None]).astype(np.int8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("wordnet", type=Path)
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--out", type=Path, default=Path("assistant/data"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=6e-4)
    options = parser.parse_args()
    found = hashlib.sha256((options.model / "model.safetensors").read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"model.safetensors: sha256 is {found}, expected {SHA256}")
    random.seed(1)
    np.random.seed(0)
    torch.manual_seed(0)
    tokenizer = BertTokenizerFast(str(options.model / "vocab.txt"), do_lower_case=True)
    teacher = BertModel.from_pretrained(options.model).eval()
    texts = corpus(options.wordnet, options.knowledge)
    pieces = [p for p in tokenizer(texts)["input_ids"] if len(p) <= MAX_PIECES]
    vectors = taught(teacher, pieces)
    centre = vectors.mean(0)
    _, _, axes = np.linalg.svd(np.cov((vectors - centre).T))
    axes = axes[:SIZE].T.astype(np.float32)
    target = functional.normalize(torch.tensor((vectors - centre) @ axes), dim=1)
    student = Student(teacher, axes, centre)
    learn(student, pieces, target, options.epochs, options.rate)
    classes = Classes(labelled(options.knowledge), tokenizer)
    learn(student, pieces, target, 2, options.rate / 2, classes)
    save(student, options.out)


if __name__ == "__main__":
    main()
