"""The command line. Each command is a thin call into the module that does the work."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from assistant import workbench
from assistant.console import FILE, FOLDER, Progress, reports, settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="psychoeducation-assistant", message="%(version)s")
def main() -> None:
    """Answers questions from curated, cited passages."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--knowledge", type=FOLDER, help="Folder with the knowledge files.")
@reports
def serve(host: str, port: int, workers: int, knowledge: Path | None) -> None:
    """Run the chat under gunicorn; follows edits of the knowledge files."""
    from assistant.serving import serve as run

    run(settings(knowledge), host, port, workers)


@main.command()
@click.argument("question")
@click.option("--explain", is_flag=True, help="Show phrasing, scores, runner-up, threshold and screens.")
@click.option("--json", "as_json", is_flag=True, help="Print the reply as the API gives it.")
@click.option("--region", default="", help="Region of the help lines, like UK.")
@click.option("--knowledge", type=FOLDER, help="Folder with the knowledge files.")
@reports
def ask(question: str, explain: bool, as_json: bool, region: str, knowledge: Path | None) -> None:
    """Answer one question."""
    from assistant import catalogue
    from assistant.dialogue import Dialogue
    from assistant.explanation import as_lines
    from assistant.explanation import explain as explained
    from assistant.foreign import notice
    from assistant.knowledge import load
    from assistant.live import Snapshot
    from assistant.rendering import as_json as rendered
    from assistant.terminal import as_text
    from assistant.views.visit import choose_region

    chosen = settings(knowledge)
    loaded = load(chosen.knowledge)
    with Progress().waiting("learning from the knowledge files"):
        dialogue = Dialogue.build(loaded, chosen.secret_key, chosen.region)
    reply = dialogue.respond(question, region=region)
    shown = choose_region(Snapshot(loaded, dialogue), region, chosen.region, ())
    told = notice(catalogue.load(), question, reply, loaded.language or "en", shown)
    if as_json:
        click.echo(json.dumps(rendered(reply, told, explain=explain), ensure_ascii=False, indent=2, default=str))
        return
    click.echo(as_text(reply, told))
    if explain:
        click.echo("\n".join(["", *as_lines(explained(dialogue, question, reply))]))


@main.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--perturb", is_flag=True, help="Also ask each crisis message in noised forms; count verdicts that stay.")
@click.option("--knowledge", type=FOLDER, help="Folder with the knowledge files.")
@reports
def evaluate(files: tuple[Path, ...], as_json: bool, perturb: bool, knowledge: Path | None) -> None:
    """Score files of judged questions, with 95 % intervals."""
    from assistant.dialogue import Dialogue
    from assistant.evaluation import evaluate as score
    from assistant.evaluation import perturbed
    from assistant.knowledge import load

    chosen = settings(knowledge)
    loaded = load(chosen.knowledge)
    with Progress().waiting("learning, then asking"):
        dialogue = Dialogue.build(loaded, chosen.secret_key)
        results = score(dialogue, files)
        if perturb:
            results["verdicts that stay under noise"] = perturbed(dialogue, files)
    if as_json:
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
        if rates:
            click.echo(f"-- {group}")
        for name, rate in rates.items():
            click.echo(f"{name:40s}{rate}")


@main.command()
@click.option("--knowledge", type=FOLDER, help="Folder with the knowledge files.")
@reports
def prepare(knowledge: Path | None) -> None:
    """Learn a folder ahead of serving, so that `serve` starts at once."""
    from assistant.knowledge import load
    from assistant.updating import NOWHERE
    from assistant.updating import prepare as learn

    os.nice(10)
    if not learn(load(settings(knowledge).knowledge)):
        click.echo("error: nothing can be kept here (set HOME or XDG_CACHE_HOME to a folder of yours)", err=True)
        sys.exit(NOWHERE)


for command in workbench.COMMANDS:
    main.add_command(command)
