"""Headers, forgery, hosts and sizes, shown on a tiny application and held on the real one."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import guards
from assistant.errors import SettingsError
from assistant.settings import Settings
from tests.toy import HERE, toy

STRONG = "vK3x9-Tq7LpZ2mW8sYc4RbN6hJd1FgUa"


def policy(response: Any) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))


class TestHeaders:
    @pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404), ("/form", 405), ("/widget.js", 200)])
    def test_every_response_has_them(self, path: str, status: int) -> None:
        response = toy().test_client().get(path)

        assert response.status_code == status
        assert policy(response)["default-src"] == "'none'"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers

    def test_a_fault_of_ours_has_them_too(self) -> None:
        response = toy().test_client().post("/fault", data="x")

        assert response.status_code == 500
        assert policy(response)["frame-ancestors"] == "'none'"

    def test_no_policy_allows_inline_or_foreign_code(self) -> None:
        for allowed in (guards.PAGE_POLICY, guards.DATA_POLICY):
            assert set(allowed.values()) <= {"'none'", "'self'"}

    def test_hsts_comes_with_https_alone(self) -> None:
        client = toy().test_client()

        assert "Strict-Transport-Security" not in client.get("/").headers
        secure = client.get("/", base_url="https://localhost")
        assert secure.headers["Strict-Transport-Security"] == "max-age=63072000"

    def test_only_the_widget_may_be_loaded_by_other_sites(self) -> None:
        client = toy().test_client()

        assert client.get("/widget.js").headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert client.get("/").headers["Cross-Origin-Resource-Policy"] == "same-origin"


class TestFraming:
    def test_nobody_frames_unless_told(self) -> None:
        response = toy().test_client().get("/")

        assert policy(response)["frame-ancestors"] == "'none'"
        assert response.headers["X-Frame-Options"] == "DENY"

    def test_the_sites_of_the_setting_frame_the_pages_and_nothing_else(self) -> None:
        client = toy(frame_ancestors=("https://clinic.example", "https://www.clinic.example")).test_client()

        page = client.get("/")
        assert policy(page)["frame-ancestors"] == "https://clinic.example https://www.clinic.example"
        assert "X-Frame-Options" not in page.headers
        assert policy(client.get("/preview"))["frame-ancestors"] == "'none'"
        assert policy(client.get("/widget.js"))["frame-ancestors"] == "'none'"


class TestForgery:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "none"}, 200),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": ""}, 403),
            ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
            ({"Origin": "http://localhost"}, 200),
            ({"Origin": "http://LOCALHOST"}, 200),
            ({"Origin": "http://localhost:81"}, 403),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "http://localhost.evil.example"}, 403),
            ({"Origin": "http://localhost@evil.example"}, 403),
            ({"Origin": "null"}, 403),
        ],
    )
    def test_a_form_of_another_site_is_not_read(self, headers: dict[str, str], status: int) -> None:
        assert toy().test_client().post("/form", data={"a": "b"}, headers=headers).status_code == status

    def test_a_page_may_be_reached_by_a_link_from_anywhere(self) -> None:
        assert toy().test_client().get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


class TestHosts:
    @pytest.mark.parametrize("host", ["chat.example", "chat.example:8000", "127.0.0.1:1", "[::1]:80", "localhost."])
    def test_a_host_is_a_name_or_an_address(self, host: str) -> None:
        assert toy().test_client().get("/", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize("host", ["", "a b", "evil.example/x", "a@b", "a,b", "x" * 300, "[::1", "-a", "a:b"])
    def test_anything_else_is_a_bad_request(self, host: str) -> None:
        response = toy().test_client().get("/", environ_overrides={"HTTP_HOST": host})

        assert response.status_code == 400
        assert "112" in response.text

    @pytest.mark.parametrize(
        "next",
        ["//evil.example", "https://evil.example/a?b=c", "/\\evil.example", "http:evil.example", "\\\\evil.example"],
    )
    def test_no_redirect_leads_away(self, next: str) -> None:
        response = (
            toy()
            .test_client()
            .get(
                "/away",
                query_string={"next": next},
                headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
            )
        )
        place = response.headers["Location"]

        assert place.startswith("/")
        assert not place.startswith(("//", "/\\"))


class TestProxies:
    FORGED: ClassVar = {"X-Forwarded-For": "9.9.9.9, 8.8.8.8", "X-Forwarded-Proto": "https"}

    @pytest.mark.parametrize(
        ("proxies", "address"), [(0, "127.0.0.1"), (1, "8.8.8.8"), (2, "9.9.9.9"), (3, "127.0.0.1")]
    )
    def test_only_so_many_proxies_as_are_set_are_believed(self, proxies: int, address: str) -> None:
        client = toy(trusted_proxies=proxies).test_client()

        assert client.post("/client", headers=self.FORGED).text == address

    def test_https_is_believed_from_a_trusted_proxy_alone(self) -> None:
        assert "Strict-Transport-Security" not in toy().test_client().get("/", headers=self.FORGED).headers
        told = toy(trusted_proxies=1).test_client().get("/", headers=self.FORGED)
        assert "Strict-Transport-Security" in told.headers


class TestSizes:
    def test_a_body_over_the_limit_is_too_large_in_every_form(self) -> None:
        client = toy().test_client()
        large = "a" * (guards.MAX_BODY + 1)

        assert client.post("/api/ask", json={"question": large}).status_code == 413
        assert client.post("/form", data={"a": large}).status_code == 413
        assert client.post("/form", data={"a": large}, content_type="multipart/form-data").status_code == 413
        assert client.post("/form", data=large, content_type="text/plain").status_code == 413

    def test_a_form_of_very_many_fields_is_too_large(self) -> None:
        fields = {f"f{n}": "x" for n in range(guards.MAX_FORM_PARTS + 1)}

        assert toy().test_client().post("/form", data=fields, content_type="multipart/form-data").status_code == 413

    def test_a_form_survives_being_read_early(self) -> None:
        client = toy().test_client()

        assert client.post("/form", data={"a": "1", "b": "2"}).json == {"fields": 2}
        assert client.post("/form", data={"a": "1"}, content_type="multipart/form-data").json == {"fields": 1}

    @pytest.mark.parametrize("body", ["[" * 1_000, "[" * 7_000, '{"a":' * 3_000, "9" * 5_000, "{", "\ufeff{}"])
    def test_json_that_cannot_be_read_is_never_a_fault(self, body: str) -> None:
        response = toy().test_client().post("/api/ask", data=body, content_type="application/json")

        assert response.status_code in (200, 400)  # the toy reads silently

    @given(st.binary(max_size=400))
    def test_no_bytes_are_a_fault(self, body: bytes) -> None:
        assert CLIENT.post("/api/ask", data=body, content_type="application/json").status_code in (200, 400)


CLIENT = toy().test_client()


class TestMethods:
    @pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PROPFIND", "XYZZY"])
    def test_another_method_is_told_what_is_allowed(self, method: str) -> None:
        response = toy().test_client().open("/", method=method)

        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


class TestSecrets:
    def refused(self, **given: Any) -> str:
        with pytest.raises(SettingsError) as raised:
            guards.check_secrets(Settings(knowledge=HERE, **given))
        return str(raised.value)

    def test_one_machine_needs_none(self) -> None:
        guards.check_secrets(Settings(knowledge=HERE))

    def test_several_machines_need_one_secret(self) -> None:
        for given_ in ({"redis_url": "redis://r/0"}, {"database_url": "postgresql://db/x"}):
            assert self.refused(**given_).startswith("ASSISTANT_SECRET_KEY: missing, and several machines must share")

    @pytest.mark.parametrize("weak", ["secret", "x" * 64, "ab" * 40])
    def test_a_weak_secret_is_refused_and_not_shown(self, weak: str) -> None:
        said = self.refused(redis_url="redis://r/0", secret_key=weak)

        assert said.startswith("ASSISTANT_SECRET_KEY: weak")
        assert weak not in said.replace("secrets", "").replace("secret_key", "") or weak == "secret"

    @pytest.mark.parametrize("password", ["postgres", "short", "", "assistant-assistant"])
    def test_a_weak_password_to_another_machine_is_refused(self, password: str) -> None:
        user = "assistant-assistant"
        said = self.refused(database_url=f"postgresql://{user}:{password}@db.example/x", secret_key=STRONG)

        assert said.startswith("ASSISTANT_DATABASE_URL: its password is shorter than 12 characters or the user's name")

    def test_strong_ones_and_those_that_stay_on_this_machine_are_taken(self) -> None:
        for url in (
            f"postgresql://a:{STRONG}@db.example/x",
            "postgresql://a:a@127.0.0.1/x",
            "postgresql:///x",
            "postgresql://db.example/x",
        ):
            guards.check_secrets(Settings(knowledge=HERE, database_url=url, secret_key=STRONG))


class TestProduction:
    def test_debug_is_off_whatever_the_environment_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLASK_DEBUG", "1")
        app = toy()

        response = app.test_client().post("/fault", data="zyzzyva")

        assert app.debug is False
        assert response.status_code == 500
        assert "zyzzyva" not in response.text
        assert "Traceback" not in response.text


def test_sorted_keys_do_not_reorder_a_reply() -> None:
    assert json.loads(toy().json.dumps({"kind": 1, "a": 2})) == {"kind": 1, "a": 2}
    assert toy().json.dumps({"kind": 1, "a": 2}).index("kind") < toy().json.dumps({"kind": 1, "a": 2}).index('"a"')
