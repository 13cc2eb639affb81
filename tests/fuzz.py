"""Coverage-guided fuzzing of what reads strangers' bytes: the YAML loader, the normaliser of text, the answerer.

    python -m tests.fuzz yaml|text|answer|planted SECONDS [FOLDER]

Ends with status 0 when nothing but declared errors came up; otherwise it prints what did,
and leaves the input in FOLDER. Each target checks promises as well as the absence of faults;
`planted` has a fault, and shows that one is found.
"""

from __future__ import annotations

import json
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assistant"]):
    from assistant import text, unmasking, yamlfile
    from assistant.dialogue import Dialogue
    from assistant.errors import UnreadableFileError
    from assistant.knowledge import load
    from assistant.rendering import as_json

from tests.folders import whole

LONGEST = 2_000  # bytes of an input: the cap of a question
KINDS = {"answer", "clarify", "unknown", "crisis", "clinical", "smalltalk"}


def yaml(data: bytes) -> None:
    """Bytes are a value, or problems with a place and a hint; what is quoted comes back as it was."""
    try:
        yamlfile.parse(data, "a.yaml")
    except UnreadableFileError as fault:
        assert fault.problems  # noqa: PT017  # this is no test
        assert all(p.place.line >= 1 and p.place.column >= 1 and p.hint for p in fault.problems)  # noqa: PT017
    typed = data.decode("utf-8", "ignore")
    root = yamlfile.parse(f"a: {yamlfile.quoted(typed)}\n".encode(), "a.yaml")
    assert root.entries["a"][1].value == typed  # type: ignore[union-attr]


def normaliser(data: bytes) -> None:
    """Any text, lone surrogates too, is cleaned within its cap, has no gaps, and can be hashed."""
    if data[:1] == b"\x01":
        typed = data[2 : len(data) // 2 * 2].decode("utf-16-le", "surrogatepass")
    else:
        typed = data.decode("utf-8", "replace")
    cleaned = text.clean(typed)
    assert len(cleaned) <= text.MAX_CLEAN
    assert not any(unicodedata.category(c) in {"Cf", "Cs", "Co", "Cn"} for c in cleaned)
    folded = text.fold(typed)
    assert "  " not in folded
    assert text.fold(typed) == folded
    for one in (folded, unmasking.unmask(folded)):
        words = text.words(one)
        hashes, owners = text.placed_grams(words)
        assert len(hashes) == len(owners)
        assert len(text.Stems().of(words)) == len(words)
    list(text.sentences(cleaned))


def answerer(folder: Path) -> Callable[[bytes], None]:
    """Any text, with any context and region, has a reply of a known kind that JSON can carry."""
    dialogue = Dialogue.build(load(folder), "a secret of the fuzzer's own, for contexts")
    contexts = ["", dialogue.respond("can I nap in the afternoon").context]

    def answer(data: bytes) -> None:
        typed = data[1:].decode("utf-8", "replace")
        context = contexts[data[0] & 1] if data else ""
        reply = dialogue.respond(typed, context or typed[:50], typed[:2])
        shown = as_json(reply)
        assert shown["kind"] in KINDS, shown["kind"]
        assert shown["reply"]
        json.dumps(shown, default=str).encode()

    return answer


SEEDS = {
    "yaml": [
        b"a: b\nc:\n  - d\n  - 'e'\n",
        b"a: >-\n  b\n  c\n",
        b'a: "\\u00e9"\n',
        b"? x\n: &y *y\n",
        b"--- !t\n[{}]",
    ],
    "text": [
        "caf\u00e9 don\u2019t k\u0456ll".encode(),
        b"k i l l  m e",
        b"s.u.i.c.i.d.e",
        b"1f 1 d!e",
        b"a b. C? d\n\ne",
        b"\x01\x00\x00\xd8a\x00",
    ],
    "planted": [b"nothing"],
    "answer": [b"\x00can I nap in the afternoon", b"\x01say it simpler", b"\x00i want to kill myself", b"\x00hello!"],
}


def main(name: str, seconds: int, folder: Path) -> None:
    if name == "answer":
        target = answerer(whole(Path(tempfile.mkdtemp()) / "knowledge"))
    else:
        target = {"yaml": yaml, "text": normaliser, "planted": atheris.instrument_func(planted)}[name]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={folder}/", "-timeout=20"]
    atheris.Setup([sys.argv[0], *options, "-seed=1", str(corpus)], target)
    atheris.Fuzz()


def planted(data: bytes) -> None:
    if data[:1] == b"F" and data[1:2] == b"A" and data[2:3] == b"U":
        raise LookupError("the planted fault")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()))
