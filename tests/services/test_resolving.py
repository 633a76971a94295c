"""Held observations: linked by container and test, tried again, or discarded; the checks stay the same."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from lis.services import ordering, resolving
from lis.storage import tables as t
from tests.labs import BEN
from tests.services.bench import Bench


@pytest.fixture
def placed(small: Bench) -> ordering.PlacedOrder:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    return placed


def link(small: Bench, key: int, tube: str, test: str, *, role: str = "technologist", reason: str = "log"):
    with small.work(role) as work:
        resolving.link_observation(work, key, tube, test, reason=reason)


def test_a_value_without_a_readable_barcode_is_linked_and_filed(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure("NOREAD", {"NA": "140"})
    link(small, 1, placed.container_ids[0], "NA", reason="Rack 2 place 5 by the run log")
    row = small.row(t.observation)
    assert (row.state, row.test, row.settled_by, row.settled_at) == (
        "filed",
        "NA",
        "technologist",
        small.clock.now(),
    )
    version = small.row(t.result_version)
    assert (row.result_version_id, version.value, version.analyzer) == (version.id, "140", "CHEM-1")
    event = small.events()[-1]
    assert (event.verb, event.reason) == ("observation.linked", "Rack 2 place 5 by the run log")
    with pytest.raises(Conflict) as twice:
        link(small, 1, placed.container_ids[0], "NA")
    assert twice.value.code == "observation.settled"


def test_what_matching_refuses_linking_refuses_too(small: Bench, placed: ordering.PlacedOrder) -> None:
    other = small.order("LYTES", patient=BEN, numbers=["B1"]).container_ids[0]
    small.receive(other)
    tube = placed.container_ids[0]
    small.measure("NOREAD", {"NA": "140"}, patient="M1002")  # 1
    small.measure(other, {"XX": "140"})  # 2: named Ben's tube
    small.measure("NOREAD", {"NA": "140"})  # 3
    small.measure("NOREAD", {"CREA": "0.9"})  # 4: mg/dL
    cases: list[tuple[int, str, str, type[Refusal], str]] = [
        (1, tube, "NA", Conflict, "patient.mismatch"),
        (2, tube, "NA", Conflict, "container.mismatch"),
        (3, tube, "CREA", Conflict, "test.not_ordered"),
        (3, "260610009014", "NA", NotFound, "scan.unknown"),
        (4, tube, "NA", Conflict, "unit.mismatch"),
        (9, tube, "NA", NotFound, "observation.unknown"),
    ]
    for key, container, test, refusal, code in cases:
        with pytest.raises(refusal) as refused:
            link(small, key, container, test)
        assert refused.value.code == code
    for refusal, said in ((NotAllowed, {"role": "technician"}), (Invalid, {"reason": " "})):
        with pytest.raises(refusal):
            link(small, 3, tube, "NA", **said)
    assert small.rows(t.result_version) == []
    assert {row.state for row in small.rows(t.observation)} == {"held"}


def test_a_code_is_mapped_and_what_waited_is_filed(small: Bench, placed: ordering.PlacedOrder) -> None:
    small.measure(placed.container_ids[0], {"Na+": "140"})
    small.measure("NOREAD", {"Na+": "141"})
    with small.work("technologist") as work, pytest.raises(NotAllowed):
        resolving.map_code(work, "CHEM-1", "Na+", "NA", reason="new software")
    with small.work("lis_admin") as work:
        waiting = resolving.map_code(work, "CHEM-1", "Na+", "NA", reason="new software")
        with pytest.raises(Invalid):
            resolving.map_code(work, "CHEM-1", "Na+", "NOPE", reason="new software")
        with pytest.raises(NotFound):
            resolving.map_code(work, "CHEM-9", "Na+", "NA", reason="new software")
    with small.work("technologist") as work:
        answers = resolving.refile_observations(work, waiting, reason="code mapped")
    assert answers == {1: "filed", 2: "container.unmatched"}
    assert small.value(placed.accession, "NA")[:3] == ("F", "140", 1)


def test_a_tube_received_late_lets_its_values_in(small: Bench) -> None:
    late = small.order("LYTES")
    small.measure(late.container_ids[0], {"NA": "140"})
    with small.work("technologist") as work:
        assert resolving.refile_observations(work, [1], reason="look") == {1: "container.not_received"}
    small.receive(*late.container_ids)
    with small.work("technologist") as work:
        assert resolving.refile_observations(work, [1], reason="received now") == {1: "filed"}


def test_what_belongs_nowhere_is_discarded_and_stays_readable(small: Bench) -> None:
    small.measure("NOREAD", {"NA": "140"})
    with small.work("technologist") as work:
        resolving.discard_observation(work, 1, reason="water blank")
    row, event = small.row(t.observation), small.events()[-1]
    assert (row.state, row.value_sent, row.reason) == ("discarded", "140", "container.unmatched")
    assert (event.verb, event.reason) == ("observation.discarded", "water blank")
