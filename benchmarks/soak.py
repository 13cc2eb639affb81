"""The whole program under load for a long time: memory, open files and lost requests, a line a minute.

    python benchmarks/soak.py MINUTES [CLIENTS]

Two clients are about half of what two cores serve. Memory and open files of all workers
should stand still after the first minutes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import needs


def main(minutes: float, clients: int) -> None:
    with (
        needs.assistant(Path(tempfile.mkdtemp()), ASSISTANT_RATE_LIMIT="off") as site,
        needs.Load(site.port, clients) as load,
    ):
        end = time.monotonic() + minutes * 60
        print("minute  answers   MB  files  lost")
        minute = 0
        while time.monotonic() < end:
            time.sleep(min(60, max(0.1, end - time.monotonic())))
            minute += 1
            workers = site.process.children
            lost = len(load.lost) + len(load.cut)
            print(
                f"{minute:6}{len(load.statuses):9}{needs.megabytes(workers):5.0f}{needs.open_files(workers):7}{lost:6}",
                flush=True,
            )


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
