"""The memory of a server's processes: threads do not each keep some of their own, and what is shared stays so."""

from __future__ import annotations

import contextlib
import ctypes
import gc

_M_ARENA_MAX = -8
"""glibc's number for the setting, from its ``malloc.h``."""


def share_one_heap() -> None:
    """Let all threads of this process, and of those forked from it, take memory from one heap.

    glibc gives threads heaps of their own, eight a core, and each keeps what its largest
    answer took: 5 MB, so that memory would grow with every thread that answers for the
    first time. With Python's lock the threads hardly ever meet in one heap. Another C
    library knows no such setting, and nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def keep_shared() -> None:
    """Before a fork: give back what is free, and let the collector pass over the rest, since looking copies it."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def release() -> None:
    """Let the collector look at everything again: after a reload, much of it is not used any more."""
    gc.unfreeze()
