"""What is seen at the counter, with the scan or after it; tests it costs are kept back until a person decides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lis.domain.inspection import Inspection
from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.services import accessioning, cataloguing, collecting, inspecting, rejecting, working
from lis.services.arriving import inspection_of
from lis.storage import catalogs
from lis.storage import tables as t
from tests.services.bench import Bench

LEAK = Inspection(conditions=("leaking",))
SHORT = Inspection(volume_ml=Decimal("1.2"))


def state(small: Bench, tube: str, seen: Inspection, role: str = "processor") -> accessioning.Receipt:
    with small.work(role) as work:
        return inspecting.inspect_specimen(work, tube, seen)


def sent(small: Bench, tube: str) -> set[str]:
    pk = small.container(tube).id
    return {row.test for row in small.rows(t.analyzer_work, container_pk=pk) if row.state == "sent"}


@pytest.fixture
def thirsty(small: Bench) -> str:
    """A tube on which one of two panels needs 2 mL."""
    with small.work("lis_admin") as work:
        text = catalogs.files_of(work.connection, 1)["orderables.csv"]
        changed = text.replace(
            "RENAL,Creatinine and eGFR,CHEM,,,SER,SST,1,", "RENAL,Creatinine and eGFR,CHEM,,,SER,SST,2,"
        )
        cataloguing.change_file(work, "orderables.csv", changed, reason="test")
    return small.order("LYTES", "RENAL").container_ids[0]


def test_stated_of_an_expected_tube_it_is_received_with_it(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    receipt = state(small, tube, LEAK)
    assert (receipt.outcome, receipt.reasons) == ("set_aside", ("The container leaks.",))
    assert small.journal()[-2:] == ["specimen.inspected", "specimen.set_aside"]
    assert small.container(tube).condition == {"seen": ["leaking"]}


def test_stated_of_a_labelled_tube_it_is_judged_anew_and_analyzers_are_told(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    small.receive(tube)
    assert "K" in sent(small, tube)
    receipt = state(small, tube, Inspection(container_type="LAV"))
    assert (receipt.outcome, receipt.suggested) == ("set_aside", ("RJ18",))
    assert sent(small, tube) == set()
    assert small.rows(t.outbox, kind="analyzer_work")[-1].refs["cancels"]
    with small.work("processor") as work, pytest.raises(NotAllowed):
        accessioning.accept_specimen(work, tube, reason="looks fine")


def test_what_is_stated_in_parts_adds_up(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    small.receive(tube)
    for seen in (Inspection(conditions=("haemolysed",)), Inspection(volume_ml=Decimal(4), temperature="RT")):
        assert state(small, tube, seen).outcome == "inspected"
    assert inspection_of(small.container(tube)) == Inspection(
        volume_ml=Decimal(4), temperature="RT", conditions=("haemolysed",)
    )
    said = [row.data for row in small.events() if row.verb == "specimen.inspected"]
    assert said == [{"conditions": ["haemolysed"]}, {"volume_ml": "4", "temperature": "RT"}]


def test_what_is_seen_is_judged_as_of_its_arrival(small: Bench) -> None:
    tube = small.order("LYTES", collected=100).container_ids[0]
    small.receive(tube)
    small.clock.advance(timedelta(hours=3))
    assert state(small, tube, Inspection(conditions=("clear",))).outcome == "inspected"


def test_a_tube_that_came_spun_is_judged_from_its_spin(small: Bench) -> None:
    at = small.clock.now()
    old, spun = (
        small.order("LYTES", collected=210, numbers=(number,)).container_ids[0] for number in ("H7", "H8")
    )
    late = state(small, old, Inspection(conditions=("clear",)))
    in_time = state(small, spun, Inspection(separated_at=at - timedelta(minutes=110)))
    assert late.outcome == "set_aside"
    assert (in_time.outcome, in_time.reasons) == ("received", ())
    assert small.container(spun).separated_at == at - timedelta(minutes=110)
    assert [row.data for row in small.events() if row.verb == "specimen.inspected"][-1] == {
        "separated_at": (at - timedelta(minutes=110)).isoformat()
    }


@pytest.mark.parametrize("hours", [-1, 3])
def test_a_spin_in_the_future_or_before_the_draw_is_refused(small: Bench, hours: int) -> None:
    tube = small.order("LYTES", collected=60).container_ids[0]
    with pytest.raises(Invalid) as refused:
        state(small, tube, Inspection(separated_at=small.clock.now() - timedelta(hours=hours)))
    assert refused.value.code == "spin.when"


def test_tests_that_cannot_be_done_are_kept_back_from_the_analyzers(small: Bench, thirsty: str) -> None:
    receipt = state(small, thirsty, SHORT)
    assert (receipt.outcome, "CREA" in receipt.kept_back, receipt.needs_attention) == ("received", True, True)
    with small.work("processor") as work:
        accessioning.scan(work, thirsty)
    assert sent(small, thirsty) == {"NA", "K", "CL", "CO2", "HIDX", "IIDX", "LIDX"}
    with small.by_wire() as work:
        row = work.containers.by_container_id(thirsty)
        assert row is not None
        assert "CREA" not in working.work_for(work, "CHEM-1", row)


def test_kept_back_tests_are_refused_or_done_by_exception(small: Bench, thirsty: str) -> None:
    state(small, thirsty, SHORT)
    with small.work("processor") as work:
        accessioning.scan(work, thirsty)
    with small.work("processor") as work, pytest.raises(NotAllowed):
        inspecting.perform_kept_back(work, thirsty, reason="enough for a micro cup")
    with small.work("supervisor") as work:
        inspecting.perform_kept_back(work, thirsty, reason="enough for a micro cup")
    assert "CREA" in sent(small, thirsty)
    assert small.container(thirsty).condition.get("kept_back") is None
    with small.work("supervisor") as work, pytest.raises(Conflict):
        inspecting.perform_kept_back(work, thirsty, reason="again")


def test_refusing_what_is_kept_back_closes_it(small: Bench, thirsty: str) -> None:
    state(small, thirsty, SHORT)
    with small.work("processor") as work:
        done = rejecting.reject_tests(
            work, thirsty, rejecting.kept_back_tests(work, thirsty), "RJ08", recollect=False
        )
    assert "CREA" in done.tests
    assert small.container(thirsty).condition.get("kept_back") is None
    assert small.rows(t.call)[-1].kind == "reject"


def test_a_collection_time_put_right_judges_anew_what_is_kept_back(small: Bench) -> None:
    tube = small.order("LYTES", collected=30).container_ids[0]
    receipt = state(small, tube, Inspection(conditions=("clear",)))
    assert receipt.kept_back == ()
    at = small.clock.now() - timedelta(hours=5)
    with small.work("processor") as work:
        collecting.record_collection(work, tube, collected_at=at, collected_by="RN7", told_by="RN7")
    assert set(small.container(tube).condition["kept_back"]) >= {"NA", "K", "CL", "CO2"}


@pytest.mark.parametrize(
    "seen",
    [
        Inspection(),
        Inspection(container_type="NOSUCH"),
        Inspection(temperature="lukewarm"),
        Inspection(conditions=("odd",)),
        Inspection(volume_ml=Decimal(-1)),
    ],
)
def test_what_nobody_can_have_seen_is_refused(small: Bench, seen: Inspection) -> None:
    tube = small.order("LYTES").container_ids[0]
    with pytest.raises(Refusal) as refused:
        state(small, tube, seen)
    assert isinstance(refused.value, Invalid)
    assert small.container(tube).state == "expected"


def test_a_rejected_tube_is_not_inspected(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    with small.work("processor") as work:
        rejecting.reject_container(work, tube, "RJ01")
    with pytest.raises(Conflict):
        state(small, tube, LEAK)
