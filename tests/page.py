"""A page as a test sees it: parsed HTML, and what must hold on every page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from html.parser import HTMLParser

EMPTY = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905


class Element:
    """One element with its children, in order; text stands among them."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    @property
    def classes(self) -> set[str]:
        return set(self.get("class").split())

    @property
    def text(self) -> str:
        """All text, runs of blanks as one blank."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def walk(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def all(self, tag: str = "", cls: str = "", **attributes: str) -> list[Element]:
        """Return the elements inside with this tag, class and these attributes, in order."""
        return [
            e
            for e in self.walk()
            if (not tag or e.tag == tag)
            and (not cls or cls in e.classes)
            and all(e.attributes.get(name.rstrip("_").replace("_", "-")) == value for name, value in attributes.items())
        ]

    def one(self, tag: str = "", cls: str = "", **attributes: str) -> Element:
        found = self.all(tag, cls, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag}.{cls} {attributes}"
        return found[0]

    def has(self, tag: str = "", cls: str = "", **attributes: str) -> bool:
        return bool(self.all(tag, cls, **attributes))


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute of <{tag}> is repeated"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in EMPTY:
            self.here = element

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.here.tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parse(html: str) -> Element:
    """Return the root of *html*; fails on tags that are not closed in order."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.here is builder.root, f"<{builder.here.tag}> is not closed"
    return builder.root


class Page(Element):
    """A whole page; making one checks what holds on all of them."""

    def __init__(self, html: str) -> None:
        super().__init__("", {}, None)
        self.html = html
        self.children = parse(html).children
        self._check()

    def _check(self) -> None:
        assert self.html.lstrip().startswith("<!doctype html>")
        heading, title = self.one("h1").text, self.one("title").text
        assert title.removeprefix("Error: ").startswith(heading), f"title {title!r} does not start with {heading!r}"
        for word in ("suicid", "crisis", "mental", "depress"):
            is_source = self.has("article", "held")
            assert is_source or word not in title.lower(), f"the title says {word!r}"
        assert self.one("html").get("lang")
        assert self.one("html").get("dir") in ("ltr", "rtl")
        ids = [e["id"] for e in self.walk() if "id" in e.attributes]
        assert len(ids) == len(set(ids)), f"ids are repeated: {sorted(i for i in ids if ids.count(i) > 1)}"
        for element in self.walk():
            for name in ("for", "aria-labelledby", "aria-describedby"):
                for id in element.get(name).split():
                    assert id in ids, f"{name} names no element: {id!r}"
            if element.tag in ("script", "style"):
                assert element.tag == "script", "a style stands in the page"
                assert element["src"].startswith("/static/"), "a script stands in the page"
            assert "style" not in element.attributes, "a style stands in an element"
            assert not any(name.startswith("on") for name in element.attributes), "a script stands in an element"
            if element.tag == "img":
                assert "alt" in element.attributes
            for name in ("src", "action"):
                assert not element.get(name).startswith(("http", "//")), "another site is asked"
        labelled = {e["for"] for e in self.all("label")}
        for field in self.all("textarea") + self.all("select"):
            assert field["id"] in labelled, f"the field {field['id']!r} has no label"
        first, leave = [e for e in self.walk() if e.tag in ("a", "button", "textarea")][:2]
        assert "skip" in first.classes
        assert "leave" in leave.classes
        assert leave["href"].startswith("https://")
        assert "noreferrer" in leave["rel"]
        foot = self.one("footer")
        assert any(a["href"].split("?")[0] == "/help" for a in foot.all("a")), "no help lines in the footer"
        assert "danger" in foot.text or "peligro" in foot.text
        levels = [int(e.tag[1]) for e in self.walk() if e.tag in ("h1", "h2", "h3", "h4")]
        for before, after in itertools.pairwise(levels):
            assert after <= before + 1, f"a heading skips from {before} to {after}"

    @property
    def latest(self) -> Element:
        """The newest turn."""
        return self.one(id="latest")
