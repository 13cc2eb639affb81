"""A reply as plain lines for a terminal: help first in danger, then the words, then where they come from."""

from __future__ import annotations

from assistant.foreign import Notice
from assistant.passages import Contact, HelpLine
from assistant.rendering import cited
from assistant.replies import ClinicalReply, CrisisReply, Reply, kind


def as_text(reply: Reply, notice: Notice | None = None) -> str:
    """Return *reply* as lines, after a *notice* if there is one; the first line names its kind."""
    lines = [f"[{kind(reply)}]"]
    if notice:
        lines += ["", notice.text, notice.help, *map(_line, notice.lines)]
    if isinstance(reply, CrisisReply):
        lines += _crisis(reply)
    else:
        lines += ["", reply.text]
    for number, shown in enumerate(cited(reply), 1):
        citation = shown.passage.citation
        named = f"{citation.author}, {citation.title}, {citation.section} ({citation.locator})"
        lines += ["", f"  [{number}] {named}: “{citation.quote}”"]
        if shown.passage.note:
            lines.append(f"      Note: {shown.passage.note}")
    if isinstance(reply, ClinicalReply) and reply.bring:
        lines += ["", *(f"  - {thing}" for thing in reply.bring)]
    if not isinstance(reply, CrisisReply):
        if reply.support.text and reply.support.text not in reply.text:
            lines += ["", reply.support.text]
        lines += [_line(line) for line in reply.support.resources]
    if reply.suggestions:
        lines += ["", *(f"  > {suggestion}" for suggestion in reply.suggestions)]
    return "\n".join(lines)


def _crisis(reply: CrisisReply) -> list[str]:
    region, variant = reply.support.region, reply.variant
    lines = ["", reply.text, ""]
    if region:
        lines.append(f"  In danger now: {region.emergency}")
    lines += [_line(line) for line in reply.support.resources]
    if reply.later:
        return lines
    lines += ["", *(f"  {number}. {step}" for number, step in enumerate(variant.steps, 1)), ""]
    parts = (variant.moment, variant.say, variant.next, variant.professional, *variant.extra)
    return lines + [part for part in parts if part]


def _line(line: HelpLine) -> str:
    return f"  {line.name}: {', '.join(map(_contact, line.contacts))} ({line.hours})"


def _contact(contact: Contact) -> str:
    detail = f" ({contact.detail})" if contact.detail else ""
    return f"{contact.how} {contact.value}{detail}"
