"""Each kind of file in a knowledge folder: where it stands and what it must look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from assistant.shapes import Count, Day, Many, Record, Shape, Table, Text, did_you_mean, schema


@dataclass(frozen=True)
class Kind:
    """A kind of file: where it stands in the folder, and its shape.

    Attributes:
        pattern: path within the folder; ``<id>`` stands for a free file name.
        required: whether a folder must have at least one.
        part: the part it belongs to, when `knowledge.yaml` may borrow that instead.
    """

    name: str
    pattern: str
    shape: Shape
    about: str
    required: bool = True
    part: str = ""

    @property
    def folder(self) -> str:
        """The folder of this kind's files, empty for the top."""
        return self.pattern.rpartition("/")[0]

    def matches(self, path: str) -> bool:
        """Tell whether the file at *path* (with ``/``, within the folder) is of this kind."""
        folder, _, name = path.rpartition("/")
        _, _, wanted = self.pattern.rpartition("/")
        return folder == self.folder and ("<" in wanted or name == wanted)


ID = r"[a-z0-9]+(?:[-_][a-z0-9]+)*"
"""Ids: small letters and digits, joined by single hyphens (or underscores)."""

_ID = Text(pattern=ID, like="small letters, digits and hyphens", most=60)
_LINE = Text(most=300)
_QUESTIONS = Many(of=Text(most=2_000, about="one way to ask, as people write it"), about="ways to ask for this")
_MESSAGES = Many(of=Text(most=2_000), about="whole messages, as people write them")


def _line(about: str, *, most: int = 300) -> Text:
    return Text(about=about, most=most)


BORROWABLE = ("crisis", "clinical", "helplines", "small-talk", "follow-ups", "pointers")
"""Parts that a folder may take as they are shipped, instead of keeping its own."""

CATEGORIES = (
    "suicide_explicit",
    "suicide_passive",
    "suicide_indirect",
    "self_harm",
    "overdose_or_medical",
    "third_party",
    "harm_to_others",
    "abuse_or_danger",
    "psychosis_or_mania_emergency",
    "eating_or_neglect_emergency",
)

VARIANTS = (*CATEGORIES, "general", "child")
"""The kinds of danger that the crisis screen tells apart."""

