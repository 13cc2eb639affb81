"""The knowledge folder: files in, values out, or every problem with its place.

`load` is what serving needs: all or nothing. `read` is what curators' tools need: the files
with their places beside the values, and the problems as a list.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from assistant.errors import KnowledgeError, Place, Problem, Severity, UnreadableFileError
from assistant.formats import KINDS, VARIANTS, Kind, file_name_fault, kind_of
from assistant.passages import (
    Citation,
    ClinicalKind,
    Contact,
    CrisisLibrary,
    CrisisVariant,
    FollowUp,
    HelpLine,
    Locator,
    Passage,
    Picture,
    Pointer,
    Region,
    Review,
    Section,
    SmallTalk,
    Source,
    SourcePlace,
    UncoveredTopic,
)
from assistant.settings import shipped
from assistant.shapes import did_you_mean, fit
from assistant.yamlfile import Fields, Items, Node, parse

FEELINGS = "feelings"
"""The pointer that is used when the visitor speaks of a hard time, whatever the topic."""


DEPTH = 3
"""Levels of folders that are looked into."""

UNREAD = frozenset({"drafts", "schemas", "pictures"})
"""Folders of the top level whose files are not knowledge, or not yet."""


@dataclass(frozen=True)
class JudgedTurn:
    """What must come back for one utterance; *gold* has passage ids or locators, best first."""

    question: str
    kind: str
    gold: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A judged conversation; most have one turn."""

    id: str
    turns: tuple[JudgedTurn, ...]
    category: str = ""


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All that one folder says, cross-checked: whatever it names exists.

    Attributes:
        folder: where the files are, for pictures.
        pointers: by topic, and `FEELINGS`.
        revision: 12 hexadecimal digits; the same files give the same.
    """

    folder: Path
    name: str
    language: str
    review: str
    revision: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    passages: Mapping[str, Passage] = field(default_factory=dict)
    uncovered: Mapping[str, UncoveredTopic] = field(default_factory=dict)
    small_talk: Mapping[str, SmallTalk] = field(default_factory=dict)
    follow_ups: Mapping[str, FollowUp] = field(default_factory=dict)
    clinical: Mapping[str, ClinicalKind] = field(default_factory=dict)
    clinical_lookalikes: tuple[str, ...] = ()
    pointers: Mapping[str, Pointer] = field(default_factory=dict)
    feeling_words: tuple[str, ...] = ()
    regions: Mapping[str, Region] = field(default_factory=dict)
    crisis: CrisisLibrary = field(default_factory=CrisisLibrary)
    judged: tuple[Judged, ...] = ()


@dataclass(frozen=True, eq=False)
class File:
    """One file that was read.

    Attributes:
        path: as shown in problems.
        data: the bytes of the file.
        values: what `shapes.fit` made of it; not to be used when *problems* has an error.
    """

    path: str
    kind: Kind
    id: str
    data: bytes
    node: Node | None
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]

    def place(self, *keys: str | int) -> Place:
        """Return where the value under *keys* stands, or the nearest that is there."""
        node = self.node
        if node is None:
            return Place(self.path)
        for key in keys:
            if isinstance(node, Fields) and isinstance(key, str) and key in node.entries:
                node = node.entries[key][1]
            elif isinstance(node, Items) and isinstance(key, int) and key < len(node.values):
                node = node.values[key]
            else:
                break
        return Place(self.path, node.line, node.column)


@dataclass(frozen=True, eq=False)
class Reading:
    """What one look at a folder found.

    Attributes:
        knowledge: nothing when any problem is an error.
        files: by path within the folder, in reading order.
    """

    folder: Path
    knowledge: Knowledge | None
    files: Mapping[str, File]
    problems: tuple[Problem, ...]

    def owns(self, file: File) -> bool:
        """Tell whether *file* is the folder's own, not borrowed."""
        return file.path.startswith(f"{self.folder}/")

    def of(self, kind: str) -> Iterator[File]:
        """Yield the files of *kind* that have no error."""
        return (f for f in self.files.values() if f.kind.name == kind and not f.problems)


def load(folder: Path) -> Knowledge:
    """Return the knowledge in *folder*.

    Raises:
        KnowledgeError: anything is wrong; carries every problem.
    """
    reading = read(folder)
    if reading.knowledge is None:
        raise KnowledgeError(reading.problems)
    return reading.knowledge


