"""The encoder's arithmetic, and the embedder that reads each text of a turn once."""

from __future__ import annotations

import numpy as np

from assistant.embedding import OneTurn
from assistant.encoder import FEW_ROWS, Linear, shipped_encoder

TEXTS = ("what is plasticity", "", "can the brain heal after an injury", "what is plasticity")


def test_blocks_multiply_like_the_whole_matrix():
    random = np.random.default_rng(1)
    weights, bias = random.standard_normal((32, 192), np.float32), random.standard_normal(192, np.float32)
    for rows in (1, 7, FEW_ROWS, FEW_ROWS + 1):
        x = random.standard_normal((rows, 32), np.float32)
        assert np.allclose(Linear(weights, bias)(x), x @ weights + bias, atol=1e-4)


def test_a_text_is_encoded_the_same_alone_and_among_others():
    encoder = shipped_encoder()
    together = encoder.matrix([*TEXTS, *(f"{n} apples" for n in range(80))])
    for text, row in zip(TEXTS, together, strict=False):
        assert np.allclose(encoder.vector(text), row, atol=1e-5)
    assert not together[1].any()
    assert np.allclose(np.linalg.norm(together[0]), 1, atol=1e-5)


def test_one_turn_reads_each_text_once_and_says_the_same():
    asked: list[str] = []

    class Counting:
        tokenizer, size = shipped_encoder().tokenizer, shipped_encoder().size

        def matrix(self, texts):
            asked.extend(texts)
            return shipped_encoder().matrix(texts)

    turn = OneTurn(Counting())
    first, again = turn.matrix(TEXTS), turn.matrix(TEXTS[:1])
    assert asked == list(dict.fromkeys(TEXTS))
    assert np.allclose(first, shipped_encoder().matrix(TEXTS), atol=1e-5)
    assert (again[0] == first[0]).all()


def test_of_a_long_text_the_start_and_the_end_are_read():
    encoder = shipped_encoder()
    story = "the bus was late again and my aunt waited at the station with two bags " * 40
    asked = encoder.vector(f"{story} does the brain change when we learn")
    assert not np.allclose(asked, encoder.vector(f"{story} how do I bake bread"), atol=1e-2)
    assert np.allclose(encoder.vector("word " * 5_000), encoder.vector("word " * 500), atol=1e-5)
