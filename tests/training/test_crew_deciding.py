"""What a crew decides about tubes and values that something speaks against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.domain.inspection import Inspection
from lis.domain.qc import gate
from lis.kernel.clock import FixedClock
from lis.services import accessioning, recollecting
from lis.storage import tables as t
from lis.storage.house import House
from lis.storage.journal import every
from lis.training import crew_deciding as deciding
from lis.training import crew_reading as reading
from tests.labs import START, SmallLab, open_small_lab
from tests.services.bench import bench

LAVENDER = Inspection(container_type="LAV")
LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLab]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    yield open_small_lab(house)
    house.close()


def containers(small: SmallLab) -> dict[str, str]:
    with small.lab.reading() as here:
        rows = here.connection.execute(select(t.container).order_by(t.container.c.id)).all()
    return {row.container_id: row.state for row in rows}


def results(small: SmallLab) -> dict[str, str]:
    with small.lab.reading() as here:
        return {row.test: row.state for row in here.connection.execute(select(t.result))}


def refuse_in_lavender(small: SmallLab, container: str) -> None:
    """It comes in a tube of another kind, and is refused at the next round."""
    with small.work("processor") as work:
        receipt = accessioning.scan(work, container, seen=LAVENDER)
    assert receipt.outcome == "set_aside"
    with small.work("processor") as work:
        deciding.refuse_doubtful(work, [receipt])


def test_what_was_set_aside_is_refused_and_asked_for_once_more_only(small: SmallLab) -> None:
    (first,) = small.order("LYTES", peer="HIS").container_ids
    refuse_in_lavender(small, first)
    assert list(containers(small).values()) == ["rejected", "expected"]
    second = list(containers(small))[1]
    with small.work("processor") as work:
        recollecting.record_collected(work, second, collected_at=work.now, collected_by="RN7")

    refuse_in_lavender(small, second)

    assert list(containers(small).values()) == ["rejected", "rejected"]
    assert set(results(small).values()) == {"cancelled"}


def test_nobody_waits_for_another_of_what_was_asked_for_on_paper(small: SmallLab) -> None:
    (only,) = small.order("LYTES").container_ids
    refuse_in_lavender(small, only)
    assert containers(small) == {only: "rejected"}
    assert set(results(small).values()) == {"cancelled"}


def test_what_no_analyzer_measures_is_read_by_eye(small: SmallLab) -> None:
    (tube,) = small.order("HCGS", "LYTES").container_ids
    small.receive(tube)
    with small.work("technician") as work:
        deciding.read_by_eye(work, {tube: {"HCGS": "NEG", "NA": 141.0, "K": "4.1"}})
    read = results(small)
    assert read.pop("HCGS") != "pending"
    assert set(read.values()) == {"pending"}


def test_what_an_analyzer_made_nothing_of_is_refused(small: SmallLab) -> None:
    (tube,) = small.order("LYTES", "HCGS").container_ids
    small.receive(tube)
    with small.work("technician") as work:
        deciding.refuse_unmeasured(work, [(tube, "CHEM-1")])
    assert containers(small) == {tube: "labelled"} | dict.fromkeys(list(containers(small))[1:], "expected")
    with small.lab.reading() as here:
        rows = here.connection.execute(select(t.rejection)).all()
    assert [row.reason_code for row in rows] == ["RJ08"]


def due(small: SmallLab) -> list[reading.Due]:
    with small.lab.reading() as here:
        return reading.look(here.connection).due


def test_late_values_are_refused_for_what_speaks_against_them_and_the_rest_is_let_go(small: SmallLab) -> None:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.enter(placed.accession, NA="141", K="9.9")
    spoilt = [replace(case, against=("volume.not_sufficient",)) for case in due(small) if case.test == "K"]

    with small.work("supervisor") as work:
        deciding.settle_late(work, [*spoilt, *(case for case in due(small) if case.test != "K")])
    assert (results(small)["K"], "verified" in results(small).values()) == ("cancelled", False)

    with small.work("supervisor") as work:
        deciding.settle_late(work, due(small))
    assert (results(small)["K"], results(small)["NA"]) == ("cancelled", "verified")


def test_what_was_measured_while_its_controls_were_out_says_so_when_it_is_let_go(small: SmallLab) -> None:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.enter(placed.accession, NA="141")
    cases = [replace(case, against=("qc.failed",)) for case in due(small) if case.test == "NA"]
    with small.work("supervisor") as work:
        deciding.settle_late(work, cases)
    with small.lab.reading() as here:
        (verified,) = [row for row in every(here.connection) if row.verb == "result.verified"]
    assert verified.reason == f"{deciding.LET_GO} {reading.REASONS[gate.NAME]}"


def test_what_a_control_has_failed_for_since_it_was_verified_is_not_sent_out(tmp_path: Path) -> None:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    open_small_lab(house)
    small = bench(house)
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], LYTES)
    small.verify(placed.accession, "NA", "K")
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(off_by_sd=4)
    went = []
    for who, test, run in (("technician", "NA", "R2"), ("technician", "K", "R3"), ("supervisor", "K", "R4")):
        with small.work(who) as work:
            went.append(deciding.send_out(work, placed.accession, small.seen(placed.accession, test)))
        small.clock.advance(timedelta(minutes=1))
        small.run_controls(run=run)
    states = small.states(placed.accession)
    assert (went, states["NA"], states["K"]) == ([False, False, True], "verified", "released")
    house.close()
