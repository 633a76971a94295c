"""Clot, spin, look, pour, store: each step by its rule, refused with what speaks against it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.services import aliquoting, processing, storing
from lis.storage import tables as t
from tests.labs import BEN
from tests.services.bench import Bench

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}


@pytest.fixture
def serum(small: Bench) -> str:
    """A serum tube drawn eight minutes ago, labelled."""
    tube = small.order("LYTES", "RENAL", collected=8, numbers=["S1"]).container_ids[0]
    small.receive(tube)
    return tube


def spin(small: Bench, *tubes: str) -> None:
    with small.work("processor") as work:
        processing.start_spin(work, tubes)


def unspin(small: Bench, *tubes: str) -> None:
    with small.work("processor") as work:
        processing.end_spin(work, tubes)


def code_of(act: object, *args: object) -> str:
    with pytest.raises(Refusal) as refused:
        act(*args)  # type: ignore[operator]
    return refused.value.code


def test_serum_is_spun_once_and_not_before_its_clot_is_complete(small: Bench, serum: str) -> None:
    assert code_of(spin, small, serum) == "spin.not_clotted"
    small.clock.advance(timedelta(minutes=22))
    spin(small, serum)
    assert code_of(spin, small, serum) == "spin.running"
    small.clock.advance(timedelta(minutes=9))
    assert code_of(unspin, small, serum) == "spin.too_short"
    small.clock.advance(timedelta(minutes=1))
    unspin(small, serum)
    assert small.container(serum).separated_at == small.clock.now()
    assert code_of(spin, small, serum) == "spin.again"
    assert code_of(unspin, small, serum) == "spin.not_running"
    assert small.journal()[-2:] == ["spin.started", "spin.ended"]


def test_one_tube_that_may_not_keeps_the_whole_set_out(small: Bench, serum: str) -> None:
    citrate = small.order("COAGS", patient=BEN, numbers=["C1"]).container_ids[0]
    small.receive(citrate)
    with pytest.raises(Conflict) as refused:
        spin(small, citrate, serum)
    assert refused.value.details["containers"] == {
        serum: ("spin.not_clotted", "The clot is not complete: 22 min to wait.")
    }
    assert small.container(citrate).spin_at is None
    spin(small, citrate)
    assert code_of(spin, small, citrate, citrate) == "container.set"
    assert code_of(spin, small) == "container.set"


def test_what_is_seen_is_coded_and_judged_at_once(small: Bench, serum: str) -> None:
    small.run_controls()
    small.measure(serum, LYTES)
    assert small.states("260610001")["NA"] == "resulted"
    with small.work("processor") as work, pytest.raises(Invalid):
        processing.observe_condition(work, serum, ["pink"])
    with small.work("processor") as work:
        processing.observe_condition(work, serum, ["fibrin", "haemolysed"], comment="strand at the probe")
    assert small.states("260610001")["NA"] == "on_hold"
    assert small.value("260610001", "NA")[3] == ["condition.fibrin"]
    with small.work("processor") as work:
        processing.observe_condition(work, serum, ["clear"])
    assert small.states("260610001")["NA"] == "resulted"


def test_the_volume_ledger_never_gives_more_than_is_left(small: Bench, serum: str) -> None:
    def record(volume: str, reason: str = "") -> None:
        with small.work("processor") as work:
            processing.record_volume(work, serum, Decimal(volume), reason=reason)

    def take(volume: str) -> None:
        with small.work("processor") as work:
            row = work.containers.by_container_id(serum)
            assert row is not None
            processing.take_volume(work, row, Decimal(volume), purpose="rerun")

    assert code_of(take, "0.1") == "volume.unknown"
    assert code_of(record, "0") == "volume.none"
    record("1.00")
    take("0.35")
    assert code_of(take, "0.66") == "volume.not_enough"
    assert code_of(record, "0.7") == "volume.more"
    record("0.7", "second tube pooled by mistake")
    take("0.7")
    assert str(small.container(serum).volume_ml) == "0.0"


def make(small: Bench, parent: str, volume: str = "0.5", **more: object) -> str:
    with small.work("processor") as work:
        return aliquoting.make_aliquot(work, parent, volume_ml=Decimal(volume), **more)  # type: ignore[arg-type]


def ready(small: Bench, tube: str, volume: str = "2") -> None:
    """Clotted, spun, measured."""
    small.clock.advance(timedelta(minutes=25))
    spin(small, tube)
    small.clock.advance(timedelta(minutes=10))
    unspin(small, tube)
    with small.work("processor") as work:
        processing.record_volume(work, tube, Decimal(volume))


def test_an_aliquot_has_its_own_number_label_and_tests(small: Bench, serum: str) -> None:
    assert code_of(make, small, serum) == "aliquot.not_spun"
    ready(small, serum)
    assert code_of(make, small, serum, "2.1") == "volume.not_enough"
    child = make(small, serum, "0.5", tests=("CREA",))
    row, parent = small.container(child), small.container(serum)
    assert (child, row.number, row.parent_id, row.specimen_id) == ("260610001025", 2, 1, parent.specimen_id)
    assert (row.state, str(row.volume_ml), str(parent.volume_ml)) == ("received", "0.5", "1.5")
    assert row.separated_at == parent.separated_at
    small.receive(child, label=False)
    assert small.container(child).state == "labelled"
    sent = small.rows(t.outbox, kind="analyzer_work")[-1]
    assert (sent.refs["container"], sent.refs["tests"]) == (2, ["CREA"])
    assert small.measure(serum, {"CREA": "0.9"}) == [("held", "container.other")]
    assert small.measure(child, {"CREA": "0.9"}) == [("filed", "")]
    assert code_of(lambda: make(small, serum, "0.1", tests=("CREA",))) == "aliquot.test"


def test_one_patients_labels_are_open_at_a_time(small: Bench, serum: str) -> None:
    other = small.order("LYTES", patient=BEN, collected=10, numbers=["S2"]).container_ids[0]
    small.receive(other)
    ready(small, serum)
    spin(small, other)
    small.clock.advance(timedelta(minutes=10))
    unspin(small, other)
    with small.work("processor") as work:
        processing.record_volume(work, other, Decimal(2))
    first = make(small, serum)
    make(small, serum)
    assert code_of(make, small, other) == "label.other_patient_open"
    for child in (first, "260610001033"):
        small.receive(child, label=False)
    assert make(small, other) == "260610002028"


def test_a_container_goes_to_a_bench_to_the_store_back_and_to_the_bin(small: Bench, serum: str) -> None:
    def act(name: str, *args: object, **said: object) -> None:
        with small.work("processor") as work:
            getattr(storing, name)(work, *args, **said)

    assert code_of(act, "route", serum, "ROOM 5") == "bench.unknown"
    act("route", serum, "CHEM")
    act("store", serum, "R1-A1")
    other = small.order("COAGS", patient=BEN, numbers=["C1"]).container_ids[0]
    small.receive(other)
    assert code_of(act, "store", other, "R1-A1") == "position.taken"
    assert code_of(lambda: act("discard", serum, reason="7 days")) == "container.awaited"
    act("retrieve", serum, purpose="add-on")
    row = small.container(serum)
    assert (row.state, row.bench, row.position) == ("labelled", "CHEM", "")
    small.measure(serum, LYTES | {"CREA": "0.9"})
    act("discard", serum, reason="7 days")
    assert small.container(serum).state == "discarded"
    for name, args, said in (("store", (serum, "R2"), {}), ("retrieve", (serum,), {"purpose": "x"})):
        with pytest.raises(Conflict):
            act(name, *args, **said)


def test_processing_takes_its_act_and_a_tube_that_is_here(small: Bench) -> None:
    tube = small.order("LYTES", numbers=["S1"]).container_ids[0]
    assert code_of(spin, small, tube) == "container.not_here"
    with small.work("lis_admin") as work, pytest.raises(NotAllowed) as refused:
        processing.start_clotting(work, [tube])
    assert refused.value.details == {"act": str(Act.SPECIMEN_PROCESS)}
