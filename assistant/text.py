"""Text as the matcher reads it: cleaned characters, words, stems and character grams.

Nothing here keeps what it is given: the only cache is a dictionary of stems that
the caller fills from the knowledge folder, never from a visitor's words.
"""

from __future__ import annotations

import re
import threading
import unicodedata
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
import snowballstemmer

MAX_CLEAN = 70_000
"""Characters kept by `clean`: the 64 KiB request limit, with room for NFKC's growth."""

GRAM_SIZES = (2, 3, 4, 5)
"""Lengths, in characters, of the grams inside word boundaries (retrieval notes: char_wb 2-5)."""

_VOWEL_SIGNS = r"[\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e]"  # no letters to `re`
_LETTERS = rf"[^\W_]+(?:{_VOWEL_SIGNS}+[^\W_]*)*"
_WORD = re.compile(rf"{_LETTERS}(?:['’]{_LETTERS})*")
_ACCENTS = re.compile("[\u0300-\u036f\u0640\u064b-\u0655]+")  # European ones; Arabic stretches, vowels and hamzas
_ALIKE = str.maketrans("łđøıىیکةہ", "ldoiييكهه", "") | {ord("ß"): "ss"}  # letters that many type as another
_INVISIBLE = frozenset(["Cc", "Cf", "Cs", "Co", "Cn"])


class _Shown(dict[int, str]):
    """What stands for each character, worked out when it is first met: itself, or nothing."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = shown = "" if unicodedata.category(character) in _INVISIBLE else character
        return shown


_SHOWN = _Shown()


class _Own(threading.local):
    """A stemmer for each thread: one keeps the word that it works on."""

    def __init__(self) -> None:
        self.stemmer = snowballstemmer.stemmer("english")


_OWN = _Own()


def clean(text: str) -> str:
    """Return *text* without invisible characters, in compatibility form, at most `MAX_CLEAN` long.

    Removes NUL, lone surrogates, zero-width and bidirectional controls; folds full-width
    and mathematical letters (Unicode NFKC); keeps line breaks as spaces.
    """
    if text.isascii() and text.isprintable() and len(text) <= MAX_CLEAN:
        return text  # nothing to do for most questions
    shown = text[:MAX_CLEAN].replace("\n", " ").replace("\t", " ").replace("\r", " ")
    if not shown.isprintable():
        shown = shown.translate(_SHOWN)
    return unicodedata.normalize("NFKC", shown)[:MAX_CLEAN]


def fold(text: str) -> str:
    """Return cleaned *text* in lower case, without accents on Latin letters, blanks collapsed.

    Arabic loses its vowel marks, and letters that differ by region become one (as in Lucene's ArabicNormalizer).
    """
    small = clean(text).lower()
    if not small.isascii():
        small = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", small)))
        small = small.translate(_ALIKE)
    return " ".join(small.split())


def words(folded: str) -> list[str]:
    """Return the words of *folded* text in order; an apostrophe inside a word belongs to it."""
    return [w.replace("’", "'") for w in _WORD.findall(folded)]


class Stems:
    """Maps words to English stems (Snowball, Porter 2), fast for words it was told of."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        unique = list(dict.fromkeys(known))
        self._known = dict(zip(unique, _OWN.stemmer.stemWords(unique), strict=True))

    def of(self, tokens: list[str]) -> list[str]:
        """Return one stem per token, in the same order."""
        known = self._known
        return [known.get(t) or _OWN.stemmer.stemWord(t) for t in tokens]


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of *text*, split at end marks and line breaks; never an empty one."""
    for part in re.split(r"(?<=[.!?…。！？])\s+|\n+|(?<=[。！？])", text):
        if stripped := part.strip():
            yield stripped


_MIX = np.uint64(0x9E3779B97F4A7C15)
_FINAL = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)
_BLANK = np.uint64(ord(" "))
_SIZES = np.array(GRAM_SIZES, np.uint64)[:, None]
_STEPS = np.array(GRAM_SIZES)[:, None] - 1


def _finish(h: np.ndarray) -> np.ndarray:
    """Spread the bits of polynomial hashes (the multiply-xorshift step of SplitMix64)."""
    h = (h ^ (h >> _SHIFT)) * _FINAL
    return h ^ (h >> np.uint64(32))


def gram_hashes(tokens: list[str]) -> np.ndarray:
    """Return 64-bit hashes of all character grams of ` token ` for every token.

    Shape ``(k,)``, dtype uint64, repeated grams repeated; empty when there is no token.
    """
    return placed_grams(tokens)[0]


def placed_grams(tokens: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of `gram_hashes` and, for each, the number of the token it is from."""
    if not tokens:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    line = " " + "  ".join(tokens) + " "
    codes = np.frombuffer(line.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    end = len(codes)
    blank = codes == _BLANK
    passed = blank.cumsum()  # blanks up to each position
    blanks = blank.nonzero()[0]
    reach = blanks.take(passed, mode="clip") - np.arange(end)  # steps to the next blank
    reach[:-1][blank[:-1] & blank[1:]] = 0  # between two words
    h = np.empty((len(GRAM_SIZES), end), np.uint64)
    with np.errstate(over="ignore"):
        before = codes
        for row, size in zip(h, GRAM_SIZES, strict=True):
            fits = max(0, end - size + 1)
            row[:fits] = before = before[:fits] * _MIX + codes[size - 1 :]
        h += _SIZES
        whole = reach >= _STEPS  # no blank inside
        return _finish(h[whole]), (passed // 2)[whole.nonzero()[1]]


def word_hashes(tokens: Iterable[str], salt: int) -> np.ndarray:
    """Return one 64-bit hash per token (CRC-32, then mixed); *salt* keeps kinds of features apart."""
    codes = np.array([zlib.crc32(t.encode("utf-8", "replace")) for t in tokens], np.uint64)
    with np.errstate(over="ignore"):
        return _finish(codes * _MIX + np.uint64(salt))


def joined(first: np.ndarray, second: np.ndarray, salt: int) -> np.ndarray:
    """Return hashes of pairs from the hashes of their parts."""
    with np.errstate(over="ignore"):
        return _finish(first * _MIX + (second ^ np.uint64(salt)))
