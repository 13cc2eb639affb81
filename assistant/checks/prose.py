"""Rules for our own words: easy to read, and safe to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.errors import Place, Problem, Severity
from assistant.knowledge import File, Reading
from assistant.readability import grade, longest_sentence, words
from assistant.yamlfile import Fields, Items, Node, Scalar

MAX_GRADE = 8.0  # Flesch-Kincaid, years of US school: what patient guidance asks for at most
LEAST_GRADED = 5  # words: the grade of fewer, like a greeting, says nothing
MAX_SENTENCE = 20  # words
LEAST_WORDS, MOST_WORDS = 25, 90  # of an answer: fewer say too little, more are not read

MOST_LINES = 30  # of one text, among which words are looked for

OWN_WORDS: dict[str, frozenset[str]] = {
    "source": frozenset({"about", "note"}),
    "passage": frozenset({"title", "ask", "answer", "simpler", "note", "alternative"}),
    "not-covered": frozenset({"about", "opening"}),
    "small-talk": frozenset({"replies"}),
    "clinical": frozenset({"reply", "professional", "bring"}),
    "crisis-reply": frozenset({"first", "steps", "moment", "say", "next", "professional", "later", "extra"}),
    "pointers": frozenset({"lines"}),
    "helplines": frozenset({"note", "whom"}),
}
"""By kind of file, the fields in which we speak; visitors' words may be as they are."""

EASY: dict[str, frozenset[str]] = {
    "passage": frozenset({"answer", "simpler"}),
    "small-talk": frozenset({"replies"}),
    "clinical": frozenset({"reply", "professional"}),
    "crisis-reply": frozenset({"first", "steps", "moment", "next", "professional", "later", "extra"}),
    "pointers": frozenset({"lines"}),
}
"""The fields that must be easy to read."""

AVOIDED: tuple[tuple[str, str], ...] = (
    (r"commit(?:s|ted|ting)? suicide", "died by suicide"),
    (r"(?:successful|completed) suicide", "died by suicide"),
    (r"(?:failed|unsuccessful) (?:suicide )?attempt", "survived a suicide attempt"),
    (r"suicide (?:epidemic|craze|wave)", "rising numbers"),
    (r"suicide victims?", "person who died by suicide"),
    (r"cry for help", "a sign of distress"),
    (r"(?:the )?mentally ill(?: people)?", "people with a mental illness"),
    (r"(?:a |the )?(?:schizophrenics?|psychotics|depressives|anorexics?|bulimics?)", "people with …"),
    (r"crazy|insane|lunatics?|psychos?|nutcases?", "say what happened instead"),
    (r"(?:drug|substance) abusers?|junkies?|drug addicts?", "people who use drugs"),
    (r"self-harmers?|cutters?", "people who self-harm"),
    (r"(?:a )?cry ?bab(?:y|ies)|attention[- ]seek(?:ing|ers?)", "leave it out"),
)
"""Words that guidance on safe messaging avoids (Samaritans, reportingonsuicide.org), and what to say."""

_AVOIDED = [(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), instead) for pattern, instead in AVOIDED]


def prose_problems(reading: Reading, language: str) -> Iterator[Problem]:
    """Yield what is hard or unsafe to read in our own words; grades are for English alone."""
    english = language.partition("-")[0] == "en"
    for file in reading.files.values():
        if file.problems or file.node is None or file.kind.name not in OWN_WORDS or not reading.owns(file):
            continue
        easy = EASY.get(file.kind.name, frozenset())
        for name, scalar in _texts(file.node):
            if name in OWN_WORDS[file.kind.name]:
                yield from _unsafe(file, scalar)
            if name in easy:
                yield from _hard(file, scalar, name, english)
        if file.kind.name == "passage":
            yield from _length(file)


def _texts(node: Node, name: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield every text below *node* with the name of the nearest field."""
    if isinstance(node, Scalar):
        yield name, node
    elif isinstance(node, Items):
        for value in node.values:
            yield from _texts(value, name)
    elif isinstance(node, Fields):
        for inner, (_, value) in node.entries.items():
            if inner not in {"questions", "examples", "messages"}:
                yield from _texts(value, inner)


def _unsafe(file: File, scalar: Scalar) -> Iterator[Problem]:
    for pattern, instead in _AVOIDED:
        if found := pattern.search(scalar.value):
            yield Problem(_spot(file, scalar, found.group()), f"{found.group()!r} hurts readers", f"rather: {instead}")


def _hard(file: File, scalar: Scalar, name: str, english: bool) -> Iterator[Problem]:
    length, sentence = longest_sentence(scalar.value)
    if length > MAX_SENTENCE:
        start = " ".join(sentence.split()[:5])
        message = f"a sentence of {length} words in {name!r}: '{start} …'"
        yield Problem(_spot(file, scalar, start), message, f"split it: at most {MAX_SENTENCE} words", Severity.WARNING)
    elif english and len(words(scalar.value)) >= LEAST_GRADED and (measured := grade(scalar.value)) > MAX_GRADE:
        message = f"{name!r} reads at grade {measured:.1f}"
        hint = f"shorter words and sentences: at most {MAX_GRADE:g}"
        yield Problem(Place(file.path, scalar.line, scalar.column), message, hint, Severity.WARNING)


def _spot(file: File, scalar: Scalar, start: str) -> Place:
    """Return where *start* begins within a text of several lines; where they are broken, the text's start."""
    lines = file.data.decode("utf-8-sig").splitlines()
    for number, line in enumerate(lines[scalar.line - 1 : scalar.line + MOST_LINES], scalar.line):
        if (column := line.find(start)) >= 0:
            return Place(file.path, number, column + 1)
        if number > scalar.line and (column := line.find(" ".join(start.split()[:2]))) >= 0:
            return Place(file.path, number, column + 1)
    return Place(file.path, scalar.line, scalar.column)


def _length(file: File) -> Iterator[Problem]:
    count = len(str(file.values["answer"]).split())
    if not LEAST_WORDS <= count <= MOST_WORDS:
        message, hint = f"the answer has {count} words", f"{LEAST_WORDS} to {MOST_WORDS}"
        yield Problem(file.place("answer"), message, hint, Severity.WARNING)
