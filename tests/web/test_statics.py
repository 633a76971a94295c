"""Files of style and script: kept under an address that says what is in them."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from lis.web import statics
from tests.web.site import Site


def served(own: Path, others: Path) -> tuple[TestClient, str]:
    app = Starlette()
    return TestClient(app, base_url="http://testserver"), statics.mount(app, own, {"other": others})


def test_what_pages_name_is_kept_and_another_content_has_another_address(tmp_path: Path) -> None:
    own, others = tmp_path / "own", tmp_path / "others"
    for folder in (own, others):
        folder.mkdir()
    (own / "a.css").write_text("p {}")
    (others / "b.js").write_text("1;")
    client, first = served(own, others)
    kept = [client.get(f"{first}{path}") for path in ("/a.css", "/other/b.js")]
    assert [(one.text, one.headers["Cache-Control"]) for one in kept] == [
        ("p {}", "public, max-age=31536000, immutable"),
        ("1;", "public, max-age=31536000, immutable"),
    ]
    plain = [client.get(path) for path in ("/static/a.css", "/static/other/b.js")]
    assert [one.headers["Cache-Control"] for one in plain] == ["no-cache"] * 2
    assert client.get("/static/0000000000000000/a.css").status_code == 404
    assert served(own, others)[1] == first
    (others / "b.js").write_text("2;")
    assert served(own, others)[1] != first


def test_every_file_that_a_page_names_is_kept(site: Site) -> None:
    site.small.order("LYTES", numbers=("S1",))
    browser = site.browser("supervisor")
    paths = ("/", "/receive", "/orders/new?new=1&q=A", "/boards/wall", "/accessions/260610001", "/messages")
    texts = [browser.page(path).text for path in paths] + [browser.get("/sign-in").text]
    named = {file for text in texts for file in re.findall(r'(?:src|href)="(/static/[^"]+)"', text)}
    assert len(named) > 10
    answers = {file: browser.get(file) for file in named}
    assert {
        file: (answer.status_code, answer.headers.get("Cache-Control"))
        for file, answer in answers.items()
        if (answer.status_code, answer.headers.get("Cache-Control")) != (200, statics.KEPT)
    } == {}
