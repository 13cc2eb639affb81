"""The OpenAPI 3.1 description of everything that the outside may rely on."""

from __future__ import annotations

from typing import Any

from assistant.conversation import MAX_UTTERANCE

Json = dict[str, Any]

VERSION = "1"

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def document() -> Json:
    """Return the description, new each time."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Psychoeducation assistant",
            "version": VERSION,
            "description": "Answers questions from curated, cited passages. It is a program and does not diagnose.",
        },
        "paths": {
            "/api/ask": {"post": _ask()},
            "/api/feedback": {"post": _feedback()},
            "/api/questions": {"post": _questions()},
            **{path: {"get": _page(summary)} for path, summary in PAGES.items()},
            "/sources/{id}": {
                "get": {
                    **_page("one source with its places in reading order"),
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
                }
            },
            "/healthz": {"get": _plain("alive", "text/plain")},
            "/readyz": {"get": _plain("ready, with the knowledge's revision", "application/json")},
            "/metrics": {"get": _plain("counts for Prometheus, for private networks", "text/plain")},
            "/openapi.json": {"get": _plain("this description", "application/json")},
        },
        "components": {"schemas": _schemas()},
    }


PAGES = {
    "/": "the chat",
    "/sources": "all sources",
    "/topics": "everything that can be asked, by section",
    "/help": "help lines by region",
    "/privacy": "what is kept",
    "/about": "who wrote this and how well it does",
    "/offline": "help lines for when there is no network",
}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _objects(required: str, **properties: Json) -> Json:
    return {"type": "object", "required": required.split(), "properties": properties}


def _problem(description: str) -> Json:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _ok(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _faults() -> Json:
    return {
        "400": _problem("not JSON, or not a JSON object"),
        "403": _problem("sent by another site's page"),
        "413": _problem("over 64 KiB"),
        "415": _problem("not application/json"),
        "422": _problem(f"empty, of another type, or over {MAX_UTTERANCE} characters without a sign of danger"),
        "429": _problem("too many in a short time; see Retry-After"),
    }


def _ask() -> Json:
    return {
        "operationId": "ask",
        "summary": "answer one question",
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Question")}}},
        "responses": {"200": _ok("the reply", _ref("Reply")), **_faults()},
    }


def _left(name: str, schema: Json, summary: str) -> Json:
    content = {"application/json": {"schema": schema}, "application/x-www-form-urlencoded": {"schema": schema}}
    saved = _objects("saved", saved={"type": "boolean"})
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {"200": _ok("whether it was saved", saved), **_faults()},
    }


def _feedback() -> Json:
    verdict: Json = {"type": "string", "enum": ["yes", "no", "wrong-source"]}
    return _left("feedback", _objects("passage verdict", passage=_TEXT, verdict=verdict), "did this passage help")


def _questions() -> Json:
    question: Json = {"type": "string", "minLength": 1, "maxLength": MAX_UTTERANCE}
    return _left("send", _objects("question", question=question, nearest=_TEXT), "send a question to the team")


def _page(summary: str) -> Json:
    return {**_plain(summary, "text/html"), "summary": summary}


def _plain(summary: str, kind: str) -> Json:
    schema: Json = {} if kind == "application/json" else _TEXT
    return {
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": {kind: {"schema": schema}}},
            "404": {"description": "not here, or not for you"},
        },
    }


def _schemas() -> Json:
    citation = _objects(
        "source title author published section locator quote href",
        source=_TEXT,
        title=_TEXT,
        author=_TEXT,
        published={"type": "string", "format": "date"},
        section=_TEXT,
        locator={"type": "string", "pattern": "^[^/]+/[0-9]+$"},
        quote=_TEXT,
        href=_TEXT,
    )
    contact = _objects(
        "how value",
        how={"type": "string", "enum": ["call", "text", "chat", "email", "relay", "web"]},
        value=_TEXT,
        detail=_TEXT,
        href=_TEXT,
    )
    resource = _objects(
        "name region contact hours",
        name=_TEXT,
        region=_TEXT,
        contact={"type": "array", "items": contact},
        hours=_TEXT,
        whom=_TEXT,
        cost=_TEXT,
        languages=_TEXT,
    )
    support = _objects(
        "level text resources",
        level={"type": "string", "enum": ["none", "gentle", "professional", "urgent"]},
        text=_TEXT,
        resources={"type": "array", "items": resource},
        emergency=_TEXT,
    )
    passage = _objects(
        "id text citation", id=_TEXT, title=_TEXT, text=_TEXT, note=_TEXT, review=_TEXT, citation=_ref("Citation")
    )
    notice = _objects(
        "language text help resources",
        language=_TEXT,
        text={**_TEXT, "description": "no passage is in the language of the question; stands first in reply"},
        help=_TEXT,
        resources={"type": "array", "items": resource},
    )
    pointer = _objects("id title ask href", id=_TEXT, title=_TEXT, ask=_TEXT, href=_TEXT)
    return {
        "Question": {
            "type": "object",
            "required": ["question"],
            "properties": {
                "question": {"type": "string", "minLength": 1, "maxLength": MAX_UTTERANCE, "pattern": r"\S"},
                "context": {"type": ["string", "null"], "description": "from the last reply"},
                "region": {"type": ["string", "null"], "examples": ["IN"]},
                "not_crisis": {"type": "boolean", "description": 'said of a crisis reply: "not what I meant"'},
                "explain": {"type": "boolean", "description": "adds why"},
            },
        },
        "Reply": _objects(
            "kind reply passages support suggestions context",
            kind={"type": "string", "enum": ["answer", "crisis", "clinical", "unknown", "smalltalk"]},
            reply=_TEXT,
            passages={"type": "array", "items": _ref("Passage")},
            support=_ref("Support"),
            suggestions=_TEXTS,
            context=_TEXT,
            choices={"type": "array", "items": _ref("Pointer")},
            near={"type": "array", "items": _ref("Pointer")},
            professional=_TEXT,
            bring=_TEXTS,
            category=_TEXT,
            notice=_ref("Notice"),
            why={"type": "object"},
        ),
        "Passage": passage,
        "Citation": citation,
        "Support": support,
        "Pointer": pointer,
        "Notice": notice,
        "Problem": _objects(
            "type title status detail", type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT, help=_TEXT
        ),
    }
