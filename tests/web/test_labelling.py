"""Labels by every way: on a sheet, single, as ZPL; those of one order, so of one patient, at a time."""

from __future__ import annotations

import itertools

import pytest

from tests.documents.pdftext import pages_text
from tests.web.site import Site

numbers = (f"L{n:04d}" for n in itertools.count(1))


def order(site: Site) -> tuple[str, tuple[str, ...]]:
    placed = site.small.order("LYTES", "COAGS", numbers=(next(numbers), next(numbers)))
    site.small.receive(*placed.container_ids, label=False)
    return placed.accession, placed.container_ids


@pytest.mark.parametrize("stock", ["letter", "a4"])
def test_labels_of_an_order_come_on_a_sheet(site: Site, stock: str) -> None:
    accession, tubes = order(site)
    answer = site.browser("processor").page(f"/labels/sheet.pdf?accession={accession}&stock={stock}&start=30")
    assert answer.headers["content-type"] == "application/pdf"
    first, second = pages_text(answer.content)  # one place was left on the sheet that was begun
    assert (tubes[0] in first, tubes[1] in first, tubes[1] in second) == (True, False, True)


@pytest.mark.parametrize(
    ("query", "status"),
    [("stock=napkin", 422), ("start=0", 422), ("start=31", 422), ("accession=000000000", 404)],
)
def test_sheet_that_cannot_be_made_says_why(site: Site, query: str, status: int) -> None:
    accession, _ = order(site)
    answer = site.browser("processor").page(f"/labels/sheet.pdf?accession={accession}&{query}")
    assert answer.status_code == status


def test_rejected_tube_has_no_label_on_the_sheet(site: Site) -> None:
    accession, tubes = order(site)
    form = {"scope": "whole", "reason": "RJ01"}
    site.browser("processor").act(f"/containers/{tubes[0]}/reject", form)
    sheet = site.browser("processor").page(f"/labels/sheet.pdf?accession={accession}").content
    assert (tubes[0] in pages_text(sheet)[0], tubes[1] in pages_text(sheet)[0]) == (False, True)


def test_zpl_comes_as_a_file(site: Site) -> None:
    _, tubes = order(site)
    answer = site.browser("processor").page(f"/labels/{tubes[0]}.zpl")
    assert answer.headers["content-disposition"] == f'attachment; filename="{tubes[0]}.zpl"'
    assert answer.text.startswith("^XA") and f"^FD>;{tubes[0]}^FS" in answer.text
