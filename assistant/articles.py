"""An article as curators get it (text, Markdown, HTML, DOCX), read into headings, paragraphs and items."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

from assistant.errors import Place, Problem, UnreadableFileError
from assistant.yamlfile import decode

SPAN = 30
"""Sentences that one place may have, at most."""


class Role(StrEnum):
    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"


@dataclass(frozen=True)
class Block:
    """A piece of an article, blanks collapsed."""

    role: Role
    text: str


@dataclass(frozen=True)
class Article:
    """What an article says of itself, and its blocks in reading order.

    Attributes:
        facts: title, author, publisher, published, language, as far as the file tells.
    """

    facts: Mapping[str, str]
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(b.text for b in self.blocks)

    def find(self, wanted: str, headings: Iterable[str] = ()) -> str | None:
        """Return the stretch of whole sentences with the fingerprint *wanted*, or nothing.

        A stretch may also start after one of the *headings*: some files run them into the text.
        """
        text = self.text
        starts, ends, at = {0}, {len(text)}, 0
        for block in self.blocks:
            starts.add(at)
            at += len(block.text) + 1
            ends.add(at - 1)
        for mark in _SENTENCE_END.finditer(text):
            ends.add(mark.end())
            starts.add(mark.end() + 1)
        for heading in headings:
            for found in re.finditer(re.escape(heading), text):
                starts.add(found.end() + 1)
                ends.add(found.start() - 1)
        ordered = sorted(ends)
        for start in sorted(starts):
            for end in [e for e in ordered if e > start][:SPAN]:
                if fingerprint(text[start:end]) == wanted:
                    return text[start:end]
        return None


_SENTENCE_END = re.compile(r"[.!?:](?= )")


def fingerprint(text: str) -> str:
    """Return what proves a place's *text* without holding it: 16 hexadecimal digits of its SHA-256."""
    return sha256(_collapsed(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_article(path: Path) -> Article:
    """Return the article in the file *path*; its name's ending tells the format.

    Raises:
        UnreadableFileError: not readable, not UTF-8, no known ending, or nothing in it.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        endings = ", ".join(sorted(READERS))
        raise UnreadableFileError(
            [Problem(Place(str(path)), f"the ending {path.suffix!r} is not known", f"one of {endings}")]
        )
    try:
        article = reader(path)
    except OSError as fault:
        message = f"the file cannot be read: {fault.strerror or type(fault).__name__}"
        raise UnreadableFileError([Problem(Place(str(path)), message, "check the file and its rights")]) from None
    if not any(b.role in (Role.PARAGRAPH, Role.ITEM) for b in article.blocks):
        raise UnreadableFileError([Problem(Place(str(path)), "there is no paragraph in it", "is it the right file?")])
    return article


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _decoded(path: Path) -> str:
    return decode(path.read_bytes(), str(path)).replace("\r\n", "\n").replace("\r", "\n")


# ---- plain text -----------------------------------------------------------------------------

_ITEM = re.compile(r"(?:\d{1,2}[.)]|[•*–-])\s+\S")
MOST_HEADING = 12  # words of a line that may be a heading


def _from_text(path: Path) -> Article:
    blocks: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", _decoded(path)):
        for lines in _split_items(paragraph.strip("\n").split("\n")):
            text = _collapsed(" ".join(lines))
            if not text:
                continue
            if _ITEM.match(lines[0].lstrip()):
                blocks.append(Block(Role.ITEM, text))
            elif len(text.split()) <= MOST_HEADING and text[-1] not in '.!?:;,…”"':
                blocks.append(Block(Role.HEADING if blocks else Role.TITLE, text))
            else:
                blocks.append(Block(Role.PARAGRAPH, text))
    return _article({}, blocks)


def _split_items(lines: list[str]) -> Iterator[list[str]]:
    """Yield runs of lines; each item of a list starts a run of its own."""
    run: list[str] = []
    for line in lines:
        if _ITEM.match(line.lstrip()) and run:
            yield run
            run = []
        run.append(line)
    if run:
        yield run


# ---- Markdown -------------------------------------------------------------------------------

_INLINE = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])[*_](?=\S)([^*_]+?)(?<=\S)[*_](?![\w*])"), r"\1"),
    (re.compile(r"`([^`]+)`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!-])"), r"\1"),
)


def _from_markdown(path: Path) -> Article:
    text = _decoded(path)
    facts: dict[str, str] = {}
    if front := re.match(r"---\n(.*?)\n---\n", text, re.DOTALL):
        for name, value in re.findall(r"^(\w+):\s*(.+)$", front.group(1), re.MULTILINE):
            facts[name.lower()] = value.strip().strip("'\"")
        text = text[front.end() :]
    text = re.sub(r"^(```|~~~).*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^(\S.*)\n=+\s*$", r"# \1", text, flags=re.MULTILINE)
    text = re.sub(r"^(\S.*)\n-{2,}\s*$", r"## \1", text, flags=re.MULTILINE)
    text = re.sub(r"^(#{1,6} .*)$", r"\n\1\n", text, flags=re.MULTILINE)
    blocks: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text):
        for lines in _split_items([re.sub(r"^\s*>\s?", "", line) for line in paragraph.strip("\n").split("\n")]):
            plain = _collapsed(" ".join(lines))
            for pattern, kept in _INLINE:
                plain = pattern.sub(kept, plain)
            if not plain or re.fullmatch(r"[-*_ ]{3,}|<[^>]+>", plain):
                continue
            if heading := re.fullmatch(r"(#{1,6}) (.*?)(?: #+)?", plain):
                first = len(heading.group(1)) == 1 and not any(b.role is Role.TITLE for b in blocks)
                blocks.append(Block(Role.TITLE if first else Role.HEADING, heading.group(2)))
            elif _ITEM.match(lines[0].lstrip()):
                blocks.append(Block(Role.ITEM, re.sub(r"^(?:\d{1,2}[.)]|[•*–-])\s+", "", plain)))
            else:
                blocks.append(Block(Role.PARAGRAPH, plain))
    return _article(facts, blocks)


# ---- HTML -----------------------------------------------------------------------------------

_SKIPPED = frozenset(
    [
        "script",
        "style",
        "nav",
        "header",
        "footer",
        "aside",
        "form",
        "noscript",
        "template",
        "svg",
        "button",
        "figure",
        "iframe",
    ]
)
_BLOCKS = {"h1": Role.TITLE, "p": Role.PARAGRAPH, "li": Role.ITEM, "blockquote": Role.PARAGRAPH} | {
    f"h{n}": Role.HEADING for n in range(2, 7)
}
_META = {
    "author": "author",
    "article:author": "author",
    "og:title": "title",
    "og:site_name": "publisher",
    "article:published_time": "published",
    "date": "published",
}


class _Page(HTMLParser):
    """Collects headings, paragraphs and items; what is no content is skipped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.facts: dict[str, str] = {}
        self.blocks: list[Block] = []
        self._skipping = 0
        self._role: Role | None = None
        self._text: list[str] = []
        self._title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html" and given.get("lang"):
            self.facts["language"] = given["lang"].lower()
        if tag == "meta":
            name = _META.get(given.get("name", given.get("property", "")).lower())
            if name and given.get("content"):
                self.facts.setdefault(name, _collapsed(given["content"]))
        if tag == "time" and given.get("datetime"):
            self.facts.setdefault("published", given["datetime"])
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag in _BLOCKS and not self._skipping:
            self.flush()
            self._role = _BLOCKS[tag]
        elif tag == "br":
            self._text.append(" ")
        self._title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag in _BLOCKS:
            self.flush()
        self._title = False

    def handle_data(self, data: str) -> None:
        if self._title:
            self.facts.setdefault("title", _collapsed(data))
        elif self._role is not None and not self._skipping:
            self._text.append(data)

    def flush(self) -> None:
        if self._role is not None and (text := _collapsed("".join(self._text))):
            first = self._role is not Role.TITLE or not any(b.role is Role.TITLE for b in self.blocks)
            self.blocks.append(Block(self._role if first else Role.HEADING, text))
        self._role, self._text = None, []


def _from_html(path: Path) -> Article:
    page = _Page()
    page.feed(_decoded(path))
    page.close()
    page.flush()
    return _article(page.facts, page.blocks)


# ---- DOCX -----------------------------------------------------------------------------------


def _from_docx(path: Path) -> Article:
    try:
        import docx
        from docx.opc.exceptions import PackageNotFoundError
    except ImportError:
        problem = Problem(
            Place(str(path)), "DOCX needs another library", "pip install 'psychoeducation-assistant[docx]'"
        )
        raise UnreadableFileError([problem]) from None
    try:
        document = docx.Document(str(path))
    except (PackageNotFoundError, ValueError, KeyError):
        raise UnreadableFileError(
            [Problem(Place(str(path)), "the file is no DOCX", "save it as .docx again")]
        ) from None
    told = document.core_properties
    facts = {"title": told.title or "", "author": told.author or "", "language": (told.language or "").lower()}
    blocks: list[Block] = []
    for paragraph in document.paragraphs:
        style = (paragraph.style.name if paragraph.style is not None else "") or ""
        if not (text := _collapsed(paragraph.text)):
            continue
        if style == "Title" or (style == "Heading 1" and not blocks):
            role = Role.TITLE
        elif style.startswith("Heading"):
            role = Role.HEADING
        else:
            role = Role.ITEM if style.startswith("List") else Role.PARAGRAPH
        blocks.append(Block(role, text))
    return _article({name: value for name, value in facts.items() if value}, blocks)


READERS: dict[str, Callable[[Path], Article]] = {
    ".txt": _from_text,
    ".md": _from_markdown,
    ".markdown": _from_markdown,
    ".html": _from_html,
    ".htm": _from_html,
    ".docx": _from_docx,
}


def _article(facts: Mapping[str, str], blocks: Iterable[Block]) -> Article:
    kept = tuple(Block(b.role, unicodedata.normalize("NFC", b.text)) for b in blocks)
    told = {name: facts[name] for name in ("title", "author", "publisher", "published", "language") if facts.get(name)}
    if facts.get("date"):
        told.setdefault("published", facts["date"])
    if title := next((b.text for b in kept if b.role is Role.TITLE), ""):
        told["title"] = title
    if "published" in told:
        try:
            told["published"] = date.fromisoformat(told["published"][:10]).isoformat()
        except ValueError:
            del told["published"]
    return Article(told, kept)
