"""Make what the program ships of what it learns: its first start need not take minutes.

Learnt from the shipped knowledge as the product learns it, and written to ``assistant/data``:

- ``learnt/screen-….pickle`` and ``learnt/confidence-….pickle``: parts as they are kept in a cache folder,
  found by a hash of what they were learnt from and of the code that learns;
- ``learnt/texts-….npz``: the embeddings of the knowledge's texts, so that a retriever for this folder, or
  for one that differs a little, is learnt without reading them again;
- ``ordinary.txt``: every second question to the shipped passages, harmless for every folder's crisis screen;
- ``confidence.npz``: what a folder with few judged questions goes by.

Run it after a change of what learns or of the shipped knowledge (four minutes); `tests/test_learnt.py` tells
when it is due. Usage::

    OPENBLAS_NUM_THREADS=1 python benchmarks/learnt.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant import engine, kept
from assistant.knowledge import Knowledge, load
from assistant.retrieval import Entry
from assistant.text import fold, words


def texts(knowledge: Knowledge) -> list[str]:
    """Return the texts that a retriever for *knowledge* reads."""
    return [" ".join(words(fold(p))) for e in engine.entries_of(knowledge) for p in e.phrasings]


def passages(knowledge: Knowledge) -> list[Entry]:
    """Return the entries that are passages."""
    return [e for e in engine.entries_of(knowledge) if e.group == engine.PASSAGE]


def main() -> None:
    knowledge = load(kept.DATA.parent.parent / "knowledge")
    asked = dict.fromkeys(" ".join(p.split()) for e in passages(knowledge) for p in e.phrasings)
    (kept.DATA / "ordinary.txt").write_text("\n".join([*asked][::2]) + "\n", "utf-8")
    learnt = engine.build(knowledge)
    assert learnt.retriever is not None
    assert learnt.confidence is not None
    embeddings = kept.embeddings(texts(knowledge))
    kept.SHIPPED.mkdir(exist_ok=True)
    for old in kept.SHIPPED.iterdir():
        old.unlink()
    kept.save(kept.path_in(kept.SHIPPED, "screen", engine.screen_inputs(knowledge)), learnt.screen)
    kept.save(kept.path_in(kept.SHIPPED, "confidence", engine.confidence_inputs(knowledge)), learnt.confidence)
    hashes, first = np.unique(kept.hashes(texts(knowledge)), return_index=True)
    found = embeddings.take(first)
    np.savez(kept.texts_file(), hashes=hashes, codes=found.codes, scales=found.scales)
    np.savez(
        kept.DATA / "confidence.npz",
        names=np.array(learnt.retriever.signal_names),
        mean=learnt.confidence.mean,
        spread=learnt.confidence.spread,
        weights=learnt.confidence.weights,
    )
    for path in sorted(kept.SHIPPED.iterdir()):
        print(f"{path.stat().st_size / 1e6:6.1f} MB  {path.name}")


if __name__ == "__main__":
    main()