LANGUAGE = Text(pattern=r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", like="a language code like 'en'", most=20)
GENERAL, CHILD = "general", "child"
"""Replies for danger of no certain kind, and for a writer who seems to be a child."""

_CATEGORY = Text(choices=CATEGORIES, about="the kind of danger")


SETTINGS = Record(
    fields={
        "name": _line("what the page calls this collection"),
        "language": LANGUAGE,
        "review": _line("who has reviewed the content, shown on the page"),
        "borrows": Many(of=Text(choices=BORROWABLE), least=0, about="parts taken as they are shipped with the program"),
    },
    optional=frozenset({"borrows"}),
)

SOURCE = Record(
    fields={
        "title": _line("the work's title, exactly"),
        "author": _line("who wrote it"),
        "publisher": _line("who published it"),
        "published": Day(about="when it was published"),
        "language": LANGUAGE,
        "note": _line("what a reader should know of it", most=600),
        "sections": Many(
            about="in reading order",
            of=Record(
                fields={
                    "id": _ID,
                    "heading": _line("as it stands in the work, or a name for an opening without one"),
                    "places": Many(
                        about="in reading order",
                        of=Record(
                            fields={
                                "number": Count(about="with the section's id, the place's locator"),
                                "about": _line("what stands there, in our own words", most=600),
                                "fingerprint": Text(
                                    pattern=r"[0-9a-f]{16}",
                                    like="16 hexadecimal digits",
                                    about="proves the text of the place; `assistant import` makes it",
                                ),
                            },
                            optional=frozenset({"fingerprint"}),
                        ),
                    ),
                },
            ),
        ),
    },
    optional=frozenset({"note"}),
)

PASSAGE = Record(
    fields={
        "title": _line("a short name, shown above the answer", most=80),
        "ask": _line("one question that this passage answers, offered for pressing", most=120),
        "source": _ID,
        "locator": Text(
            pattern=rf"{ID}/\d+", like="section/number, like 'types/1'", about="the place: section/number", most=80
        ),
        "quote": _line("4 to 12 words copied exactly from that place"),
        "topic": Text(pattern=ID, like="a topic of pointers.yaml", about="picks the gentle pointer", most=60),
        "answer": _line("the answer in our own plain words", most=1_200),
        "simpler": _line("the same once more, simpler", most=800),
        "related": Many(of=_ID, least=0, most=6, about="ids of passages to go on with, nearest first"),
        "note": _line("where the source is more certain than research is", most=600),
        "picture": Record(
            fields={
                "file": Text(pattern=r"[A-Za-z0-9_-]+\.(?:svg|png|webp)", like="a file name like 'types.svg'", most=80),
                "alternative": _line("what the picture shows, for those who cannot see it", most=600),
            }
        ),
        "review": Record(
            fields={"state": _line("who has reviewed this text"), "due": Day(about="when to look at it again")}
        ),
        "questions": _QUESTIONS,
    },
    optional=frozenset({"note", "picture"}),
)

NOT_COVERED = Record(
    fields={
        "topics": Many(
            of=Record(
                fields={
                    "id": _ID,
                    "about": _line("fits after 'The article does not say anything about …'"),
                    "near": Many(of=_ID, least=0, most=3, about="ids of the passages that come nearest"),
                    "opening": _line("a sentence of its own instead of the usual one", most=400),
                    "questions": _QUESTIONS,
                },
                optional=frozenset({"opening"}),
            )
        )
    }
)

SMALL_TALK = Record(
    fields={"replies": Many(of=_line("one reply", most=600), about="taken in turn"), "questions": _QUESTIONS}
)
FOLLOW_UP = Record(fields={"questions": _QUESTIONS})

CLINICAL = Record(
    fields={
        "reply": _line("what is said instead of an answer", most=900),
        "professional": _line("who can answer it", most=400),
        "bring": Many(of=_LINE, about="what to write down or ask"),
        "examples": _MESSAGES,
    }
)
LOOK_ALIKES = Record(fields={"language": LANGUAGE, "messages": _MESSAGES}, optional=frozenset({"language"}))

PHRASES = Table(names=_CATEGORY, of=Many(of=Text(most=200)), about="short phrases by kind of danger")
DANGER = Record(fields={"category": _CATEGORY, "language": LANGUAGE, "messages": _MESSAGES})
CRISIS_REPLY = Record(
    fields={
        "first": _line("the first words", most=600),
        "steps": Many(of=Text(most=400), most=3, about="what to do now, the most urgent first"),
        "moment": _line("one thing for this moment", most=400),
        "say": _line("a line to say or to text", most=400),
        "next": _line("what happens when one calls", most=600),
        "professional": _line("why to see a professional as well", most=400),
        "purposes": Many(of=_ID, about="which help lines to show, in this order"),
        "later": Many(of=Text(most=600), least=3, most=3, about="other wordings for later turns"),
        "extra": Many(of=Text(most=400), least=0, about="more that helps in this kind of danger"),
    },
    optional=frozenset({"extra"}),
)

POINTERS = Record(
    fields={
        "topics": Table(
            names=_ID,
            of=Record(fields={"lines": Many(of=Text(most=400), least=0, about="used in turn; none for plain facts")}),
        ),
        "feelings": Record(
            fields={
                "words": Many(of=Text(most=60), about="words that tell of a hard time"),
                "lines": Many(of=Text(most=400)),
            }
        ),
    }
)

REGION = Record(
    fields={
        "name": _line("the country, as visitors call it", most=80),
        "emergency": _line("the emergency number", most=60),
        "poison": _line("the poison line", most=60),
        "note": _line("what else to know there", most=600),
        "recheck": _line("who must check these lines again, and how", most=600),
        "lines": Many(
            about="best first",
            of=Record(
                fields={
                    "id": _ID,
                    "name": _line("the service's own name", most=120),
                    "purpose": _ID,
                    "whom": _line("whom it is for"),
                    "contacts": Many(
                        of=Record(
                            fields={
                                "how": Text(choices=("call", "text", "chat", "email", "relay", "web")),
                                "value": _line("number or address, as it is shown", most=200),
                                "detail": _line("a word to text, or what to know", most=200),
                            },
                            optional=frozenset({"detail"}),
                        )
                    ),
                    "hours": _line("when it answers", most=120),
                    "cost": _line("what it costs the caller", most=120),
                    "languages": _line("which languages it speaks"),
                    "source": _line("where these facts were found", most=600),
                    "checked": Day(about="when they were last checked"),
                    "expires": Day(about="after this day they must be checked again"),
                }
            ),
        ),
    },
    optional=frozenset({"poison", "note", "recheck"}),
)

KINDS: tuple[Kind, ...] = (
    Kind("knowledge", "knowledge.yaml", SETTINGS, "what this folder is"),
    Kind("source", "sources/<id>.yaml", SOURCE, "a published work: its outline, not its text"),
    Kind("passage", "passages/<id>.yaml", PASSAGE, "one answer, its citation, and the ways to ask for it"),
    Kind("not-covered", "not-covered/<id>.yaml", NOT_COVERED, "what the sources do not say", required=False),
    Kind("small-talk", "small-talk/<id>.yaml", SMALL_TALK, "greetings, thanks and the like", part="small-talk"),
    Kind("follow-up", "follow-ups/<id>.yaml", FOLLOW_UP, "ways to ask on after an answer", part="follow-ups"),
    Kind("clinical", "clinical/<id>.yaml", CLINICAL, "questions for a professional", part="clinical"),
    Kind(
        "clinical-look-alikes",
        "clinical/look-alikes/<id>.yaml",
        LOOK_ALIKES,
        "sound like questions for a professional, are none",
        required=False,
        part="clinical",
    ),
    Kind("crisis-phrases", "crisis/phrases/<language>.yaml", PHRASES, "phrases that tell of danger", part="crisis"),
    Kind("crisis-danger", "crisis/danger/<id>.yaml", DANGER, "messages that tell of danger", part="crisis"),
    Kind(
        "crisis-look-alikes", "crisis/look-alikes/<id>.yaml", LOOK_ALIKES, "look like danger, are none", part="crisis"
    ),
    Kind("crisis-reply", "crisis/replies/<category>.yaml", CRISIS_REPLY, "what is said in danger", part="crisis"),
    Kind("pointers", "pointers.yaml", POINTERS, "gentle lines towards professional help", part="pointers"),
    Kind("helplines", "helplines/<REGION>.yaml", REGION, "help lines of a country", part="helplines"),
)
"""Every kind of file, in the order in which they are read."""


def kind_of(path: str) -> Kind | None:
    """Return the kind of the file at *path* within the folder, or nothing for a stranger."""
    return next((k for k in KINDS if k.matches(path)), None)


def file_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of *kind*'s files."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.pattern,
        "description": kind.about,
    }
    return schema(kind.shape) | head


