"""Each main use case, with every one of its writes failing in turn: nothing half done, and the next attempt works."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.services import (
    accessioning,
    adding,
    aliquoting,
    notifying,
    ordering,
    processing,
    rejecting,
    resolving,
    resulting,
    verifying,
)
from lis.storage import tables as t
from lis.storage.house import House
from tests.labs import START, open_small_lab
from tests.services.bench import Bench, bench
from tests.storage.failing import fails_whole

LYTES = {"NA": "140", "K": "6.8", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}
REPORTED = ("NA", "K", "CL", "CO2", "AGAP")

Prepared = Callable[[], object]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A laboratory with one order, expected; made once."""
    folder = tmp_path_factory.mktemp("half")
    house = House.open(data=folder, url=None, wall=FixedClock(START))
    open_small_lab(house)
    small = bench(house)
    small.run_controls()
    small.order("LYTES", peer="HIS")
    house.close()
    return folder


@pytest.fixture
def small(prepared: Path, tmp_path: Path) -> Iterator[Bench]:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    yield bench(house)
    house.close()


def tube(small: Bench) -> str:
    return str(small.row(t.container, number=1).container_id)


def accession(small: Bench) -> str:
    return str(small.row(t.lab_order, id=1).accession)


def place_order(small: Bench) -> Prepared:
    return lambda: small.order("LYTES", "COAGS", numbers=("N1", "N2"))


def receive(small: Bench) -> Prepared:
    return lambda: small.receive(tube(small), label=False)


def confirm_label(small: Bench) -> Prepared:
    small.receive(tube(small), label=False)
    return receive(small)


def set_aside(small: Bench) -> Prepared:
    def act() -> None:
        with small.work() as work:
            accessioning.compare_identity(work, tube(small), identifiers=("name", "mrn"), agree=False)

    return act


def file_results(small: Bench) -> Prepared:
    small.receive(tube(small))
    return lambda: small.measure(tube(small), LYTES | {"XX": "1"})


def verify(small: Bench) -> Prepared:
    file_results(small)()
    return lambda: small.verify(accession(small), *REPORTED)


def release(small: Bench) -> Prepared:
    verify(small)()
    return lambda: small.release(accession(small), *REPORTED)


def correct(small: Bench) -> Prepared:
    release(small)()

    def act() -> None:
        with small.work() as work:
            resulting.correct_result(work, accession(small), "NA", "135", reason="aspirated short")

    return act


def rerun(small: Bench) -> Prepared:
    file_results(small)()

    def act() -> None:
        with small.work() as work:
            verifying.request_rerun(work, accession(small), "NA", reason="odd")

    return act


def call(small: Bench) -> Prepared:
    release(small)()

    def act() -> None:
        with small.work() as work:
            said = {"whom": "B. Ward", "whom_role": "RN", "read_back": "six point eight"}
            notifying.record_call(work, 1, outcome=notifying.REACHED, **said)

    return act


def cancel(small: Bench) -> Prepared:
    small.receive(tube(small))

    def act() -> None:
        with small.work("supervisor") as work:
            ordering.cancel_order(work, accession(small), reason="gone home")

    return act


def reject(small: Bench) -> Prepared:
    file_results(small)()

    def act() -> None:
        with small.work() as work:
            rejecting.reject_container(work, tube(small), "RJ01")

    return act


def spun(small: Bench) -> None:
    """Received, clotted, spun, its volume known."""
    small.receive(tube(small))
    spin(small)()
    small.clock.advance(timedelta(minutes=10))
    with small.work() as work:
        processing.end_spin(work, [tube(small)])
        processing.record_volume(work, tube(small), Decimal(2))


def spin(small: Bench) -> Prepared:
    if small.container(tube(small)).state == "expected":
        small.receive(tube(small))

    def act() -> None:
        with small.work() as work:
            processing.start_spin(work, [tube(small)])

    return act


def pour(small: Bench) -> Prepared:
    spun(small)

    def act() -> None:
        with small.work() as work:
            aliquoting.make_aliquot(work, tube(small), volume_ml=Decimal("0.5"), tests=("NA",))

    return act


def add_on(small: Bench) -> Prepared:
    spun(small)

    def act() -> None:
        with small.work() as work:
            adding.add_test(work, accession(small), "RENAL", reason="asked by phone")

    return act


def link(small: Bench) -> Prepared:
    small.receive(tube(small))
    small.measure("NOREAD", {"NA": "140"})
    held = small.row(t.observation, state="held").id

    def act() -> None:
        with small.work() as work:
            resolving.link_observation(work, held, tube(small), "NA", reason="run log")

    return act


@pytest.mark.parametrize(
    "prepare",
    [
        place_order,
        receive,
        confirm_label,
        set_aside,
        file_results,
        verify,
        release,
        correct,
        rerun,
        call,
        cancel,
        reject,
        spin,
        pour,
        add_on,
        link,
    ],
)
def test_a_use_case_is_done_whole_or_not_at_all(small: Bench, prepare: Callable[[Bench], Prepared]) -> None:
    act = prepare(small)
    events = len(small.events())
    assert fails_whole(small.lab.database, act) > 1
    assert len(small.events()) > events
