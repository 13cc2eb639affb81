"""The command line. Each command is a thin call into the module that does the work."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from assistant.errors import AssistantError, KnowledgeError, SettingsError, Severity
from assistant.settings import Settings


def _reports(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print our own faults plainly: exit 1 for something to fix, 2 for wrong usage."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except KnowledgeError as fault:
            for problem in fault.problems:
                click.echo(str(problem), err=True)
            sys.exit(1)
        except SettingsError as fault:
            click.echo(f"error: {fault}", err=True)
            sys.exit(2)
        except AssistantError as fault:
            click.echo(f"error: {fault}", err=True)
            sys.exit(1)

    return run


def _settings(knowledge: Path | None) -> Settings:
    return Settings.from_environ(os.environ, knowledge=knowledge)


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Answers questions from curated, cited passages."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--knowledge", type=FOLDER)
@_reports
def serve(host: str, port: int, workers: int, knowledge: Path | None) -> None:
    """Run the chat under gunicorn."""
    from assistant.serving import serve as run

    run(_settings(knowledge), host, port, workers)


@main.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@_reports
def check(folder: Path | None, strict: bool) -> None:
    """Validate a knowledge folder."""
    from assistant.knowledge import read

    target = folder or _settings(None).knowledge
    reading = read(target)
    for problem in reading.problems:
        click.echo(str(problem))
    errors = [p for p in reading.problems if strict or p.severity is Severity.ERROR]
    if errors or reading.knowledge is None:
        sys.exit(1)
    knowledge = reading.knowledge
    click.echo(f"{target.name}: {len(knowledge.passages)} passages, revision {knowledge.revision}: nothing to fix")


@main.command()
@click.argument("question")
@click.option("--explain", is_flag=True, help="Show phrasing, scores, runner-up and threshold.")
@click.option("--json", "as_text", is_flag=True, help="Print the reply as the API gives it.")
@click.option("--region", default="")
@click.option("--knowledge", type=FOLDER)
@_reports
def ask(question: str, explain: bool, as_text: bool, region: str, knowledge: Path | None) -> None:
    """Answer one question."""
    from assistant.dialogue import Dialogue
    from assistant.knowledge import load
    from assistant.rendering import as_json

    settings = _settings(knowledge)
    dialogue = Dialogue.build(load(settings.knowledge), settings.secret_key, settings.region)
    reply = as_json(dialogue.respond(question, region=region), explain=explain)
    if as_text:
        click.echo(json.dumps(reply, ensure_ascii=False, indent=2, default=str))
        return
    click.echo(f"[{reply['kind']}]")
    for resource in reply["support"]["resources"]:
        contact = ", ".join(f"{c['how']} {c['value']}" for c in resource["contact"])
        click.echo(f"  {resource['name']}: {contact} ({resource['hours']})")
    click.echo(reply["reply"])
    for number, passage in enumerate(reply["passages"], 1):
        c = passage["citation"]
        click.echo(f"  [{number}] {c['author']}, {c['title']}, {c['section']} ({c['locator']}): “{c['quote']}”")
    if reply["support"]["text"] and reply["kind"] != "crisis":
        click.echo(reply["support"]["text"])
    for suggestion in reply["suggestions"]:
        click.echo(f"  > {suggestion}")
    if explain and reply.get("why"):
        why = reply["why"]
        click.echo(f"matched phrasing: {why['phrasing']}")
        click.echo(f"confidence: {why['confidence']} (answers from {why['minimum']})")
        for candidate in why["candidates"]:
            click.echo(f"  {candidate['score']:.3f}  {candidate['id']}")
        for name, verdict in why["screens"].items():
            click.echo(f"{name} screen: {verdict}")


@main.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--json", "as_text", is_flag=True)
@click.option("--knowledge", type=FOLDER)
@_reports
def evaluate(files: tuple[Path, ...], as_text: bool, knowledge: Path | None) -> None:
    """Score files of judged questions, with 95 % intervals."""
    from assistant.dialogue import Dialogue
    from assistant.evaluation import evaluate as score
    from assistant.knowledge import load

    settings = _settings(knowledge)
    loaded = load(settings.knowledge)
    results = score(Dialogue.build(loaded, settings.secret_key), files)
    if as_text:
        plain = {
            group: {
                name: {"value": r.value, "low": r.interval[0], "high": r.interval[1], "n": r.n}
                for name, r in rates.items()
            }
            for group, rates in results.items()
        }
        click.echo(json.dumps({"revision": loaded.revision, **plain}, indent=2))
        return
    for group, rates in results.items():
        click.echo(f"-- {group}")
        for name, rate in rates.items():
            click.echo(f"{name:40s}{rate}")


@main.command()
@click.option("--knowledge", type=FOLDER)
@_reports
def prepare(knowledge: Path | None) -> None:
    """Learn a folder ahead of serving, so that `serve` starts at once."""
    from assistant.knowledge import load
    from assistant.updating import NOWHERE
    from assistant.updating import prepare as learn

    os.nice(10)
    if not learn(load(_settings(knowledge).knowledge)):
        click.echo("error: nothing can be kept here (set HOME or XDG_CACHE_HOME to a folder of yours)", err=True)
        sys.exit(NOWHERE)


if __name__ == "__main__":
    main()
