"""One client's limit: in memory, in Redis, and when Redis goes away."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from assistant import limits
from assistant.errors import SettingsError
from tests import needs
from tests.test_guards import STRONG
from tests.toy import DANGER, toy


def ask(client: Any, words: str = "why", **headers: str) -> Any:
    return client.post("/api/ask", json={"question": words}, headers=headers)


def statuses(client: Any, times: int, words: str = "why") -> list[int]:
    return [ask(client, words).status_code for _ in range(times)]


def test_one_too_many_is_told_when_to_try_again() -> None:
    client = toy(rate_limit="3 per minute").test_client()

    assert statuses(client, 5) == [200, 200, 200, 429, 429]
    refused = ask(client)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "112" in refused.text


def test_what_signals_danger_is_never_refused() -> None:
    client = toy(rate_limit="2 per minute").test_client()

    assert statuses(client, 20, words=f"I am in {DANGER}") == [200] * 20
    assert ask(client).status_code == 429


def test_pages_are_not_counted() -> None:
    client = toy(rate_limit="1 per hour").test_client()

    assert {client.get("/").status_code for _ in range(20)} == {200}


def test_off_is_off() -> None:
    assert set(statuses(toy(rate_limit="off").test_client(), 100)) == {200}


@pytest.mark.parametrize("limit", ["lots", "", "60", "-1 per minute"])
def test_a_limit_that_cannot_be_read_is_refused(limit: str) -> None:
    with pytest.raises(SettingsError) as raised:
        toy(rate_limit=limit)
    assert str(raised.value).startswith(f"ASSISTANT_RATE_LIMIT: {limit!r} is not a limit")


def test_a_forged_address_keeps_the_same_limit() -> None:
    client = toy(rate_limit="2 per minute").test_client()

    found = [ask(client, **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(4)]

    assert found == [200, 200, 429, 429]


def test_clients_behind_a_trusted_proxy_have_their_own() -> None:
    client = toy(rate_limit="1 per minute", trusted_proxies=1).test_client()

    assert ask(client, **{"X-Forwarded-For": "10.0.0.1"}).status_code == 200
    assert ask(client, **{"X-Forwarded-For": "10.0.0.2"}).status_code == 200
    assert ask(client, **{"X-Forwarded-For": "10.0.0.9, 10.0.0.1"}).status_code == 429


def test_a_household_is_one_client_and_its_address_is_not_kept() -> None:
    key = b"k"

    assert limits._client("2001:db8::1", key) == limits._client("2001:db8::ffff:2", key)
    assert limits._client("2001:db8:0:1::1", key) != limits._client("2001:db8::1", key)
    assert limits._client("::ffff:10.0.0.1", key) == limits._client("10.0.0.1", key)
    assert "10.0.0.1" not in limits._client("10.0.0.1", key)
    assert limits._client("no address", key) == "unknown"


def test_a_clock_set_back_blocks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    client = toy(rate_limit="2 per minute").test_client()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * 24 * 3600)
    assert statuses(client, 3) == [200, 200, 429]

    monkeypatch.setattr(time, "time", lambda: now)

    assert statuses(client, 3) == [200, 200, 429]


class TestRedis:
    def app(self, url: str, limit: str = "4 per minute") -> Any:
        return toy(rate_limit=limit, redis_url=url, secret_key=STRONG).test_client()

    def test_two_machines_count_together_and_keep_no_address(self, tmp_path: Path) -> None:
        with needs.redis_server(tmp_path) as redis:
            one, two = self.app(redis.url), self.app(redis.url)

            assert statuses(one, 2) + statuses(two, 3) == [200, 200, 200, 200, 429]

            import redis as driver

            keys = driver.Redis(port=redis.port).keys()
            assert keys
            assert all(b"127.0.0.1" not in key for key in keys)

    def test_without_redis_each_counts_for_itself_and_nothing_fails(self, tmp_path: Path) -> None:
        with needs.redis_server(tmp_path) as redis:
            client = self.app(redis.url)
            assert statuses(client, 1) == [200]
            redis.process.stop()

            assert statuses(client, 6) == [200, 200, 200, 200, 429, 429]

            redis.start()
            needs.until(lambda: ask(client).status_code == 200, "Redis counts again")

    def test_a_start_without_redis_serves(self) -> None:
        pytest.importorskip("redis")

        assert statuses(self.app("redis://127.0.0.1:1/0"), 5) == [200, 200, 200, 200, 429]

    def test_a_hung_redis_costs_one_short_wait(self, tmp_path: Path) -> None:
        with needs.redis_server(tmp_path) as redis:
            client = self.app(redis.url, "1000 per minute")
            ask(client)
            redis.process.signal(signal.SIGSTOP)
            waits = []
            end = time.monotonic() + 5
            while time.monotonic() < end:
                began = time.monotonic()
                assert ask(client).status_code == 200
                waits.append(time.monotonic() - began)
                time.sleep(0.02)
            redis.process.signal(signal.SIGCONT)

            assert waits[0] < 2 * limits.REDIS_SECONDS + 0.3
            assert max(waits[1:]) < 0.3

    def test_many_requests_at_the_moment_it_goes_are_all_answered(self, tmp_path: Path) -> None:
        with needs.redis_server(tmp_path) as redis:
            app = self.app(redis.url, "1000 per minute").application
            ask(app.test_client())
            redis.process.stop()
            found: list[int] = []
            together = threading.Barrier(12)

            def go() -> None:
                together.wait()
                found.append(ask(app.test_client()).status_code)

            threads = [threading.Thread(target=go) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert found == [200] * 12

    def test_an_address_of_no_redis_is_refused_without_its_password(self) -> None:
        with pytest.raises(SettingsError) as raised:
            toy(rate_limit="1 per minute", redis_url="http://me:zyzzyva-zyzzyva@host", secret_key=STRONG)
        assert str(raised.value).startswith("ASSISTANT_REDIS_URL: Redis cannot be used")
        assert "zyzzyva" not in str(raised.value)
