"""Rebuild every table of ``benchmarks/README.md``, the scorecard and the figures of `/about`.

    python benchmarks/all.py [PUBLIC_SETS] [--encoder FOLDER] [--only NAME …]

Runs the commands one after the other, each with one thread for linear algebra, so that nothing
disturbs another's times; an hour or two in all. One that fails is told at the end; the others go on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = ("scorecard", "speed", "answers", "typos", "ablations", "growth", "page")
NEEDS_NO_SETS = ("scorecard", "speed", "page")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="?", help="folder with public sets")
    parser.add_argument("--encoder", type=Path, help="folder of all-MiniLM-L6-v2, for `answers`")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    failed = []
    for name in options.only:
        command = [sys.executable, str(FOLDER / f"{name}.py")]
        if options.sets and name not in NEEDS_NO_SETS:
            command.append(str(options.sets))
        if name == "answers" and options.encoder:
            command += ["--encoder", str(options.encoder)]
        if name == "growth":
            command.append("--peers")
        print(f"== {name}", flush=True)
        if subprocess.run(command, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}).returncode:
            failed.append(name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
