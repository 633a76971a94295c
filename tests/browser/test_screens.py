"""Every screen in a real browser: accessible, on one line of header, within its width, and from this server alone.

The list of screens is held against the application's own addresses: a page that is not looked at here fails.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from lis.domain.inspection import Inspection
from lis.domain.requests import PatientDetails
from lis.services import accessioning, arriving, cataloguing, handing, notifying, occurring, rejecting
from lis.storage import catalogs
from lis.web.app import ROUTERS
from tests.browser.serving import Served
from tests.labs import BEN, SmallLab
from tests.web.test_resolving import held_value

LONG = PatientDetails("M3000", "Abernathy-Montgomery", "Wilhelmina Josephine", BEN.birth_on, "F")
VALUES = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
LAB_PATH = "/lab/{slug}"

# Address of the application → the screens it makes, with something on each. `{…}` are cases of the small laboratory.
PAGES: dict[str, tuple[str, ...]] = {
    "/": ("/",),
    "/orders/new": (
        "/orders/new",
        "/orders/new?q=archer",
        "/orders/new?q=New&new=1",
        "/orders/new?mrn=M1001",
    ),
    "/orders/{accession}": ("/orders/{held}", "/orders/{released}"),
    "/receive": ("/receive",),
    "/receive/scanner": ("/receive/scanner",),
    "/labels/{container_id}": ("/labels/{tube}",),
    "/containers/{container_id}/reject": (
        "/containers/{tube}/reject",
        "/containers/{kept_back}/reject?kept_back=1",
    ),
    "/recollections": ("/recollections",),
    "/containers/{container_id}": (
        "/containers/{tube}",
        "/containers/{kept_back}",
        "/containers/{refused}",
        "/containers/{exception}",
        "/containers/{expected}",
    ),
    "/worklist": ("/worklist",),
    "/accessions/{accession}": ("/accessions/{held}", "/accessions/{released}"),
    "/review": ("/review?show=on_hold", "/review?show=resulted"),
    "/inquiry": ("/inquiry?q=a",),
    "/numbers": ("/numbers",),
    "/patients/{mrn}": ("/patients/M1001",),
    "/accessions/{accession}/timeline": ("/accessions/{released}/timeline",),
    "/qc": ("/qc",),
    "/qc/{analyzer}/{test}": ("/qc/CHEM-1/NA",),
    "/messages": ("/messages",),
    "/messages/log": ("/messages/log",),
    "/messages/in/{message_id}": ("/messages/in/{message}",),
    "/messages/out/{message_id}": ("/messages/out/1",),
    "/messages/{way}/{message_id}/advice": ("/messages/in/{message}/advice", "/messages/out/1/advice"),
    "/messages/in/{message_id}/preview": ("/messages/in/{message}/preview",),
    "/messages/{way}/{message_id}/copy": ("/messages/in/{message}/copy",),
    "/interfaces/{code}": ("/interfaces/CHEM-1",),
    "/interfaces/{code}/codes": ("/interfaces/CHEM-1/codes",),
    "/held/{observation_id}": ("/held/{observation}",),
    "/calls": ("/calls",),
    "/boards/pending": ("/boards/pending",),
    "/boards/turn-around": ("/boards/turn-around",),
    "/boards/wall": ("/boards/wall",),
    "/occurrences": ("/occurrences",),
    "/occurrences/new": ("/occurrences/new?subject=container:{tube}&accession={released}",),
    "/occurrences/{occurrence_id}": ("/occurrences/{occurrence}",),
    "/handoffs": ("/handoffs",),
    "/catalogue": ("/catalogue",),
    "/catalogue/tests": ("/catalogue/tests",),
    "/catalogue/units": ("/catalogue/units",),
    "/catalogue/roles": ("/catalogue/roles",),
    "/catalogue/staff": ("/catalogue/staff",),
    "/catalogue/files/{name}": ("/catalogue/files/rejection_reasons.csv",),
}
# What is fetched into a page, or is no page: files, streams, answers without one.
PARTS = {
    "/clock",
    "/find",
    "/events",
    "/orders/new/alike",
    "/orders/new/choice",
    "/orders/new/suggestions",
    "/receive/pending",
    "/receive/commands.pdf",
    "/receive/tests.pdf",
    "/accessions/{accession}/rows",
    "/accessions/{accession}/report.pdf",
    "/qc/{analyzer}/review.pdf",
}
# What is folded away is a part of the screen.
UNFOLD = "for (const one of document.querySelectorAll('main details')) one.open = true;"
# Names in tables of which a word begins on one line and ends on another.
BROKEN = """[...document.querySelectorAll("td .name")].flatMap((name) => {
  const words = [...name.firstChild.data.matchAll(/[^\\s-]+/g)];
  return words.filter((word) => {
    const range = document.createRange();
    range.setStart(name.firstChild, word.index);
    range.setEnd(name.firstChild, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0]);
})"""
ADMIN = ("/catalogue",)  # these are the administrator's


def test_every_address_is_looked_at_or_is_no_page() -> None:
    routes = [
        route for router in ROUTERS for route in router.routes if "GET" in getattr(route, "methods", ())
    ]
    paths = [route.path for route in routes]  # type: ignore[attr-defined]
    own = {path.removeprefix(LAB_PATH) for path in paths if path.startswith(LAB_PATH)}
    assert own - set(PAGES) - PARTS == set(), "pages that no test looks at"
    assert (set(PAGES) | PARTS) - own == set(), "pages that are no more"


@pytest.fixture(scope="module")
def cases(served: Served) -> dict[str, str]:
    """Something of everything on every screen."""
    small = served.site.small
    small.controls()
    released = small.released("LYTES", values=VALUES, numbers=("R1",), peer="HIS", collected=100)
    held = small.order("LYTES", numbers=("R2",), priority="S", location="ER-3", provider="Dr Hale")
    small.receive(*held.container_ids)
    small.enter(held.accession, NA="131", K="6.9", CL="104", CO2="19")
    small.released("LYTES", values={"K": "7.1"}, numbers=("R3",), patient=LONG)
    _told(small, small.released("LYTES", values={"K": "7.1"}, numbers=("R4",), patient=LONG))
    expected = small.order("COAGS", numbers=("X1",), patient=BEN, priority="S", collected=95).container_ids[0]
    small.order("LYTES", numbers=("X2",), patient=LONG)
    old = small.order("LYTES", numbers=("X3",), collected=600)
    small.receive(*old.container_ids, label=False)
    with small.work() as work:
        occurrence = occurring.open_occurrence(
            work, "analyzer:CHEM-1", "analysis", what="A clot in the probe"
        )
        handing.write_handoff(work, to="the night", text="One tube is set aside.")
    return {
        "released": released,
        "held": held.accession,
        "tube": held.container_ids[0],
        "expected": expected,
        "occurrence": str(occurrence),
        **_held(served),
        "kept_back": _kept_back(small),
        "refused": _refused(small),
        "exception": _exception(small),
    }


def _told(small: SmallLab, accession: str) -> None:
    """The call about a case's critical value, with more said and repeated than the table has room for."""
    said = "Potassium 7.1 mmol/L in the blood that was drawn this morning, without a sign of hemolysis"
    with small.work() as work:
        (call,) = work.calls.having(order_id=work.orders.by_accession(accession).id)
        notifying.record_call(
            work,
            call.id,
            whom="Josephine Bartholomew",
            whom_role="RN",
            outcome="reached",
            said=said,
            read_back=said,
        )


def _held(served: Served) -> dict[str, str]:
    """A value that waits for a person, and the message that it came in."""
    key = held_value(served.site)
    with served.site.small.work() as work:
        return {"observation": str(key), "message": str(work.observations.get(key).inbound_id)}


def _kept_back(small: SmallLab) -> str:
    tube = small.order("LYTES", numbers=("X4",)).container_ids[0]
    small.receive(tube)
    with small.work("processor") as work:
        row = work.containers.by_container_id(tube)
        assert row is not None
        arriving.keep_back(work, row, ("CO2",))
    return tube


def _refused(small: SmallLab) -> str:
    tube = small.order("LYTES", numbers=("X5",)).container_ids[0]
    with small.work("processor") as work:
        rejecting.reject_container(work, tube, "RJ01")
    return tube


def _exception(small: SmallLab) -> str:
    """What cannot be drawn again, set aside: its page has the form for two signatures."""
    with small.work("lis_admin") as work:
        text = catalogs.files_of(work.connection, work.catalog_version_id or 0)["specimen_types.csv"]
        changed = text.replace(
            "PPP,Y,Platelet-poor plasma,blood,COAG,LBL,RT,4,N",
            "PPP,Y,Platelet-poor plasma,fluid,COAG,LBL,RT,4,Y",
        )
        cataloguing.change_file(work, "specimen_types.csv", changed, reason="test")
    small.order("COAGS", numbers=("X6",))
    with small.work("processor") as work:
        return accessioning.scan(work, "X6", seen=Inspection(expired=True)).container_id


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def misfits(page: Page, width: int) -> list[str]:
    """What does not fit: a page to be moved sideways, a broken name, at full width a header of more than one line."""
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    tall = width >= 1280 and page.evaluate("document.querySelector('.bar')?.offsetHeight ?? 40") != 40
    broken = [f"{word} is broken within the word" for word in page.evaluate(BROKEN)]
    return ["wider than the window"] * wide + ["the header has more than one line"] * tall + broken


@pytest.mark.parametrize("width", [1280, 640])
def test_screens_are_accessible_and_fit(
    served: Served, browser: Browser, cases: dict[str, str], width: int
) -> None:
    wrong: dict[str, Any] = {}
    every = [screen for screens in PAGES.values() for screen in screens]
    admin = [screen for screen in every if screen.startswith(ADMIN)]
    others = [screen for screen in every if screen not in admin]
    for role, screens in {"supervisor": [*others, "/nowhere"], "lis_admin": ["/", *admin]}.items():
        page = served.page(browser, role, width)
        page.on("pageerror", lambda error: wrong.setdefault("script", []).append(str(error)))
        for screen in screens:
            served.open(page, screen.format(**cases))
            page.evaluate(UNFOLD)
            found = violations(page)
            found += misfits(page, width)
            if page.get_by_role("heading", name="Not allowed").count():
                found.append("not allowed to this role")
            if found:
                wrong[f"{role} {screen}"] = found
        page.context.close()
    assert wrong == {}


def test_exception_form_is_on_the_page_that_was_looked_at(
    served: Served, browser: Browser, cases: dict[str, str]
) -> None:
    page = served.page(browser, "supervisor")
    served.open(page, f"/containers/{cases['exception']}")
    expect(page.get_by_label("Second person's card")).to_be_visible()
    page.context.close()


def test_sign_in_and_card_of_keys_are_accessible(served: Served, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(served.url)
    assert violations(page) == []
    page.close()
    page = served.page(browser, "processor")
    page.keyboard.press("F1")
    assert page.get_by_role("heading", name="Keys").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("F9")
    assert page.evaluate("document.activeElement.id") == "scan"
    page.context.close()


def test_no_page_asked_another_server(served: Served, browser: Browser) -> None:
    page = served.page(browser, "supervisor")
    for path in ("/receive", "/review"):
        served.open(page, path)
    assert [url for url in served.asked if not url.startswith((served.url, "data:"))] == []
    assert any(url.endswith(".woff2") for url in served.asked)
    page.context.close()
