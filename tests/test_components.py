"""The interface's words and the components' rules."""

from __future__ import annotations

import re

import pytest

from assistant import catalogue
from assistant.catalogue import FOLDER, load, placeholders
from assistant.errors import KnowledgeError
from assistant.settings import shipped

TEMPLATES = shipped("templates")
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda p: p.stem)
def test_a_component_is_one_macro_named_like_its_file(path):
    assert re.findall(r"{% macro (\w+)\(", path.read_text("utf-8")) == [path.stem]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: p.stem)
def test_every_word_that_a_template_asks_for_is_there(path):
    english = load().languages["en"].entries
    for key in re.findall(r'words\("([a-z_.]+)"[,)]', path.read_text("utf-8")):
        assert key in english


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: p.stem)
def test_templates_hold_no_script_style_or_unescaped_value(path):
    text = path.read_text("utf-8")
    assert not re.search(r"<style|style=|\son\w+=|\|\s*safe|autoescape|<script(?! src)", text)


def test_every_language_has_the_same_keys_and_names_in_braces():
    languages = load().languages
    assert {"en", "es"} <= languages.keys()
    for words in languages.values():
        assert words.entries.keys() == languages["en"].entries.keys()
        for key, text in words.entries.items():
            assert placeholders(text) == placeholders(languages["en"].entries[key])
            assert text.strip()


def test_a_language_is_chosen_by_wish_then_by_browser_then_english():
    chosen = load()
    assert chosen.choose("es").language == "es"
    assert chosen.choose("", ["fr-FR", "es-MX", "en"]).language == "es"
    assert chosen.choose("xx", ["fr"]).language == "en"


def test_a_faulty_language_names_line_and_remedy(tmp_path):
    (tmp_path / "en.yaml").write_text("name: English\ndirection: ltr\na: Hello {name}\nb: Bye\n")
    (tmp_path / "fr.yaml").write_text("name: Français\ndirection: sideways\na: Bonjour {nom}\nc: Oui\n")
    with pytest.raises(KnowledgeError) as fault:
        load(tmp_path)
    said = [str(p) for p in fault.value.problems]
    assert any("words/fr.yaml:3:4" in p and "use {name}" in p for p in said)
    assert any("'b' is missing" in p for p in said)
    assert any("'c' is not in words/en.yaml" in p for p in said)
    assert any("write ltr or rtl" in p for p in said)


def test_a_language_from_right_to_left_turns_the_page(client, app, monkeypatch):
    words = load().languages["en"]
    turned = catalogue.Words("ar", "العربية", "rtl", words.entries)
    desk = app.view_functions["chat.start"].__closure__[0].cell_contents
    monkeypatch.setitem(desk.catalogue.languages, "ar", turned)
    assert '<html lang="ar" dir="rtl"' in client.get("/?lang=ar").text


def sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?:])\s+|\n", text) if s.strip()]


def test_our_words_are_short(client):
    for key, text in load().languages["en"].entries.items():
        for sentence in sentences(text):
            assert len(sentence.split()) <= 25, f"{key}: {sentence}"


def test_the_names_of_pages_tell_an_onlooker_nothing():
    for words in load().languages.values():
        for key in ("site.name", "help.title", "topics.title", "sources.title", "about.title", "privacy.title"):
            assert not re.search(r"suicid|crisis|mental|depres|trauma", words(key), re.IGNORECASE)


def test_the_folder_of_words_is_shipped():
    assert (FOLDER / "en.yaml").is_file()
