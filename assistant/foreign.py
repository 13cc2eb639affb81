"""What a question in a language without knowledge is told first, in that language: the same on the page, API and terminal."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.catalogue import Catalogue, Words
from assistant.passages import HelpLine, Region
from assistant.replies import CrisisReply, Reply


@dataclass(frozen=True)
class Notice:
    """The words in the language that was written, and one or two help lines, where there are some that speak it."""

    words: Words
    text: str
    help: str
    lines: tuple[HelpLine, ...]


def notice(catalogue: Catalogue, utterance: str, reply: Reply, language: str, region: Region) -> Notice | None:
    """Return what to say before *reply* when no passage is in the language of *utterance*.

    Args:
        language: of the knowledge.
        region: whose help lines are shown.

    Returns:
        Nothing in danger, where help comes first; nothing when the language is that of the knowledge or is not known.
    """
    words = catalogue.written_in(utterance)
    known = f"languages.{language}"
    if isinstance(reply, CrisisReply) or words is None or words.language == language or known not in words.entries:
        return None
    name = catalogue.choose(language).entries.get(f"languages.{words.language}", "")
    speaking = tuple(line for line in region.lines if name and name in line.languages)
    return Notice(
        words,
        words("foreign.only", language=words(known)),
        words("foreign.help"),
        speaking[:2] or region.lines[:1],
    )
