"""The encoder's arithmetic, and the embedder that reads each text of a turn once."""

from __future__ import annotations

import numpy as np

from assistant.encoder import FEW_ROWS, ROOM, Linear, OneTurn, shipped_encoder

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


def test_one_turn_reads_each_text_once_and_says_the_same(monkeypatch):
    encoder = shipped_encoder()
    read: list[int] = []
    as_it_is = encoder._encode
    monkeypatch.setattr(encoder, "_encode", lambda ids: read.append(len(ids)) or as_it_is(ids))
    turn = OneTurn(encoder)
    first, again = turn.matrix(TEXTS), turn.matrix(TEXTS[:1])
    assert sum(read) == len({text for text in TEXTS if text})
    (parts,) = turn.stretches([(TEXTS[0].split(), [(0, 3), (1, 2)])])
    assert sum(read) == len({text for text in TEXTS if text}), "a stretch of what was read is not read again"
    assert np.allclose(first, encoder.matrix(TEXTS), atol=1e-5)
    assert np.allclose(again[0], first[0], atol=1e-6)
    assert np.allclose(parts[0], first[0], atol=1e-5)


def test_a_stretch_is_read_in_its_company():
    encoder = shipped_encoder()
    words = ["my", "aunt", "sang", "in", "the", "choir", "and", "the", "brain", "can", "form", "new", "connections"]
    whole, part, nothing = encoder.stretches([(words, [(0, 13), (8, 13), (3, 3)])])[0]
    alone = encoder.vector("brain can form new connections")
    assert np.allclose(whole, encoder.vector(" ".join(words)), atol=1e-5)
    assert part @ alone > whole @ alone
    assert not np.allclose(part, alone, atol=1e-2)
    assert not nothing.any()


def test_every_piece_of_a_long_text_is_read_once():
    encoder = shipped_encoder()
    for count in (1, ROOM, ROOM + 1, 2 * ROOM + 7, 500):
        text = encoder.text(["brain"] * count)
        for start, end in ((0, min(count, ROOM)), (max(0, count - ROOM), count), (count // 3, count // 3 + 1)):
            places = text.places((start, end))
            assert sum(last - first for _, first, last in places) == end - start
            assert all(0 <= first < last <= text.length <= ROOM for _, first, last in places)


def test_of_a_long_text_the_start_and_the_end_are_read():
    encoder = shipped_encoder()
    story = "the bus was late again and my aunt waited at the station with two bags " * 40
    asked = encoder.vector(f"{story} does the brain change when we learn")
    assert not np.allclose(asked, encoder.vector(f"{story} how do I bake bread"), atol=1e-2)
    assert np.allclose(encoder.vector("word " * 5_000), encoder.vector("word " * 500), atol=1e-5)
