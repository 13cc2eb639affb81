"""Sources and topics: every place in reading order, marked when a citation leads there."""

from __future__ import annotations

from tests.page import Page

SOURCE = "/sources/neuroplasticity-recovery"


def test_the_list_leads_to_each_source(client, app):
    listed = Page(client.get("/sources").text)
    ids = app.extensions["live"].current.knowledge.sources
    assert [a["href"] for a in listed.one("main").all("a")] == [f"/sources/{id}" for id in ids]


def test_each_place_stands_there_once_and_in_order(client, app):
    source = app.extensions["live"].current.knowledge.sources["neuroplasticity-recovery"]
    shown = Page(client.get(SOURCE).text)
    assert [p["id"] for p in shown.all("section", "place")] == [p.locator.fragment for p in source.places]


def test_each_passage_has_quotation_our_words_review_and_a_way_to_ask(client, app):
    knowledge = app.extensions["live"].current.knowledge
    shown = Page(client.get(SOURCE).text)
    held = shown.all("article", "held")
    assert len(held) == len(knowledge.passages)
    for article in held:
        passage = next(p for p in knowledge.passages.values() if p.title == article.one("h4").text)
        assert article.one("blockquote").text == passage.citation.quote
        assert passage.text in article.text
        assert passage.note in article.text
        assert passage.review.state in article.text
        assert article.one("form", "ask")["method"] == "post"
        assert article.one("button")["value"] == passage.ask


def test_the_rights_of_the_author_are_named(client):
    assert "belongs to its author" in Page(client.get(SOURCE).text).one("main").text


def test_an_unknown_source_is_not_found(client):
    assert client.get("/sources/none").status_code == 404


def test_topics_offer_every_passage_once(client, app):
    passages = app.extensions["live"].current.knowledge.passages
    offered = [b["value"] for b in Page(client.get("/topics").text).one("main").all("button")]
    assert sorted(offered) == sorted(p.ask for p in passages.values())


def test_a_topic_is_answered_by_its_own_passage(client, app):
    passages = list(app.extensions["live"].current.knowledge.passages.values())
    for passage in passages[::5]:
        answered = Page(client.post("/", data={"suggestion": passage.ask}).text).latest
        assert passage.id in [a["data-passage"] for a in answered.all("article", "passage")]


def test_pictures_are_served_with_their_text_and_nothing_else_is(client, app):
    knowledge = app.extensions["live"].current.knowledge
    for passage in knowledge.passages.values():
        if passage.picture:
            address = f"/pictures/{passage.picture.file}"
            assert client.get(address).mimetype == "image/svg+xml"
            shown = Page(client.get(f"/sources/{passage.citation.source}").text).one("img", src=address)
            assert shown["alt"] == passage.picture.alternative
    for wrong in ("none.svg", "..%2fknowledge.yaml", "%2e%2e/knowledge.yaml"):
        assert client.get(f"/pictures/{wrong}").status_code == 404
