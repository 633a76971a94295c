"""Who may pass, and what every answer carries."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from structlog.testing import capture_logs

import lis.web
from lis.domain.people import ROLES
from lis.storage import control
from lis.web.security import HEADERS, POLICY
from lis.web.security_sessions import FAILURES_PER_ACCOUNT, block_for
from tests.web.site import LAB, ORIGIN, Browser, Site

STATIC = Path(lis.web.__file__).parent / "static"
FROM_HERE = {"Origin": ORIGIN}


@pytest.fixture
def stranger(site: Site) -> Iterator[Browser]:
    with Browser(site.app) as browser:
        yield browser


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/app.css", "/no-such-page", "/health"])
def test_every_answer_carries_the_security_headers(stranger: Browser, path: str) -> None:
    answer = stranger.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_the_policy_allows_no_inline_code_and_no_other_origin() -> None:
    assert POLICY.split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]


def test_pages_are_kept_nowhere_and_files_under_a_plain_address_are_asked_about_again(
    stranger: Browser,
) -> None:
    assert stranger.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert stranger.get("/static/app.css").headers["Cache-Control"] == "no-cache"


def test_front_page_without_signing_in_is_the_sign_in_page(stranger: Browser) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Sign in to the laboratory" in answer.text


def test_signed_in_person_is_led_from_the_front_page_to_the_laboratory(site: Site) -> None:
    answer = site.browser("processor").get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, LAB + "/")


def test_page_without_signing_in_leads_to_sign_in_and_back(stranger: Browser) -> None:
    answer = stranger.page("/receive?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/sign-in?next=/lab/small/receive%3Fx%3D1",
    )
    signed_in = stranger.post(
        "/sign-in",
        data={"username": "processor", "password": "processor-secret", "next": "/lab/small/receive?x=1"},
        headers=FROM_HERE,
    )
    assert signed_in.headers["Location"] == "/lab/small/receive?x=1"


def test_fetch_without_signing_in_is_told_where_to_go(stranger: Browser) -> None:
    answer = stranger.page("/receive/pending", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/")


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example"]
)
def test_sign_in_leads_to_no_other_server(stranger: Browser, path: str) -> None:
    fields = {"username": "processor", "password": "processor-secret", "next": path}
    assert stranger.post("/sign-in", data=fields, headers=FROM_HERE).headers["Location"] == "/"


def test_session_cookie_is_kept_from_scripts_and_other_sites(stranger: Browser) -> None:
    fields = {"username": "processor", "password": "processor-secret"}
    cookie = stranger.post("/sign-in", data=fields, headers=FROM_HERE).headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie.replace("processor-secret", "")


def test_session_cookie_is_for_https_alone_where_the_page_came_by_https(site: Site) -> None:
    with Browser(site.app) as browser:
        browser.base_url = "https://testserver"
        fields = {"username": "processor", "password": "processor-secret"}
        answer = browser.post("/sign-in", data=fields, headers={"Origin": "https://testserver"})
    assert "; secure" in answer.headers["Set-Cookie"].lower()
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_database_holds_no_id_that_opens_a_session(site: Site) -> None:
    browser = site.browser("processor")
    with site.small.house.control.reading() as connection:
        assert control.find_session(connection, browser.cookies["lis_session"], site.wall.now()) is None


def test_card_and_pin_sign_in_at_a_station(site: Site, stranger: Browser) -> None:
    fields = {"card": "CARD-technician", "pin": "2468", "station": "CHEM-2"}
    assert stranger.post("/sign-in", data=fields, headers=FROM_HERE).status_code == 303
    page = stranger.page("/").text
    assert "Technician" in page
    assert "Station CHEM-2" in page


def test_wrong_secret_and_unknown_name_get_the_same_answer(stranger: Browser) -> None:
    wrong = stranger.post("/sign-in", data={"username": "supervisor", "password": "x"}, headers=FROM_HERE)
    unknown = stranger.post("/sign-in", data={"username": "nobody", "password": "x"}, headers=FROM_HERE)
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text == unknown.text


def unsafe_routes(site: Site) -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for included in site.app.routes
        for route in getattr(getattr(included, "original_router", None), "routes", ())
        if isinstance(route, APIRoute)
        for method in (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]


def test_no_unsafe_route_acts_without_the_token(site: Site) -> None:
    browser = site.browser("supervisor")
    answers = {
        path: browser.request(
            method, path.replace("{slug}", "small").replace("{", "").replace("}", ""), headers=FROM_HERE
        )
        for method, path in unsafe_routes(site)
        if path != "/sign-in"
    }
    assert answers
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert all("request.no_token" in answer.text for answer in answers.values())


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "http://elsewhere.example"}, {"Origin": "https://testserver"}],
    ids=["none", "null", "another host", "another scheme"],
)
def test_no_unsafe_route_acts_for_another_origin(site: Site, headers: dict[str, str]) -> None:
    browser = site.browser("supervisor")
    for method, path in unsafe_routes(site):
        fields = {"csrf": browser.token, "username": "supervisor", "password": "supervisor-secret"}
        answer = browser.request(method, path.replace("{slug}", "small"), data=fields, headers=headers)
        assert (path, answer.status_code, "request.other_origin" in answer.text) == (path, 403, True)


def test_referer_serves_where_a_browser_sends_no_origin(site: Site) -> None:
    browser = site.browser("processor")
    headers = {"Referer": f"{ORIGIN}{LAB}/receive"}
    answer = browser.post(
        LAB + "/receive/scan", data={"csrf": browser.token, "text": "nothing"}, headers=headers
    )
    assert answer.status_code == 200


def test_failures_close_an_account_for_a_while_and_no_other(own_site: Site) -> None:
    with Browser(own_site.app) as browser:
        bad = {"username": "technician", "password": "x"}
        good = {"username": "technician", "password": "technician-secret"}
        for _ in range(FAILURES_PER_ACCOUNT):
            assert browser.post("/sign-in", data=bad, headers=FROM_HERE).status_code == 401
        refused = browser.post("/sign-in", data=good, headers=FROM_HERE)
        assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, 61)
        other = {"username": "processor", "password": "processor-secret"}
        assert browser.post("/sign-in", data=other, headers=FROM_HERE).status_code == 303
        own_site.pass_time(timedelta(minutes=1, seconds=1))
        assert browser.post("/sign-in", data=good, headers=FROM_HERE).status_code == 303


def test_failures_from_one_address_close_it_whatever_the_name(own_site: Site) -> None:
    with Browser(own_site.app) as browser:
        answers = [
            browser.post("/sign-in", data={"username": f"guess{n}", "password": "x"}, headers=FROM_HERE)
            for n in range(51)
        ]
    assert [answer.status_code for answer in answers] == [401] * 50 + [429]


def test_blocks_double_up_to_a_quarter_of_an_hour() -> None:
    assert [block_for(n).total_seconds() / 60 for n in range(6)] == [1, 2, 4, 8, 15, 15]


def test_session_ends_half_an_hour_after_the_last_act(own_site: Site) -> None:
    browser = own_site.browser("processor")
    for _ in range(3):
        own_site.pass_time(timedelta(minutes=29))
        assert browser.page("/").status_code == 200
    own_site.pass_time(timedelta(minutes=31))
    assert browser.page("/").status_code == 303


def test_session_is_not_kept_alive_by_what_the_page_fetches_itself(own_site: Site) -> None:
    browser = own_site.browser("processor")
    own_site.pass_time(timedelta(minutes=29))
    assert browser.page("/receive/pending", headers={"X-Live": "1"}).status_code == 200
    own_site.pass_time(timedelta(minutes=2))
    assert browser.page("/").status_code == 303


def test_session_ends_after_twelve_hours_however_busy(own_site: Site) -> None:
    browser = own_site.browser("processor")
    for _ in range(36):
        own_site.pass_time(timedelta(minutes=20))
        answer = browser.page("/")
    assert answer.status_code == 303


def test_signing_out_ends_the_session_on_the_server(own_site: Site) -> None:
    browser = own_site.browser("processor")
    token = browser.cookies["lis_session"]
    browser.post("/sign-out", data={"csrf": browser.token}, headers=FROM_HERE)
    with Browser(own_site.app) as other:
        other.cookies.set("lis_session", token)
        assert other.page("/").status_code == 303


def test_closed_account_is_out_at_once(own_site: Site) -> None:
    browser = own_site.browser("processor")
    with own_site.small.house.control.writing() as connection:
        control.set_disabled(connection, "processor", True, at=own_site.wall.now(), actor="tests")
    assert browser.page("/").status_code == 303


def test_account_does_not_enter_a_laboratory_it_does_not_belong_to(own_site: Site) -> None:
    own_site.small.house.fork("small", "other", "tests")
    answer = own_site.browser("supervisor").get("/lab/other/")
    assert answer.status_code == 403
    assert "You do not work in this laboratory" in answer.text


def test_person_without_a_place_on_the_staff_any_more_is_refused(own_site: Site) -> None:
    browser = own_site.browser("technician")
    with own_site.small.work("supervisor") as work:
        work.staff.change(ROLES.index("technician") + 1, active=False)
    assert browser.page("/").status_code == 403


def test_too_large_a_body_is_refused(site: Site) -> None:
    browser = site.browser("processor")
    answer = browser.act("/receive/scan", {"text": "9" * 3_000_000})
    assert answer.status_code == 413


def test_unknown_page_says_so_in_words(site: Site) -> None:
    answer = site.browser("processor").page("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_crash_shows_no_insides(own_site: Site) -> None:
    def crash() -> None:
        raise RuntimeError("inner words")

    own_site.app.add_api_route("/crash", crash)
    with Browser(own_site.app) as browser, capture_logs() as logged:
        answer = browser.get("/crash")
    assert [entry["event"] for entry in logged] == ["request.failed"]
    assert answer.status_code == 500
    assert "inner words" not in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_vendored_files_are_what_their_makers_published() -> None:
    listed = tomllib.loads((STATIC / "vendor" / "vendor.toml").read_text("utf-8"))["file"]
    found = {
        entry["path"]: hashlib.sha256((STATIC / "vendor" / entry["path"]).read_bytes()).hexdigest()
        for entry in listed
    }
    assert found == {entry["path"]: entry["sha256"] for entry in listed}
    licences = {entry["licence_file"] for entry in listed}
    files = {file.name for file in (STATIC / "vendor").iterdir()}
    assert files == {*found, *licences, "vendor.toml"}


def test_scripts_and_styles_stay_within_their_weight() -> None:
    scripts = sum(file.stat().st_size for file in STATIC.rglob("*.js"))
    assert scripts <= 90_000
    assert (STATIC / "app.css").stat().st_size <= 10_240


def test_nothing_is_fetched_from_elsewhere() -> None:
    own = [file for kind in ("*.css", "*.html") for file in Path(lis.web.__file__).parent.rglob(kind)]
    own += list((STATIC / "js").glob("*.js"))
    assert [file.name for file in own if "https://" in file.read_text("utf-8")] == []


def test_metrics_name_routes_and_never_addresses(site: Site) -> None:
    site.browser("processor").page("/labels/260610001017")
    text = site.browser("processor").get("/metrics").text
    assert "/lab/{slug}/labels/{container_id}" in text
    assert "260610001017" not in text
