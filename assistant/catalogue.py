"""All words of the interface, one file a language under ``assistant/words/``.

A second language costs one file: the same keys as ``en.yaml``, with the same names in braces.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import KnowledgeError, Problem
from assistant.yamlfile import Fields, Node, Scalar, parse, place

FOLDER = Path(__file__).parent / "words"
ENGLISH = "en"
DIRECTIONS = ("ltr", "rtl")
_TOKEN = re.compile(r"[¿¡]|\w+")


@dataclass(frozen=True)
class Words:
    """One language's words; call it with a key and the values that the words name in braces."""

    language: str
    name: str
    direction: str
    entries: Mapping[str, str]

    @property
    def signs(self) -> frozenset[str]:
        """The frequent words by which this language is known."""
        return frozenset(self.entries["foreign.signs"].split())

    def __call__(self, key: str, **values: object) -> str:
        return self.entries[key].format_map(values)


@dataclass(frozen=True)
class Catalogue:
    """Every language that the interface speaks, by its code; English is always there."""

    languages: Mapping[str, Words]

    def choose(self, wanted: str, accepted: Iterable[str] = ()) -> Words:
        """Return the words for the language *wanted*, else for the first *accepted* one, else English."""
        for tag in (wanted, *accepted):
            if found := self.languages.get(tag.lower().partition("-")[0]):
                return found
        return self.languages[ENGLISH]

    def written_in(self, utterance: str) -> Words | None:
        """Return the language that *utterance* is written in, by the frequent words (``foreign.signs``) of each.

        Returns:
            The language with the most signs: two or more, or one in three words or fewer; nothing when no
            language has that many, or two have as many.
        """
        tokens = _TOKEN.findall(utterance.lower())
        if not tokens:
            return None
        counts = {code: sum(t in words.signs for t in tokens) for code, words in self.languages.items()}
        most = max(counts.values())
        leading = [code for code, count in counts.items() if count == most]
        enough = most >= 2 or (most == 1 and len(tokens) <= 3)
        return self.languages[leading[0]] if enough and len(leading) == 1 else None


def placeholders(words: str) -> frozenset[str]:
    """Return the names that stand in braces in *words*.

    Raises:
        ValueError: a brace is not closed, or not opened.
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(words) if name is not None)


def load(folder: Path = FOLDER) -> Catalogue:
    """Read every language in *folder*.

    Raises:
        KnowledgeError: carries every problem: a key that English lacks or that is missing,
            other names in braces than English has, a value that is no text.
    """
    problems: list[Problem] = []
    languages = {path.stem: _read(path, problems) for path in sorted(folder.glob("*.yaml"))}
    english = languages[ENGLISH].entries if ENGLISH in languages else {}
    for language, file in languages.items():
        _compare(file, english, language, problems)
    if problems:
        raise KnowledgeError(problems)
    return Catalogue({code: file.words(code) for code, file in languages.items()})


@dataclass(frozen=True)
class _File:
    path: str
    root: Node
    head: Mapping[str, str]
    entries: Mapping[str, Scalar]

    def words(self, language: str) -> Words:
        values = {key: scalar.value for key, scalar in self.entries.items()}
        return Words(language, self.head["name"], self.head["direction"], values)


def _read(path: Path, problems: list[Problem]) -> _File:
    name = f"words/{path.name}"
    root = parse(path.read_bytes(), name)
    head: dict[str, str] = {}
    entries: dict[str, Scalar] = {}
    for key, node in _leaves(root, "", name, problems):
        if key in ("name", "direction"):
            head[key] = node.value
        else:
            entries[key.removeprefix("words.")] = node
    if not head.get("name"):
        problems.append(
            Problem(place(name, root), "the language has no name", "add `name: Español`, as its readers say")
        )
    if head.get("direction") not in DIRECTIONS:
        problems.append(Problem(place(name, root), "the direction is missing or unknown", "write ltr or rtl"))
    return _File(name, root, head, entries)


def _leaves(node: Node, prefix: str, path: str, problems: list[Problem]) -> Iterable[tuple[str, Scalar]]:
    """Yield every text below *node* with its names joined by dots."""
    if not isinstance(node, Fields):
        problems.append(Problem(place(path, node), "a list or text stands here", "write names with texts"))
        return
    for key, (_, value) in node.entries.items():
        if isinstance(value, Scalar):
            yield prefix + key, value
        else:
            yield from _leaves(value, f"{prefix}{key}.", path, problems)


def _compare(file: _File, english: Mapping[str, Scalar], language: str, problems: list[Problem]) -> None:
    for key in english.keys() - file.entries.keys():
        problems.append(Problem(place(file.path, file.root), f"{key!r} is missing", "translate it from words/en.yaml"))
    for key, scalar in file.entries.items():
        if key not in english:
            problems.append(Problem(place(file.path, scalar), f"{key!r} is not in words/en.yaml", "delete it"))
            continue
        try:
            named, expected = placeholders(scalar.value), placeholders(english[key].value)
        except ValueError:
            problems.append(Problem(place(file.path, scalar), f"a brace stands alone in {key!r}", "write {name}"))
            continue
        if named != expected and language != ENGLISH:
            wanted = ", ".join(sorted(f"{{{n}}}" for n in expected)) or "no name in braces"
            problems.append(Problem(place(file.path, scalar), f"{key!r} has other names in braces", f"use {wanted}"))
