"""What cannot be drawn again: accepted by form and two signatures only, and the report says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lis.domain.inspection import Inspection
from lis.domain.people import Act, Actor
from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.services import accessioning, cataloguing, countersigning, excepting
from lis.storage import catalogs
from lis.storage import tables as t
from tests.labs import actor
from tests.services.bench import Bench


@pytest.fixture
def fluid(small: Bench) -> str:
    """The citrate plasma of the small pack declared a fluid, and such a tube set aside with a flaw."""
    with small.work("lis_admin") as work:
        text = catalogs.files_of(work.connection, 1)["specimen_types.csv"]
        changed = text.replace(
            "PPP,Y,Platelet-poor plasma,blood,COAG,LBL,RT,4,N",
            "PPP,Y,Platelet-poor plasma,fluid,COAG,LBL,RT,4,Y",
        )
        cataloguing.change_file(work, "specimen_types.csv", changed, reason="test")
    tube = small.order("COAGS").container_ids[0]
    with small.work("processor") as work:
        receipt = accessioning.scan(work, "H0001", seen=Inspection(expired=True))
    assert receipt.outcome == "set_aside"
    return tube


def accept(small: Bench, tube: str, second: Actor, **said: str) -> accessioning.Receipt:
    form = {"collector": "Dr. Ward", "collector_role": "MD", "statement": "I drew it from A. Archer."}
    with small.work("technologist") as work:
        return excepting.accept_irreplaceable(work, tube, **form | said, supervisor=second)


def test_collector_and_supervisor_sign_and_the_report_says_so(small: Bench, fluid: str) -> None:
    with pytest.raises(Conflict) as refused, small.work("supervisor") as work:
        accessioning.accept_specimen(work, fluid, reason="cannot be had again")
    assert refused.value.code == "specimen.form_needed"
    assert accept(small, fluid, actor("supervisor")).outcome == "received"
    signed = small.row(t.countersignature)
    assert (signed.act, signed.first, signed.second, signed.station, signed.statement) == (
        "specimen.exception",
        "technologist",
        "supervisor",
        "BENCH-1",
        "Dr. Ward (MD): I drew it from A. Archer.",
    )
    assert small.row(t.report_note).text.endswith("Dr. Ward (MD): I drew it from A. Archer.")
    assert small.journal()[-4:] == [
        "countersigned",
        "specimen.accepted",
        "specimen.received",
        "label.printed",
    ]


def test_a_form_that_is_not_whole_accepts_nothing(small: Bench, fluid: str) -> None:
    supervisor = actor("supervisor")
    cases: list[tuple[Actor, dict[str, str], type[Refusal]]] = [
        (supervisor, {"collector": ""}, Invalid),
        (supervisor, {"statement": " "}, Invalid),
        (actor("technologist"), {}, Conflict),  # the same person
        (actor("technician"), {}, NotAllowed),
        (replace(supervisor, station="BENCH-2"), {}, Conflict),
    ]
    for second, said, refusal in cases:
        with pytest.raises(refusal):
            accept(small, fluid, second, **said)
    assert small.container(fluid).state == "set_aside"
    assert small.rows(t.countersignature) == []


def test_who_may_not_sign_is_told_who_may(small: Bench, fluid: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        accept(small, fluid, actor("technician"))
    assert str(refused.value) == "The role technician may not sign this. Who may: Supervisor."


def test_what_can_be_drawn_again_does_not_go_this_way(small: Bench) -> None:
    tube = small.order("COAGS").container_ids[0]
    with small.work("processor") as work:
        accessioning.scan(work, "H0001", seen=Inspection(expired=True))
    with pytest.raises(Conflict) as refused:
        accept(small, tube, actor("supervisor"))
    assert refused.value.code == "specimen.replaceable"


def test_a_counter_signature_takes_words(small: Bench) -> None:
    with pytest.raises(Invalid), small.work("technologist") as work:
        countersigning.countersign(
            work, actor("supervisor"), Act.RESULT_OVERRIDE, "result:1/NA", statement=" "
        )
