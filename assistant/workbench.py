"""The curators' commands: check, see what changes, import, export, questions, coverage, preview."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.console import (
    EXIT_FIX,
    FILE,
    FOLDER,
    FORMATS,
    NEW_FILE,
    Progress,
    near,
    reports,
    settings,
    summary,
)
from assistant.errors import KnowledgeError, Severity

if TYPE_CHECKING:
    from assistant.inbox import Group
    from assistant.knowledge import Reading
    from assistant.storage import Storage

KNOWLEDGE = click.option("--knowledge", type=FOLDER, help="Folder with the knowledge files.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


def _today() -> date:
    return datetime.now(UTC).date()


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--article", type=FILE, help="The work itself, to prove quotations and fingerprints.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Check as if it were this day.")
@reports
def check(folder: Path | None, article: Path | None, strict: bool, form: str, today: datetime | None) -> None:
    """Find everything that is wrong with a knowledge folder."""
    from assistant.checks.run import check as run

    target, progress = near(folder or settings().knowledge), Progress()
    reading, problems = run(target, today.date() if today else _today(), article=article, progress=progress)
    progress.close()
    if problems or form == "json":
        click.echo(FORMATS[form](problems))
    failed = reading.knowledge is None or any(strict or p.severity is Severity.ERROR for p in problems)
    if form == "text":
        known = reading.knowledge
        what = f"{len(known.passages)} passages, revision {known.revision}" if known else "cannot be used"
        click.echo(f"{target.name or target}: {what}: {summary(problems)}")
    sys.exit(EXIT_FIX if failed else 0)


@click.command()
@click.argument("kind", required=False)
@click.option("--write", type=click.Path(file_okay=False, path_type=Path), help="Write all schemas into this folder.")
@reports
def schema(kind: str | None, write: Path | None) -> None:
    """Print the JSON Schema of a kind of file, or the names of all kinds."""
    from assistant.formats import KINDS, file_schema
    from assistant.shapes import did_you_mean

    by_name = {k.name: k for k in KINDS}
    if write:
        write.mkdir(parents=True, exist_ok=True)
        for each in KINDS:
            text = json.dumps(file_schema(each), ensure_ascii=False, indent=2)
            (write / f"{each.name}.json").write_text(text + "\n", "utf-8")
    elif kind is None:
        for each in KINDS:
            click.echo(f"{each.name:22s} {each.pattern:34s} {each.about}")
    elif kind in by_name:
        _print_json(file_schema(by_name[kind]))
    else:
        hint = did_you_mean(kind, by_name) or f"one of {', '.join(by_name)}"
        raise click.BadParameter(f"{kind!r} is no kind of file ({hint})", param_hint="KIND")


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--questions", type=FILE, multiple=True, help="Judged questions to ask (JSON Lines).")
@click.option("--margin", default=0.1, show_default=True, type=click.FloatRange(0, 1), help="Change of the score told.")
@click.option("--html", type=NEW_FILE, help="Write a page to look at before publishing.")
@JSON
@KNOWLEDGE
@reports
def diff(
    old: str,
    new: str,
    questions: tuple[Path, ...],
    margin: float,
    html: Path | None,
    as_json: bool,
    knowledge: Path | None,
) -> None:
    """Show which questions change answer, kind, citation or score between OLD and NEW.

    OLD and NEW are folders, or git revisions of the knowledge folder. Exit 1 when help in danger changes.
    """
    from assistant.dialogue import Dialogue
    from assistant.diff import compare, folder_of, saved_questions
    from assistant.diffreport import as_html, as_table
    from assistant.knowledge import load

    home, progress = settings(knowledge).knowledge, Progress()
    with folder_of(old, home) as before, folder_of(new, home) as after:
        states = load(before), load(after)
        dialogues = []
        for name, state in zip((old, new), states, strict=True):
            with progress.waiting(f"learning {name}"):
                dialogues.append(Dialogue.build(state, "diff"))
        asked = saved_questions(states[1], questions)
        found = compare(dialogues[0], dialogues[1], asked, margin=margin, progress=progress)
    progress.close()
    if html:
        html.write_text(as_html(found, old, new), "utf-8")
    if as_json:
        _print_json(found.as_json())
    else:
        click.echo(as_table(found))
    sys.exit(EXIT_FIX if found.touches_crisis else 0)


@click.command(name="import")
@click.argument("article", type=FILE, required=False)
@click.option("--id", "id_", default="", help="Id of the source; made from the title without one.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="Folder for the drafts.")
@click.option("--csv", "sheet", type=FILE, help="Take the phrasings back from a spreadsheet.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@KNOWLEDGE
@reports
def import_(
    article: Path | None, id_: str, into: Path | None, sheet: Path | None, dry_run: bool, knowledge: Path | None
) -> None:
    """Make drafts of an ARTICLE (text, Markdown, HTML, DOCX), or take phrasings back with --csv."""
    if (article is None) == (sheet is None):
        raise click.UsageError("name an article, or a spreadsheet with --csv")
    folder = settings(knowledge).knowledge
    if sheet is not None:
        _import_sheet(sheet, folder, dry_run)
    elif article is not None:
        _import_article(article, id_, folder, into or folder / "drafts", dry_run)


def _import_article(article: Path, id_: str, folder: Path, into: Path, dry_run: bool) -> None:
    from assistant.articles import read_article
    from assistant.importer import drafts, slug, write
    from assistant.knowledge import read as reading

    read = read_article(article)
    chosen = id_ or slug(read.facts.get("title", article.stem))
    if chosen != slug(chosen):
        raise click.BadParameter(f"{chosen!r} is no id (rather {slug(chosen)!r})", param_hint="--id")
    topics = next((tuple(f.values["topics"]) for f in reading(folder).of("pointers")), ())
    made = drafts(read, chosen, _today(), topics=topics)
    paths = [into / draft.path for draft in made] if dry_run else write(made, into)
    for path in paths:
        click.echo(str(path))
    there = "to write" if dry_run else "written"
    click.echo(f"{len(paths)} files {there}, {len(paths) - 1} of them for a place of the article each.")
    click.echo("Write what is marked TODO, then move the files beside the others; drafts are not read.")


def _import_sheet(sheet: Path, folder: Path, dry_run: bool) -> None:
    from assistant.knowledge import read
    from assistant.spreadsheet import apply, plan

    reading = read(folder)
    if reading.knowledge is None:
        raise KnowledgeError(reading.problems)
    try:
        changes = plan(reading, sheet)
    except KnowledgeError as fault:
        click.echo(f"nothing was imported: {len(fault.problems)} to fix", err=True)
        raise
    if not dry_run:
        apply(reading, changes)
    for change in changes:
        click.echo(f"{change.path}: {change.kind} {change.id}: {len(change.added)} new, {len(change.removed)} gone")
        for sign, texts in (("+", change.added), ("-", change.removed)):
            for text in texts:
                click.echo(f"  {sign} {text}")
    what = f"{len(changes)} list{'' if len(changes) == 1 else 's'} of phrasings changed"
    click.echo(what + (" (not written: --dry-run)" if dry_run else ""))


@click.command()
@click.option("--csv", "target", type=click.Path(dir_okay=False, allow_dash=True), default="-", show_default=True)
@KNOWLEDGE
@reports
def export(target: str, knowledge: Path | None) -> None:
    """Write all phrasings as a spreadsheet, one row each."""
    from assistant.knowledge import read
    from assistant.spreadsheet import export as exported

    reading = read(settings(knowledge).knowledge)
    if reading.knowledge is None:
        raise KnowledgeError(reading.problems)
    text = exported(reading)
    if target == "-":
        click.echo(text, nl=False)
    else:
        Path(target).write_bytes(text.encode())


@click.command()
@click.option("--accept", type=int, multiple=True, metavar="NUMBER", help="Write this question into its file.")
@click.option("--into", default="", metavar="ID", help="Passage or topic for --accept; the nearest without.")
@click.option("--forget", type=int, multiple=True, metavar="NUMBER", help="Delete this question.")
@click.option("--forget-all", is_flag=True, help="Delete every question.")
@JSON
@KNOWLEDGE
@reports
def questions(
    accept: tuple[int, ...], into: str, forget: tuple[int, ...], forget_all: bool, as_json: bool, knowledge: Path | None
) -> None:
    """Show what visitors sent to the team, grouped; take a phrasing in, or forget it.

    Nothing is kept longer than 90 days. An accepted question is deleted from the inbox.
    """
    from assistant.inbox import as_lines, group
    from assistant.knowledge import read
    from assistant.storage import Storage
    from assistant.updating import nearly_learnt

    chosen = settings(knowledge)
    storage = Storage(chosen.database_url)
    storage.purge()
    sent = storage.questions()
    if unknown := sorted({*accept, *forget} - {q.id for q in sent}):
        raise click.UsageError(f"there is no question {unknown[0]}")
    forgotten = [q.id for q in sent] if forget_all else list(forget)
    if forgotten and not accept:  # possible with a broken folder, too
        click.echo(f"{storage.forget(forgotten)} forgotten")
        return
    reading = read(chosen.knowledge)
    if reading.knowledge is None:
        raise KnowledgeError(reading.problems)
    known = reading.knowledge
    with Progress().waiting("learning the phrasings"):
        groups = group(known, nearly_learnt(known) if known.passages else None, sent)
    if accept:
        _take_in(reading, storage, groups, accept, into)
        if forgotten:
            click.echo(f"{storage.forget(forgotten)} forgotten")
    elif as_json:
        _print_json(
            [
                {"kind": g.kind, "target": g.target, "title": g.title, "count": len(g.questions)}
                | {"questions": [{"id": q.id, "day": q.day, "text": q.text} for q in g.questions]}
                for g in groups
            ]
        )
    else:
        click.echo("\n".join(as_lines(groups)))


def _take_in(reading: Reading, storage: Storage, groups: Sequence[Group], accept: Sequence[int], into: str) -> None:
    """Write the questions numbered *accept* into their files, and forget each that is written."""
    from assistant.inbox import accept as taken
    from assistant.knowledge import read

    asked = {q.id: (q, into or g.target) for g in groups for q in g.questions}
    if strangers := [n for n in accept if not asked[n][1]]:
        raise click.UsageError(f"question {strangers[0]} is about something new (say where with --into)")
    for number in dict.fromkeys(accept):
        question, target = asked[number]
        path, line = taken(reading, question, target)
        storage.forget([number])
        click.echo(f"{path}:{line}: now a phrasing of {target!r}; forgotten here")
        reading = read(reading.folder, reading)


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--svg", type=NEW_FILE, help="Write the pairs that are confused as a heat map.")
@JSON
@reports
def coverage(folder: Path | None, svg: Path | None, as_json: bool) -> None:
    """Show places without passages, passages with few phrasings, and pairs that are easily confused."""
    from assistant.coverage import as_lines, as_svg
    from assistant.coverage import coverage as measured
    from assistant.knowledge import load
    from assistant.updating import nearly_learnt

    loaded, progress = load(folder or settings().knowledge), Progress()
    with progress.waiting("learning the phrasings"):
        retriever = nearly_learnt(loaded) if loaded.passages else None
    found = measured(loaded, retriever, progress)
    progress.close()
    if svg:
        svg.write_text(as_svg(found), "utf-8")
    if as_json:
        _print_json(found.as_json())
    else:
        click.echo("\n".join(as_lines(found)))


@click.command()
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@KNOWLEDGE
@reports
def preview(port: int, knowledge: Path | None) -> None:
    """Run the chat on this machine alone, with the reasons beside each answer."""
    from assistant.preview import serve

    with ExitStack() as stack:
        stack.enter_context(Progress().waiting("learning from the knowledge files"))

        def started(address: str) -> None:
            stack.close()
            click.echo(f"The preview runs at {address} (Ctrl+C stops it)")

        serve(settings(knowledge), port, started)


COMMANDS: Sequence[click.Command] = (check, schema, diff, import_, export, questions, coverage, preview)
"""In the order of a curator's day."""
