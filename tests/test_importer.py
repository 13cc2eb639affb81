"""An article in any of four formats becomes the same places; a second article is served beside the first."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from assistant.app import create_app
from assistant.articles import Role, fingerprint, read_article
from assistant.errors import AssistantError, UnreadableFileError
from assistant.importer import drafts, places, slug, write
from assistant.knowledge import read
from assistant.settings import Settings, shipped
from tests import needs
from tests.folders import HERE, change, whole

ARTICLE = HERE / "articles/good-nights.md"
LOCATORS = [
    *("introduction/1", "the-same-hours/1", "the-same-hours/2"),
    *("the-evening/0", "the-evening/1", "the-evening/2", "the-evening/3"),
    *("when-sleep-does-not-come/1", "when-sleep-does-not-come/2"),
]


def as_text(folder: Path) -> Path:
    article = read_article(ARTICLE)
    items = [b for b in article.blocks if b.role is Role.ITEM]
    lines = []
    for block in article.blocks:
        number = f"  {items.index(block) + 1}. " if block in items else ""
        lines.append(f"{number}{block.text}")
    path = folder / "good-nights.txt"
    path.write_text("\n\n".join(lines), "utf-8")
    return path


def as_html(folder: Path) -> Path:
    tags = {Role.TITLE: "h1", Role.HEADING: "h2", Role.PARAGRAPH: "p", Role.ITEM: "li"}
    body = "".join(f"<{tags[b.role]}>{b.text}</{tags[b.role]}>\n" for b in read_article(ARTICLE).blocks)
    head = '<meta name="author" content="The maintainers of this project"><title>Good nights | Blog</title>'
    path = folder / "good-nights.html"
    page = f"<!doctype html><html lang=en><head>{head}</head><body><nav><p>Home</p></nav>{body}<footer><p>Imprint</p></footer></body></html>"
    path.write_text(page, "utf-8")
    return path


def as_docx(folder: Path) -> Path:
    try:
        import docx
    except ImportError:
        needs.missing("python-docx", "pip install 'psychoeducation-assistant[docx]'")
    styles = {Role.TITLE: "Title", Role.HEADING: "Heading 1", Role.PARAGRAPH: "Normal", Role.ITEM: "List Number"}
    document = docx.Document()
    for block in read_article(ARTICLE).blocks:
        document.add_paragraph(block.text, style=styles[block.role])
    document.core_properties.author = "The maintainers of this project"
    path = folder / "good-nights.docx"
    document.save(str(path))
    return path


def test_markdown_tells_facts_and_places():
    article = read_article(ARTICLE)
    assert article.facts == {
        "title": "Good nights: small habits around sleep",
        "author": "The maintainers of this project",
        "publisher": "Psychoeducation assistant",
        "published": "2026-11-23",
        "language": "en",
    }
    found = places(article)
    assert [p.locator for p in found] == LOCATORS
    assert found[4].text.startswith("Less light. Bright light in the evening")


@pytest.mark.parametrize("made", [as_text, as_html, as_docx])
def test_every_format_gives_the_same_places(made, tmp_path):
    article = read_article(made(tmp_path))
    assert article.facts["title"] == "Good nights: small habits around sleep"
    assert [p.locator for p in places(article)] == LOCATORS


@pytest.mark.parametrize("made", [as_html, as_docx])
def test_fingerprints_do_not_depend_on_the_format(made, tmp_path):
    ours, theirs = (places(read_article(path)) for path in (ARTICLE, made(tmp_path)))
    assert [fingerprint(p.text) for p in ours] == [fingerprint(p.text) for p in theirs]


def test_the_drafts_hold_no_text_of_the_article_but_a_few_words():
    source, *skeletons = drafts(read_article(ARTICLE), "good-nights", date(2026, 11, 23))
    assert source.path == "sources/good-nights.yaml"
    assert [s.path for s in skeletons][1] == "passages/good-nights-the-same-hours-1.yaml"
    assert len(skeletons) == len(LOCATORS)
    text = " ".join(read_article(ARTICLE).text.split())
    words = text.split()
    for draft in (source, *skeletons):
        assert not any(" ".join(words[n : n + 13]) in draft.text for n in range(len(words) - 13))
    assert "quote: The body likes a rhythm\n" in skeletons[1].text
    assert "due: 2027-05-24" in skeletons[1].text


def test_a_draft_that_is_not_finished_is_not_taken(tmp_path):
    folder = whole(tmp_path / "knowledge")
    for path in (folder / "sources").iterdir():
        path.unlink()
    write(drafts(read_article(ARTICLE), "good-nights", date(2026, 11, 23)), folder)
    reading = read(folder)
    assert reading.knowledge is None
    assert all(p.message.startswith("still to be written: ") for p in reading.problems)
    assert any(p.message == "still to be written: the same once more, simpler" for p in reading.problems)


def test_nothing_is_overwritten(tmp_path):
    made = drafts(read_article(ARTICLE), "good-nights", date(2026, 11, 23))
    write(made[1:2], tmp_path)
    with pytest.raises(AssistantError, match="is there already"):
        write(made, tmp_path)
    assert not (tmp_path / "sources").exists()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.pdf", b"%PDF", "the ending '.pdf' is not known"),
        ("a.txt", b"caf\xe9 " * 20, "byte 0xE9 is not UTF-8"),
        ("a.md", b"# Only a title\n", "there is no paragraph in it"),
        ("a.docx", b"no zip", "the file is no DOCX"),
        ("a.html", b"<script>x</script>", "there is no paragraph in it"),
    ],
)
def test_a_file_that_is_no_article_is_told(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    if name.endswith(".docx"):
        as_docx(tmp_path)  # skips where the library is missing
    with pytest.raises(UnreadableFileError, match=message):
        read_article(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "id"),
    [("Good nights!", "good-nights"), ("Über Ängste", "uber-angste"), ("***", "article"), ("x" * 60, "x" * 40)],
)
def test_titles_become_ids(text, id):
    assert slug(text) == id


def test_two_articles_are_served_together(tmp_path):
    """Passages of the shipped article and of a second one: each question is answered from its own source."""
    folder = whole(tmp_path / "knowledge")
    for path in ("sources/neuroplasticity-recovery.yaml", "passages/two-types.yaml", "passages/structural.yaml"):
        shutil.copy(shipped("knowledge") / path, folder / path)
    for name, old, new in (
        ("two-types", "related: [structural, functional, definition]", "related: [structural]"),
        ("structural", "related:", "related: [two-types] #"),
        ("two-types", "topic: brain", "topic: mood"),
        ("structural", "topic: brain", "topic: mood"),
    ):
        change(folder / f"passages/{name}.yaml", old, new)
    path = folder / "passages/two-types.yaml"
    path.write_text(re.sub(r"picture:\n(?:  .*\n)+", "", path.read_text("utf-8")), "utf-8")
    app = create_app(Settings(knowledge=folder, secret_key="tests", rate_limit="off", database_url="sqlite://"))
    assert app.extensions["live"].current.problems == ()
    client = app.test_client()
    for question, source in (
        ("should I put my worries on paper before I go to bed?", "good-nights"),
        ("Which two kinds of neuroplasticity are there?", "neuroplasticity-recovery"),
        ("can I nap late in the afternoon", "good-nights"),
    ):
        reply = client.post("/api/ask", json={"question": question}).get_json()
        assert reply["passages"][0]["citation"]["source"] == source
        page = client.get(reply["passages"][0]["citation"]["href"])
        assert page.status_code == 200
    sources = client.get("/sources").get_data(as_text=True)
    assert "Good nights: small habits around sleep" in sources
    assert "The Role of Neuroplasticity in Mental Health Recovery" in sources
