"""The seams: what others add to the application, and its own face to whoever runs it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.web.app import create_app
from lis.web.deps import Here, SomeoneHere
from lis.web.pages import NavItem, show
from tests.web.site import LIGHT, Site

router = APIRouter(prefix="/lab/{slug}")


@router.get("/bench")
def bench(request: Request, here: SomeoneHere) -> Response:
    return show(request, here, "added/bench.html")


def entries(here: Here) -> list[NavItem]:
    return [NavItem("Bench", "/bench"), *(NavItem(f"Page {n}", f"/page-{n}", minor=True) for n in range(9))]


def test_others_add_pages_templates_files_and_entries(own_site: Site, tmp_path: Path) -> None:
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "bench.html").write_text(
        '{% extends "base.html" %}{% block heading %}The bench{% endblock %}{% block content %}Tubes{% endblock %}'
    )
    (tmp_path / "_extension.html").write_text('<aside aria-label="Beside">Beside every page</aside>')
    (tmp_path / "bench.css").write_text("p { margin: 0 }")
    own_site.app = create_app(
        own_site.small.house,
        wall=own_site.wall,
        clocks={"small": own_site.small.clock},
        passwords=LIGHT,
        extra_routers=[router],
        extra_templates=[tmp_path],
        extra_static={"bench": tmp_path},
        nav_hook=entries,
    )
    browser = own_site.browser("supervisor")
    page = browser.page("/bench").text
    assert "<h1>The bench</h1>" in page
    assert '<a href="/lab/small/bench" aria-current="page">Bench</a>' in page
    assert "Beside every page" in browser.page("/").text
    assert browser.get("/static/bench/bench.css").text == "p { margin: 0 }"
    line, menu = page[page.index("<nav") : page.index("</nav>")].split("<details")
    assert ("Page 8" in line, "Page 8" in menu, "Bench" in line) == (False, True, True)


def test_health_and_metrics_answer_without_signing_in(site: Site) -> None:
    browser = site.browser("processor")
    assert browser.get("/health").json() == {"status": "ok", "laboratories": 1}
    assert "lis_http_requests_total" in browser.get("/metrics").text


def test_no_description_of_the_interface_is_published(site: Site) -> None:
    browser = site.browser("processor")
    assert [browser.get(path).status_code for path in ("/openapi.json", "/docs", "/redoc")] == [404, 404, 404]
