"""Labels by every way: on a sheet, single, as ZPL; those of one order, so of one patient, at a time."""

from __future__ import annotations

import itertools

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from lis.domain.events import Verb
from lis.storage.journal import every
from lis.storage.tables import outbox
from tests.documents.pdftext import pages_text
from tests.web.site import Site

numbers = (f"L{n:04d}" for n in itertools.count(1))


def order(site: Site) -> tuple[str, tuple[str, ...]]:
    placed = site.small.order("LYTES", "COAGS", numbers=(next(numbers), next(numbers)))
    site.small.receive(*placed.container_ids, label=False)
    return placed.accession, placed.container_ids


def sheet(site: Site, accession: str, /, **fields: str) -> Response:
    form = {"accession": accession, "stock": "letter", "start": "1", "reason": "Printer is down"}
    return site.browser("processor").act("/labels/sheet.pdf", form | fields)


def copies(site: Site, tube: str) -> list[tuple[object, ...]]:
    """Every copy of a tube's label in the journal: why, which, and where it went."""
    with site.small.lab.reading() as reading:
        rows = [one for one in every(reading.connection) if one.subject == f"container:{tube}"]
    return [
        (one.reason, one.data["copy"], one.data.get("to")) for one in rows if one.verb == Verb.LABEL_PRINTED
    ]


def sent_to_printers(site: Site) -> int:
    with site.small.lab.reading() as reading:
        return reading.connection.execute(select(func.count()).where(outbox.c.kind == "label")).scalar_one()


@pytest.mark.parametrize("stock", ["letter", "a4"])
def test_labels_of_an_order_come_on_a_sheet(site: Site, stock: str) -> None:
    accession, tubes = order(site)
    answer = sheet(site, accession, stock=stock, start="30")
    assert answer.headers["content-type"] == "application/pdf"
    first, second = pages_text(answer.content)  # one place was left on the sheet that was begun
    assert (tubes[0] in first, tubes[1] in first, tubes[1] in second) == (True, False, True)


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("stock", "napkin", 422),
        ("start", "0", 422),
        ("start", "31", 422),
        ("accession", "000000000", 404),
        ("reason", " ", 422),
    ],
)
def test_sheet_that_cannot_be_made_says_why(site: Site, field: str, value: str, status: int) -> None:
    accession, tubes = order(site)
    answer = sheet(site, accession, **{field: value})
    assert answer.status_code == status
    assert len(copies(site, tubes[0])) == 1


def test_rejected_tube_has_no_label_on_the_sheet(site: Site) -> None:
    accession, tubes = order(site)
    form = {"scope": "whole", "reason": "RJ01"}
    site.browser("processor").act(f"/containers/{tubes[0]}/reject", form)
    (text,) = pages_text(sheet(site, accession).content)
    assert (tubes[0] in text, tubes[1] in text) == (False, True)


def test_zpl_comes_as_a_file(site: Site) -> None:
    _, tubes = order(site)
    answer = site.browser("processor").act(f"/labels/{tubes[0]}.zpl", {"reason": "Printer is down"})
    assert answer.headers["content-disposition"] == f'attachment; filename="{tubes[0]}.zpl"'
    assert answer.text.startswith("^XA") and f"^FD>;{tubes[0]}^FS" in answer.text


def test_no_copy_leaves_without_a_trace(site: Site) -> None:
    accession, (tube, _) = order(site)
    browser, why = site.browser("processor"), "Printer is down"
    sent = sent_to_printers(site)
    for kind in ("pdf", "zpl"):
        assert browser.page(f"/labels/{tube}.{kind}").status_code == 404
        assert browser.act(f"/labels/{tube}.{kind}", {"reason": ""}).status_code == 422
        assert browser.act(f"/labels/{tube}.{kind}", {"reason": why}).status_code == 200
    assert sheet(site, accession, stock="a4").status_code == 200
    assert copies(site, tube) == [(None, 1, None), (why, 2, "PDF"), (why, 3, "ZPL"), (why, 4, "a4 sheet")]
    assert sent_to_printers(site) == sent
