"""Threads do not each keep some memory of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

GROWS = """
import os, sys, threading
from assistant import memory
from tests import needs

if sys.argv[1] == "one heap":
    memory.share_one_heap()
bytes([len(sys.argv)]) * 6_000_000  # from now on the C library keeps pieces of this size for the next


def answer():
    bytes([len(sys.argv)]) * 5_000_000
    ready.wait()
    end.wait()


ready, end = threading.Barrier(17), threading.Event()
before = needs.megabytes([os.getpid()])
for _ in range(16):
    threading.Thread(target=answer, daemon=True).start()
ready.wait()
print(round(needs.megabytes([os.getpid()]) - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="heaps of threads are glibc's")
def test_many_threads_that_answered_once_keep_hardly_anything() -> None:
    def grown(how: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", GROWS, how], capture_output=True, text=True, timeout=60, check=True
        )
        return int(done.stdout)

    assert grown("one heap") < 25
    assert grown("as it was") > 50