def read(folder: Path, previous: Reading | None = None) -> Reading:
    """Return what is in *folder*, with every problem; files unchanged since *previous* are not parsed again."""
    problems: list[Problem] = []
    if not folder.is_dir():
        missing = Problem(Place(str(folder)), "there is no such folder", "name a folder with knowledge files")
        return Reading(folder, None, {}, (missing,))
    known = previous.files if previous else {}
    files = dict(_files(folder, known, problems))
    settings = files.get("knowledge.yaml")
    if settings is None:
        problems.append(Problem(Place(f"{folder}/knowledge.yaml"), "the file is missing", "see knowledge/README.md"))
    borrowed = settings.values.get("borrows", ()) if settings and not settings.problems else ()
    files |= _borrowed(folder, files, borrowed, settings, known, problems)
    judged = tuple(_judged(folder, problems))
    for file in files.values():
        problems.extend(file.problems)
    _require_parts(folder, files, problems)
    order = {kind.name: n for n, kind in enumerate(KINDS)}
    files = dict(sorted(files.items(), key=lambda item: (order[item[1].kind.name], item[0])))
    if any(p.severity is Severity.ERROR for p in problems):
        # References can only be judged between files that are sound themselves.
        sound = {path: f for path, f in files.items() if not f.problems}
        broken = {(f.kind.name, f.id) for f in files.values() if f.problems}
        _Builder(folder, sound, judged, problems, broken).knowledge()
        return Reading(folder, None, files, tuple(sorted(problems)))
    knowledge = _Builder(folder, files, judged, problems).knowledge()
    failed = any(p.severity is Severity.ERROR for p in problems)
    return Reading(folder, None if failed else knowledge, files, tuple(sorted(problems)))


def _files(folder: Path, known: Mapping[str, File], problems: list[Problem]) -> Iterator[tuple[str, File]]:
    """Yield every YAML file below *folder* with its path there; strangers become problems."""
    folders = sorted({k.folder for k in KINDS} - {""})
    for relative in _walk(folder):
        shown = f"{folder}/{relative}"
        kind = kind_of(relative)
        if relative.endswith(".yml"):
            problems.append(Problem(Place(shown), "files that end in '.yml' are not read", "rename it to '.yaml'"))
        elif kind is None:
            parent = relative.rpartition("/")[0]
            hint = did_you_mean(f"{parent}/" if parent else relative, [f"{f}/" for f in folders] + ["pointers.yaml"])
            problems.append(Problem(Place(shown), "no file of this name is read here", hint or "move or delete it"))
        else:
            yield relative, _file(folder / relative, shown, kind, known.get(relative))


def _walk(folder: Path, prefix: str = "", depth: int = DEPTH) -> Iterator[str]:
    """Yield paths of YAML files within *folder*, sorted; hidden names and editors' leavings are skipped."""
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith((".", "#")):
            continue
        if entry.is_dir():
            if depth > 1 and not (depth == DEPTH and entry.name in UNREAD):
                yield from _walk(folder / entry.name, f"{prefix}{entry.name}/", depth - 1)
        elif entry.name.endswith((".yaml", ".yml")):
            yield prefix + entry.name


def _file(path: Path, shown: str, kind: Kind, known: File | None) -> File:
    id = path.name.removesuffix(".yaml")
    try:
        data = path.read_bytes()
    except OSError as fault:
        problem = Problem(Place(shown), f"the file cannot be read: {fault.strerror}", "check the file and its rights")
        return File(shown, kind, id, b"", None, {}, (problem,))
    if known is not None and known.data == data and known.path == shown:
        return known
    problems: list[Problem] = []
    if fault_of_name := file_name_fault(kind, id):
        problems.append(Problem(Place(shown), *fault_of_name))
    try:
        node = parse(data, shown)
    except UnreadableFileError as fault:
        return File(shown, kind, id, data, None, {}, (*problems, *fault.problems))
    values = fit(kind.shape, node, shown, problems)
    return File(shown, kind, id, data, node, values, tuple(problems))


def _borrowed(
    folder: Path,
    files: Mapping[str, File],
    parts: Iterable[str],
    settings: File | None,
    known: Mapping[str, File],
    problems: list[Problem],
) -> dict[str, File]:
    """Return the shipped files of the borrowed *parts*."""
    found: dict[str, File] = {}
    for n, part in enumerate(parts):
        assert settings is not None
        own = next((path for path, f in files.items() if f.kind.part == part), None)
        if own or folder.resolve() == shipped("knowledge").resolve():
            why = f"{part!r} is borrowed, but {own} is there, too" if own else "the shipped folder cannot borrow"
            hint = "delete the own files, or the line that borrows" if own else "delete this line"
            problems.append(Problem(settings.place("borrows", n), why, hint))
            continue
        for relative in _walk(shipped("knowledge")):
            kind = kind_of(relative)
            if kind and kind.part == part:
                path = shipped("knowledge") / relative
                found[relative] = _file(path, str(path), kind, known.get(relative))
    return found


