"""What was learnt before, found by a hash of what it was learnt from: shipped, or kept in the user's cache folder.

Learning from the shipped knowledge takes minutes; what it comes to is in ``assistant/data/learnt``, made by
``benchmarks/learnt.py``. A folder that differs learns what differs: each part (the crisis screen, the retriever,
how far to trust it) has its own hash, and texts that the shipped knowledge has are not read again.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant.embedding import Quantised
from assistant.encoder import shipped_encoder

DATA = Path(__file__).parent / "data"
SHIPPED = DATA / "learnt"
KEPT_BYTES = 500_000_000
"""Of each kind of learnt part: many of the shipped size, or very many small ones."""

LEARNING = (
    "text",
    "features",
    "embedding",
    "encoder",
    "nearness",
    "learning",
    "wordmodel",
    "spelling",
    "retrieval",
    "literals",
    "firstopinion",
    "crisis",
    "unmasking",
)
"""Modules whose code decides what is learnt from the same inputs."""

Part = TypeVar("Part")


def kept(name: str, inputs: object, make: Callable[[], Part]) -> Part:
    """Return the part *name* learnt from *inputs*, from where it is kept; else *make* it, and keep it."""
    found: Part | None = look(name, inputs)
    if found is not None:
        return found
    part = make()
    if folder := cache_folder():
        save(path_in(folder, name, inputs), part)
    return part


def look(name: str, inputs: object) -> Any:
    """Return the part *name* learnt from *inputs* if it is kept, else nothing."""
    return next((part for p in _places(name, inputs) if (part := _loaded(p)) is not None), None)


def is_kept(name: str, inputs: object) -> bool:
    """Tell whether there is a file for the part *name* learnt from *inputs*."""
    return any(path.is_file() for path in _places(name, inputs))


def newest(name: str) -> Any:
    """Return the part *name* that was used last, else nothing."""
    if folder := cache_folder():
        paths = sorted(folder.glob(f"{name}-{_code_digest().hex()[:8]}-*.pickle"), key=os.path.getmtime)
        return _loaded(paths[-1]) if paths else None
    return None


def _places(name: str, inputs: object) -> Iterator[Path]:
    for folder in (SHIPPED, cache_folder()):
        if folder:
            yield path_in(folder, name, inputs)


def path_in(folder: Path, name: str, inputs: object) -> Path:
    """Return where in *folder* the part *name* learnt from *inputs* is kept."""
    code = _code_digest()
    digest = sha256(repr((name, inputs)).encode("utf-8", "replace") + code).hexdigest()
    return folder / f"{name}-{code.hex()[:8]}-{digest[:24]}.pickle"


def _loaded(path: Path) -> Any:
    """Return what is kept at *path*, or nothing; a damaged or foreign file counts as nothing."""
    if not path.is_file():
        return None
    try:
        if path.parent != SHIPPED:
            with suppress(OSError):
                os.utime(path)  # what is used stays; what nobody asked for longest goes first
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 (the program's own, or the user's own folder, mode 0700)
    except Exception:  # noqa: BLE001, RUF100
        return None


def save(path: Path, part: object) -> None:
    """Keep *part* at *path*, whole or not at all; where that fails, it is learnt again the next time."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            pickle.dump(part, file, protocol=5)
        os.replace(file.name, path)
        _make_room(path)
    except OSError:
        return


def _make_room(newest: Path) -> None:
    """Throw out the parts of the kind of *newest* that nobody used for longest, beyond `KEPT_BYTES`."""
    others = [p for p in newest.parent.glob(f"{newest.name.split('-')[0]}-*.pickle") if p != newest]
    held = newest.stat().st_size
    for old in sorted(others, key=os.path.getmtime, reverse=True):
        held += old.stat().st_size
        if held > KEPT_BYTES:
            old.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _code_digest() -> bytes:
    digest = sha256(np.__version__.split(".")[0].encode())
    for name in LEARNING:
        digest.update((DATA.parent / f"{name}.py").read_bytes())
    for name in ("scales.npy", "encoder.npz"):
        digest.update((DATA / name).read_bytes())
    return digest.digest()


def cache_folder() -> Path | None:
    """Return a private folder for learnt parts, or none where nothing can be written."""
    base = os.environ.get("XDG_CACHE_HOME") or (Path(os.environ["HOME"]) / ".cache" if os.environ.get("HOME") else None)
    folder = (
        Path(base) / "psychoeducation-assistant" if base else Path(tempfile.gettempdir()) / f"assistant-{os.getuid()}"
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            return None
    except OSError:
        return None
    return folder


# texts that were read before


def texts_file() -> Path:
    """Return where the embeddings of the shipped knowledge's texts are, made by the encoder as it is now."""
    encoder = sha256((DATA / "encoder.npz").read_bytes()).hexdigest()
    return SHIPPED / f"texts-{encoder[:8]}.npz"


def hashes(texts: Sequence[str]) -> np.ndarray:
    """Return a 64-bit hash of each text."""
    return np.array([int.from_bytes(sha256(t.encode("utf-8", "replace")).digest()[:8]) for t in texts], np.uint64)


def embeddings(texts: Sequence[str]) -> Quantised:
    """Return the embedding of each text; those that are shipped are looked up, the others read."""
    if not texts_file().is_file():
        return Quantised.of(shipped_encoder().matrix(texts))
    with np.load(texts_file()) as stored:
        known, vectors = stored["hashes"], Quantised(stored["codes"], stored["scales"])
    own = hashes(texts)
    at = np.minimum(known.searchsorted(own), len(known) - 1)
    new = np.flatnonzero(known[at] != own).tolist()
    found = vectors.take(at)
    read = Quantised.of(shipped_encoder().matrix([texts[n] for n in new]))
    found.codes[new], found.scales[new] = read.codes, read.scales
    return found
