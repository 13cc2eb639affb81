"""Small, whole knowledge folders of their own, learnt in a second; and changes to them.

``python -m tests.folders small`` writes the folder on which `knowledge/README.md` shows each command.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
FIRST, SECOND = HERE / "first-article", HERE / "second-article"

_TEXTS = {
    "knowledge.yaml": """
name: Good nights
language: en
review: not yet reviewed by a clinician
""",
    "pointers.yaml": """
topics:
  mood:
    lines:
      - A doctor can help with sleep.
      - You can speak with a nurse about sleep.
feelings:
  words: [exhausted]
  lines:
    - That sounds hard. A person you trust may help.
""",
    "not-covered/sleep.yaml": """
topics:
  - id: snoring
    about: snoring
    near: [naps]
    questions:
      - how do I stop snoring
      - my husband snores like a saw
      - is snoring dangerous
  - id: dreams
    about: what dreams mean
    near: []
    questions:
      - what does it mean to dream of water
      - do dreams tell the future
      - nightmare about exams
""",
    "small-talk/greeting.yaml": """
replies:
  - Hello.
  - Good evening.
questions: [hello, hi there, good morning, hey]
""",
    "follow-ups/more.yaml": """
questions: [tell me more, go on, what else]
""",
    "clinical/medication.yaml": """
reply: Which tablets are right for you is for a doctor to say.
professional: A doctor or pharmacist.
bring: [the names of your tablets]
examples:
  - should I take sleeping pills
  - how many melatonin tablets may I have
  - can I stop my antidepressant
""",
    "crisis/phrases/en.yaml": """
suicide_explicit: [kill myself, end my life]
""",
    "crisis/danger/suicide_explicit.en.yaml": """
category: suicide_explicit
language: en
messages:
  - I want to kill myself tonight
  - i am going to end my life
  - I have pills and I want to die
""",
    "crisis/look-alikes/idiom.en.yaml": """
language: en
messages:
  - this homework is killing me
  - I could die of laughter
  - dead tired after work
""",
    "crisis/replies/suicide_explicit.yaml": """
first: I am a program and I cannot help in danger. People can.
steps: [Call a line on this page now.]
moment: Take one slow breath.
say: You can say that you are not safe.
next: Someone will listen.
professional: A doctor can help too.
purposes: [crisis]
later: [The lines are here., You can still call., Help is one call away.]
""",
    "helplines/WORLD.yaml": """
name: Anywhere
emergency: the local emergency number
lines:
  - id: directory
    name: A directory of help lines
    purpose: crisis
    whom: anyone
    contacts:
      - how: web
        value: findahelpline.com
    hours: '24/7'
    cost: free
    languages: many
    source: findahelpline.com
    checked: 2026-11-01
    expires: 2027-05-01
""",
}


def whole(target: Path) -> Path:
    """Write a small folder with all its parts to *target* and return it."""
    shutil.copytree(SECOND, target)
    for path, text in _TEXTS.items():
        write(target / path, text.lstrip())
    return target


def small(target: Path) -> Path:
    """Write the same folder with another article, about walking, to *target* and return it."""
    shutil.copytree(FIRST, target)
    for path, text in _TEXTS.items():
        text = text.replace("name: Good nights", "name: Small habits").replace("near: [naps]", "near: []")
        write(target / path, text.lstrip())
    return target


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def change(path: Path, old: str, new: str) -> None:
    """Replace *old*, which must be there, by *new* in the file *path*."""
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")


if __name__ == "__main__":
    small(Path(sys.argv[1]))
