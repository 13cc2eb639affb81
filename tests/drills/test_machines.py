"""More machines: one limit, one database, any instance for any turn, and nothing lost when a part dies."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.storage import Storage
from tests import needs
from tests.drills.machines import Machines, ask, is_saved, machines
from tests.needs import Load


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("machines"), "off") as running:
        yield running


def test_any_instance_answers_any_turn(drill: Machines) -> None:
    status, first = ask(drill.one, "what is structural plasticity")
    assert status == 200
    follow_up, second = ask(drill.two, "say it simpler", context=first["context"])
    assert follow_up == 200
    _, same = ask(drill.one, "say it simpler", context=first["context"])

    assert {k: v for k, v in second.items() if k != "context"} == {k: v for k, v in same.items() if k != "context"}
    assert second["kind"] == "answer"


def test_one_database_for_both(drill: Machines) -> None:
    assert is_saved(drill.one, "first question for the team")
    assert is_saved(drill.two, "second question for the team")

    database = Storage(drill.postgresql.url)
    found = {question.text for question in database.questions()}
    database.close()

    assert {"first question for the team", "second question for the team"} <= found


def test_a_killed_instance_loses_no_answer(drill: Machines) -> None:
    with Load(drill.front.port, clients=4) as load:
        time.sleep(1)
        drill.one.process.group(signal.SIGKILL)
        time.sleep(2)
        drill.one.process.start()
        needs.until(drill.one.is_up, "the instance is back", 60)
        time.sleep(1)

    assert load.lost == []
    assert len(load.cut) <= 2  # answers that nginx had begun to pass on: no proxy can take back a first half
    assert set(load.statuses) == {200}
    assert len(load.statuses) > 50


def test_reloads_of_both_lose_no_answer(drill: Machines) -> None:
    with Load(drill.front.port, clients=4) as load:
        for site in (drill.one, drill.two, drill.one):
            time.sleep(1.5)
            site.process.signal(signal.SIGHUP)
        time.sleep(3)

    assert load.lost + load.cut == []
    assert set(load.statuses) == {200}


def test_without_postgresql_answers_go_on_and_nothing_claims_to_be_saved(drill: Machines) -> None:
    assert is_saved(drill.front, "before")
    with Load(drill.front.port, clients=4) as load:
        drill.postgresql.stop()
        found = {is_saved(site, "while it is gone") for site in (drill.one, drill.two)}
        drill.postgresql.start()
        needs.until(lambda: is_saved(drill.one, "after") and is_saved(drill.two, "after"), "it is saved again", 10)

        drill.postgresql.signal(signal.SIGSTOP)
        began = time.monotonic()
        found |= {is_saved(site, "while it hangs") for site in (drill.one, drill.two)}
        waited = time.monotonic() - began
        drill.postgresql.signal(signal.SIGCONT)
        time.sleep(1)

    assert found == {False}
    assert waited < 10
    assert load.lost + load.cut == []
    assert set(load.statuses) == {200}
    database = Storage(drill.postgresql.url)
    texts = [question.text for question in database.questions()]
    database.close()
    assert "while it is gone" not in texts
    assert "while it hangs" not in texts


def test_one_limit_over_both_and_none_lost_without_redis(tmp_path: Path) -> None:
    with machines(tmp_path, "12 per minute") as limited:
        statuses = [ask(site, "what is neuroplasticity")[0] for site in (limited.one, limited.two) * 8]
        assert statuses.count(200) == 12
        assert statuses[-1] == 429

        status, _, body = limited.front.ask(
            "/api/ask",
            method="POST",
            body='{"question": "I want to kill myself"}',
            headers={"Content-Type": "application/json"},
        )
        assert status == 200
        assert b'"crisis"' in body

        limited.redis.process.group(signal.SIGKILL)
        with Load(limited.front.port, clients=3) as load:
            time.sleep(4)
        assert load.lost + load.cut == []
        assert set(load.statuses) <= {200, 429}

        limited.redis.start()
        time.sleep(1)
        limited.redis.process.signal(signal.SIGSTOP)
        with Load(limited.front.port, clients=3) as load:
            time.sleep(4)
        limited.redis.process.signal(signal.SIGCONT)
        assert load.lost + load.cut == []
        assert set(load.statuses) <= {200, 429}
        assert load.slowest < 3