def _require_parts(folder: Path, files: Mapping[str, File], problems: list[Problem]) -> None:
    present = {f.kind.name for f in files.values()}
    for kind in KINDS:
        if kind.required and kind.name not in present and kind.name != "knowledge":
            where = Place(f"{folder}/{kind.pattern}")
            hint = f"write one, or borrow {kind.part!r} in knowledge.yaml" if kind.part else "write one"
            problems.append(Problem(where, f"there is no file of this kind ({kind.about})", hint))


def _judged(folder: Path, problems: list[Problem]) -> Iterator[Judged]:
    """Yield the judged questions that the folder's owners keep in ``judged/``."""
    if not (folder / "judged").is_dir():
        return
    for path in sorted((folder / "judged").glob("*.jsonl")):
        yield from read_judged(path, f"{folder}/judged/{path.name}", problems)


def read_judged(path: Path, shown: str, problems: list[Problem]) -> Iterator[Judged]:
    """Yield the judged questions in the JSON Lines file *path*; faults go to *problems*."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        problems.append(Problem(Place(shown), "the file cannot be read as UTF-8", "save it as UTF-8"))
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            turns = tuple(
                JudgedTurn(
                    str(turn["question"]), str(turn["kind"]), tuple(turn.get("gold", ())), tuple(turn.get("tags", ()))
                )
                for turn in item.get("turns", [item])
            )
            yield Judged(str(item.get("id", f"{path.stem}-{number}")), turns, str(item.get("category", "")))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            hint = 'write {"question": …, "kind": …, "gold": […], "tags": […]} on one line'
            problems.append(Problem(Place(shown, number), "the line is no judged question", hint))


def prose(text: str) -> str:
    """Return *text* on one line, every run of blanks a single one."""
    return " ".join(text.split())


@dataclass
class _Builder:
    """Makes values of files, and problems of references that lead nowhere."""

    folder: Path
    files: Mapping[str, File]
    judged: tuple[Judged, ...]
    problems: list[Problem]
    broken: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._passages = frozenset(f.id for f in self._of("passage"))
        self._places: set[tuple[str, Locator]] = set()

    def knowledge(self) -> Knowledge:
        """Return the whole; only to be used when no problem was found."""
        sources = {f.id: self._source(f) for f in self._of("source")}
        pointers, words = self._pointers()
        passages = {f.id: p for f in self._of("passage") if (p := self._passage(f, sources, pointers))}
        regions = {f.id: self._region(f) for f in self._of("helplines")}
        settings = next(iter(self._of("knowledge")), None)
        return Knowledge(
            folder=self.folder,
            name=prose(settings.values["name"]) if settings else "",
            language=settings.values["language"] if settings else "",
            review=prose(settings.values["review"]) if settings else "",
            revision=self._revision(),
            sources=sources,
            passages=passages,
            uncovered=self._uncovered(),
            small_talk={
                f.id: SmallTalk(f.id, tuple(map(prose, f.values["replies"])), f.values["questions"])
                for f in self._of("small-talk")
            },
            follow_ups={f.id: FollowUp(f.id, f.values["questions"]) for f in self._of("follow-up")},
            clinical={f.id: self._clinical(f) for f in self._of("clinical")},
            clinical_lookalikes=self._messages("clinical-look-alikes"),
            pointers=pointers,
            feeling_words=words,
            regions=regions,
            crisis=self._crisis(regions),
            judged=self.judged,
        )

    def _of(self, kind: str) -> list[File]:
        return [f for f in self.files.values() if f.kind.name == kind]

    def _revision(self) -> str:
        whole = sha256()
        for path, file in self.files.items():
            whole.update(f"{path}\0{len(file.data)}\0".encode("utf-8", "surrogateescape"))
            whole.update(file.data)
        return whole.hexdigest()[:12]

    def _problem(self, place: Place, message: str, hint: str) -> None:
        self.problems.append(Problem(place, message, hint))

    def _known_passage(self, id: str, place: Place) -> bool:
        ids = self._passages
        if id in ids or ("passage", id) in self.broken:
            return True
        hint = did_you_mean(id, ids) or "name the file of a passage, without '.yaml'"
        self._problem(place, f"there is no passage {id!r}", hint)
        return False

    def _source(self, file: File) -> Source:
        values = file.values
        sections: list[Section] = []
        for n, section in enumerate(values["sections"]):
            if any(s.id == section["id"] for s in sections):
                self._problem(
                    file.place("sections", n, "id"), f"the section {section['id']!r} is there twice", "rename one"
                )
            places: dict[int, SourcePlace] = {}
            for m, item in enumerate(section["places"]):
                locator = Locator(section["id"], item["number"])
                if item["number"] in places:
                    where = file.place("sections", n, "places", m, "number")
                    self._problem(where, f"the place {str(locator)!r} is there twice", "give it another number")
                self._places.add((file.id, locator))
                places[item["number"]] = SourcePlace(locator, prose(item["about"]), item.get("fingerprint"))
            sections.append(Section(section["id"], prose(section["heading"]), tuple(places.values())))
        return Source(
            id=file.id,
            title=prose(values["title"]),
            author=prose(values["author"]),
            publisher=prose(values["publisher"]),
            published=values["published"],
            language=values["language"],
            sections=tuple(sections),
            note=prose(values.get("note", "")),
        )

    def _passage(self, file: File, sources: Mapping[str, Source], pointers: Mapping[str, Pointer]) -> Passage | None:
        values = file.values
        for n, id in enumerate(values["related"]):
            if id == file.id:
                self._problem(file.place("related", n), f"{id!r} is this passage itself", "name another")
            else:
                self._known_passage(id, file.place("related", n))
        if pointers and values["topic"] not in pointers:
            topics = sorted(set(pointers) - {FEELINGS})
            hint = did_you_mean(values["topic"], topics) or "one of " + ", ".join(topics)
            self._problem(file.place("topic"), f"there is no topic {values['topic']!r} in pointers.yaml", hint)
        if picture := values.get("picture"):
            self._picture(file, picture["file"])
        source = sources.get(values["source"])
        if source is None:
            if ("source", values["source"]) not in self.broken:
                hint = did_you_mean(values["source"], sources) or "one of " + ", ".join(sources)
                self._problem(file.place("source"), f"there is no source {values['source']!r}", hint)
            return None
        section_id, _, number = values["locator"].partition("/")
        locator = Locator(section_id, int(number))
        section = source.section(section_id)
        if section is None or (source.id, locator) not in self._places:
            hint = self._place_hint(source, section, section_id)
            self._problem(
                file.place("locator"), f"the locator {values['locator']!r} names no place of {source.id!r}", hint
            )
            return None
        citation = Citation(
            source=source.id,
            title=source.title,
            author=source.author,
            published=source.published,
            section=section.heading,
            locator=locator,
            quote=prose(values["quote"]),
        )
        return Passage(
            id=file.id,
            title=prose(values["title"]),
            ask=prose(values["ask"]),
            citation=citation,
            text=prose(values["answer"]),
            simpler=prose(values["simpler"]),
            topic=values["topic"],
            related=values["related"],
            questions=values["questions"],
            review=Review(prose(values["review"]["state"]), values["review"]["due"]),
            note=prose(values.get("note", "")),
            picture=Picture(picture["file"], prose(picture["alternative"])) if picture else None,
        )

    def _place_hint(self, source: Source, section: Section | None, typed: str) -> str:
        if section is None:
            ids = [s.id for s in source.sections]
            return did_you_mean(typed, ids) or "its sections are " + ", ".join(ids)
        return f"the section {section.id!r} has " + ", ".join(str(p.locator) for p in section.places)

    def _picture(self, file: File, name: str) -> None:
        pictures = self.folder / "pictures"
        if not (pictures / name).is_file():
            there = sorted(p.name for p in pictures.iterdir()) if pictures.is_dir() else []
            hint = did_you_mean(name, there) or "put the file into the folder pictures/"
            self._problem(file.place("picture", "file"), f"there is no picture {name!r}", hint)

    def _uncovered(self) -> dict[str, UncoveredTopic]:
        topics: dict[str, UncoveredTopic] = {}
        places: dict[str, Place] = {}
        for file in self._of("not-covered"):
            for n, topic in enumerate(file.values["topics"]):
                where = file.place("topics", n, "id")
                if topic["id"] in topics:
                    first = places[topic["id"]]
                    self._problem(where, f"the topic {topic['id']!r} is at {first}, too", "rename or join them")
                places.setdefault(topic["id"], where)
                for m, id in enumerate(topic["near"]):
                    self._known_passage(id, file.place("topics", n, "near", m))
                topics[topic["id"]] = UncoveredTopic(
                    id=topic["id"],
                    about=prose(topic["about"]),
                    near=topic["near"],
                    questions=topic["questions"],
                    opening=prose(topic.get("opening", "")),
                )
        return topics

    def _clinical(self, file: File) -> ClinicalKind:
        values = file.values
        return ClinicalKind(
            id=file.id,
            reply=prose(values["reply"]),
            professional=prose(values["professional"]),
            bring=tuple(map(prose, values["bring"])),
            examples=values["examples"],
        )

    def _pointers(self) -> tuple[dict[str, Pointer], tuple[str, ...]]:
        for file in self._of("pointers"):
            topics = {
                topic: Pointer(topic, tuple(map(prose, entry["lines"])))
                for topic, entry in file.values["topics"].items()
            }
            feelings = file.values["feelings"]
            topics[FEELINGS] = Pointer(FEELINGS, tuple(map(prose, feelings["lines"])))
            return topics, feelings["words"]
        return {}, ()

    def _region(self, file: File) -> Region:
        values = file.values
        lines: dict[str, HelpLine] = {}
        for n, line in enumerate(values["lines"]):
            if line["id"] in lines:
                self._problem(
                    file.place("lines", n, "id"), f"the help line {line['id']!r} is there twice", "rename one"
                )
            if line["expires"] <= line["checked"]:
                where = file.place("lines", n, "expires")
                self._problem(where, f"{line['expires']} is not after the check on {line['checked']}", "correct a day")
            lines[line["id"]] = HelpLine(
                **{name: prose(line[name]) for name in ("id", "name", "purpose", "whom", "hours", "cost")},
                region=file.id,
                contacts=tuple(
                    Contact(c["how"], prose(c["value"]), prose(c.get("detail", ""))) for c in line["contacts"]
                ),
                languages=prose(line["languages"]),
                source=prose(line["source"]),
                checked=line["checked"],
                expires=line["expires"],
            )
        return Region(
            id=file.id,
            name=prose(values["name"]),
            emergency=prose(values["emergency"]),
            lines=tuple(lines.values()),
            poison=prose(values.get("poison", "")),
            note=prose(values.get("note", "")),
        )

    def _messages(self, kind: str) -> tuple[str, ...]:
        return tuple(message for file in self._of(kind) for message in file.values["messages"])

    def _crisis(self, regions: Mapping[str, Region]) -> CrisisLibrary:
        phrases: dict[str, tuple[str, ...]] = {}
        danger: dict[str, tuple[str, ...]] = {}
        variants: dict[str, CrisisVariant] = {}
        for file in self._of("crisis-phrases"):
            for category, said in file.values.items():
                phrases[category] = phrases.get(category, ()) + said
        for file in self._of("crisis-danger"):
            category = file.values["category"]
            danger[category] = danger.get(category, ()) + file.values["messages"]
            if file.id != f"{category}.{file.values['language']}":
                named = f"{category}.{file.values['language']}.yaml"
                self._problem(file.place("category"), f"the file's name does not say {named!r}", f"name it {named!r}")
        purposes = {line.purpose for region in regions.values() for line in region.lines}
        for file in self._of("crisis-reply"):
            variants[file.id] = self._variant(file)
            for n, purpose in enumerate(file.values["purposes"]):
                if regions and purpose not in purposes:
                    hint = did_you_mean(purpose, purposes) or "one of " + ", ".join(sorted(purposes))
                    self._problem(file.place("purposes", n), f"no help line has the purpose {purpose!r}", hint)
        for file in [*self._of("crisis-phrases"), *self._of("crisis-danger")]:
            for category in file.values if file.kind.name == "crisis-phrases" else [file.values["category"]]:
                if variants and category not in variants and ("crisis-reply", category) not in self.broken:
                    variants[category] = CrisisVariant(category, "", (), "", "", "", "", (), ())  # one message a lack
                    hint = f"write crisis/replies/{category}.yaml"
                    where = file.place(category) if file.kind.name == "crisis-phrases" else file.place("category")
                    self._problem(where, f"the danger {category!r} has no reply", hint)
        ordered = {category: variants[category] for category in VARIANTS if category in variants}
        return CrisisLibrary(phrases, danger, self._messages("crisis-look-alikes"), ordered)

    def _variant(self, file: File) -> CrisisVariant:
        values = file.values
        return CrisisVariant(
            category=file.id,
            **{name: prose(values[name]) for name in ("first", "moment", "say", "next", "professional")},
            steps=tuple(map(prose, values["steps"])),
            purposes=values["purposes"],
            later=tuple(map(prose, values["later"])),
            extra=tuple(map(prose, values.get("extra", ()))),
        )
