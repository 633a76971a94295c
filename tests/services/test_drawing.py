"""Planned tubes joined with what was drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from lis.domain.catalog import Catalog
from lis.domain.requests import CollectedSpecimen, OrderRequest, RequestedTest
from lis.services.drawing import tubes_for
from lis.storage.packs import catalog_from_files, pack_files
from tests.labs import ANN, PACK


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_from_files(pack_files(Path(PACK)))


@pytest.mark.parametrize(
    ("codes", "drawn", "tubes"),
    [
        (("LYTES", "COAGS"), (), [("LBL", "", (1,)), ("SST", "", (0,))]),
        (("LYTES", "RENAL"), (CollectedSpecimen("S1"),), [("SST", "S1", (0, 1))]),
        # what was drawn is matched by its kind, not by its place
        (
            ("LYTES", "COAGS"),
            (CollectedSpecimen("S1", container_type="SST"), CollectedSpecimen("C1", "PPP")),
            [("LBL", "C1", (1,)), ("SST", "S1", (0,))],
        ),
        # a tube of another kind than is needed serves nothing
        (("COAGS",), (CollectedSpecimen("L1", container_type="LAV"),), [("LBL", "", (0,))]),
        # tubes that name their tests are taken as drawn, the rest is planned
        (
            ("LYTES", "RENAL", "COAGS"),
            (CollectedSpecimen("S1", tests=(0,)), CollectedSpecimen("S2", tests=(1,))),
            [("SST", "S1", (0,)), ("SST", "S2", (1,)), ("LBL", "", (2,))],
        ),
        # a test named by two tubes is measured from the first
        (
            ("LYTES",),
            (CollectedSpecimen("S1", tests=(0,)), CollectedSpecimen("S2", tests=(0,))),
            [("SST", "S1", (0,))],
        ),
    ],
)
def test_tubes(
    catalog: Catalog,
    codes: tuple[str, ...],
    drawn: tuple[CollectedSpecimen, ...],
    tubes: list[tuple[str, str, tuple[int, ...]]],
) -> None:
    request = OrderRequest(ANN, tuple(RequestedTest(code) for code in codes), drawn)
    orderables = [catalog.orderables[code] for code in codes]
    found = tubes_for(request, orderables, catalog)
    assert [(t.planned.container_type, t.drawn.collection_number, t.lines) for t in found] == tubes
