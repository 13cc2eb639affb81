"""Runs a command as a curator does, and returns what came of it."""

from __future__ import annotations

from click.testing import CliRunner, Result

from assistant.cli import main


def run(*arguments: object, **environ: str) -> Result:
    """Run `assistant` with *arguments*; `output` has both streams, `stdout` the first alone."""
    result = CliRunner().invoke(main, [str(a) for a in arguments], env=environ, prog_name="assistant")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
