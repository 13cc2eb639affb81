"""A thousand saves while visitors ask: no request fails, and every worker ends with the last one."""

from __future__ import annotations

import json
import time

import pytest

from assistant import knowledge
from tests import needs
from tests.folders import change, whole

FOLLOWS = 2  # seconds in which every worker follows an edit
SAVES = 1_000


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


def revision(site: needs.Site) -> dict:
    return json.loads(site.ask("/readyz")[2])


def everywhere(site: needs.Site, true, seconds: float) -> None:
    """Wait until *true* holds for 30 answers of `/readyz` in a row, which both workers give."""
    end, row = time.monotonic() + seconds, 0
    while row < 30:
        row = row + 1 if true(revision(site)) else 0
        assert time.monotonic() < end, revision(site)


def title(site: needs.Site) -> str:
    """Return the title of the passage that answers a question about naps."""
    body = '{"question": "can I nap in the afternoon"}'
    reply = site.ask("/api/ask", method="POST", body=body, headers={"Content-Type": "application/json"})[2]
    return str(json.loads(reply)["passages"][0]["title"])


def test_a_thousand_saves_under_load(folder, tmp_path):
    path = folder / "passages/naps.yaml"
    text = path.read_text("utf-8")
    junk = (text[: len(text) // 2], text.replace("title:", "titel:"), "", "\t", text + "\n---\n", "[" * 5_000)
    with needs.assistant(tmp_path, "--knowledge", str(folder), ASSISTANT_RATE_LIMIT="off") as site:
        with needs.Load(site.port) as load:
            for save in range(SAVES):
                good = text.replace("title: Naps", f"title: Naps {save}")
                path.write_text(junk[save % len(junk)] if save % 3 else good, "utf-8")
                time.sleep(0.008)
            path.write_text(text.replace("title: Naps", "title: The last save"), "utf-8")
            wanted = knowledge.load(folder).revision
            everywhere(site, lambda r: r["revision"] == wanted and not r["degraded"], 10)
        assert (load.lost, load.cut, set(load.statuses)) == ([], [], {200}), site.process.read()[-4000:]
        assert len(load.statuses) > 500
        end, row = time.monotonic() + FOLLOWS, 0
        while row < 20:  # one worker may have given all answers of `/readyz` while the other was still at it
            row = row + 1 if title(site) == "The last save" else 0
            assert time.monotonic() < end, title(site)


def test_an_edit_reaches_every_worker_within_two_seconds_and_a_fault_is_told(folder, tmp_path):
    with needs.assistant(tmp_path, "--knowledge", str(folder), ASSISTANT_RATE_LIMIT="off") as site:
        first = revision(site)["revision"]
        change(folder / "passages/naps.yaml", "title: Naps", "title: Short naps")
        everywhere(site, lambda r: r["revision"] != first, 2.5)  # half a second for asking thirty times
        change(folder / "passages/naps.yaml", "title:", "titel:")
        everywhere(site, lambda r: "passages/naps.yaml:2:1" in str(r["problems"]), 2.5)
        assert json.loads(
            site.ask("/api/ask", method="POST", body='{"question": "can I nap in the afternoon"}',
                     headers={"Content-Type": "application/json"})[2]
        )["passages"][0]["title"] == "Short naps"  # fmt: skip
        assert "passages/naps.yaml:2:1" in site.process.read()
