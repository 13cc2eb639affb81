"""Many requests at once in one worker do not disturb each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from assistant.text import Stems, words

WORDS = words(
    " ".join(f"unseen{n}ing rationalisation{n}s meditatively{n} nationalities feelings{n}" for n in range(300))
)


def test_stems_are_the_same_in_every_thread():
    alone = Stems().of(WORDS)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: Stems().of(WORDS), range(24)))
    assert all(stems == alone for stems in together)