FOLLOW_UPS = ("example", "first", "more", "other-one", "really", "repeat", "second", "simpler", "where", "why")
"""What one can ask for after an answer; `dialogue` knows what each means."""

_NAMES: dict[str, tuple[str, str]] = {
    "follow-up": ("|".join(FOLLOW_UPS), f"one of {', '.join(FOLLOW_UPS)}"),
    "crisis-phrases": (LANGUAGE.pattern, LANGUAGE.like),
    "crisis-danger": (rf"(?:{'|'.join(CATEGORIES)})\.{LANGUAGE.pattern}", "<category>.<language>.yaml"),
    "crisis-look-alikes": (rf"{ID}\.{LANGUAGE.pattern}", "<kind>.<language>.yaml"),
    "crisis-reply": ("|".join(VARIANTS), "a category of danger, general or child"),
    "helplines": (r"[A-Z]{2}|WORLD", "two capital letters or WORLD"),
}


def file_name_fault(kind: Kind, id: str) -> tuple[str, str] | None:
    """Return what is wrong with a file of *kind* named *id* (without ``.yaml``) and what to do, or nothing."""
    pattern, like = _NAMES.get(kind.name, (ID, "small letters, digits and hyphens"))
    if re.fullmatch(pattern, id):
        return None
    fixed = {"crisis-reply": VARIANTS, "follow-up": FOLLOW_UPS}.get(kind.name, ())
    hint = did_you_mean(id, fixed)
    return f"the file name {id!r} does not fit", hint or f"name it like {kind.pattern!r}: {like}"
