"""Make what a folder with few judged questions goes by: how far to trust which signals.

Learnt on the shipped knowledge and its judged questions (``knowledge/judged``), as the product learns
it when it starts, and written to ``assistant/data/confidence.npz``. Run it after a change of the
ranking or of the shipped knowledge; `tests/test_engine.py` tells when it is due. Usage::

    python benchmarks/confidence.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant import engine
from assistant.knowledge import load


def main() -> None:
    root = Path(__file__).parent.parent
    learnt = engine.build(load(root / "knowledge"))
    assert learnt.retriever is not None
    assert learnt.confidence is not None
    np.savez(
        root / "assistant" / "data" / "confidence.npz",
        names=np.array(learnt.retriever.signal_names),
        mean=learnt.confidence.mean,
        spread=learnt.confidence.spread,
        weights=learnt.confidence.weights,
    )


if __name__ == "__main__":
    main()
