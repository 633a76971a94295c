"""What analyzers write beside values: flags, dilutions, lots, racks; in both kinds of message."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType

import pytest

from lis.wire.er7 import Message, Segment
from simulators.analyzers.events import Finished, Sip, Work
from simulators.analyzers.measuring import Measured
from simulators.hl7 import law, oru
from simulators.hl7.envelope import Envelope
from simulators.station import dialect_of
from tests.world.fake_lis import core

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
MEASURED = (
    Measured("NA", 140.0, 140.2, "140", lot="31877"),
    Measured("ALT", 2000.0, 2010.0, "2010", dilution=5.0, lot="20114"),
    Measured("K", 4.0, None, "", flags=("NOREAG",)),
    Measured("GLU", 900.0, 905.0, "750", ">", flags=("CALDUE", "A^B~C")),
)


def message(voice: ModuleType) -> Message:
    """One tube, its sodium run for the second time."""
    work = tuple(
        Work("263310001015", item.test, item.test, f"P{n}", "R", run=2 if item.test == "NA" else 1)
        for n, item in enumerate(MEASURED)
    )
    sip = Sip("C1", "263310001015", "SER", True, True, 10.0, 1.0, 4.0, AT, {}, {}, rack="0007", position=3)
    done = Finished(AT, AT, sip, work, MEASURED, 12)
    return Message.parse(
        voice.results_message(
            envelope(), dialect_of(core().place.devices["CHEM-1"], core().analytes), done
        ).decode()
    )


def envelope() -> Envelope:
    """From the chemistry line to the laboratory."""
    return Envelope("CHEM-1", "LAB", "LIS", "LAB", AT, "C-1", "T", core().place.zone)


def all_of(read: Message, name: str) -> list[Segment]:
    """The segments of one id."""
    return [segment for segment in read.segments if segment.id == name]


@pytest.mark.parametrize("voice", [oru, law])
def test_flags_stand_beside_the_value_each_in_a_repetition(voice: ModuleType) -> None:
    seen = [
        [obx.value(8, 1, rep=number) for number in range(len(obx.reps(8)))]
        for obx in all_of(message(voice), "OBX")
    ]
    assert [[flag for flag in flags if flag] for flags in seen] == [
        [],
        [],
        ["NOREAG"],
        [">", "CALDUE", "A^B~C"],
    ]


@pytest.mark.parametrize("voice", [oru, law])
def test_what_was_not_run_is_said_without_a_value(voice: ModuleType) -> None:
    obx = all_of(message(voice), "OBX")[2]
    assert (obx.value(5, 1), obx.value(11, 1)) == ("", "X")


@pytest.mark.parametrize("voice", [oru, law])
def test_a_note_says_what_was_diluted(voice: ModuleType) -> None:
    read = message(voice)
    names = [segment.id for segment in read.segments]
    assert [note.value(3, 1) for note in all_of(read, "NTE")] == [
        "Diluted 1:5 by the analyzer, factor applied"
    ]
    diluted = read.segments.index(all_of(read, "OBX")[1])
    assert "NTE" in names[diluted : diluted + 4]


def test_law_tells_dilution_and_repetition_as_codes() -> None:
    found = [(tcd.whole(2), tcd.value(8, 1)) for tcd in all_of(message(law), "TCD")]
    assert found == [("", "R"), ("^1^:^5", "D")]


def test_law_names_the_lots_of_reagents_and_the_place_in_the_rack() -> None:
    read = message(law)
    assert [(inv.value(1, 1), inv.value(3, 1), inv.value(16, 1)) for inv in all_of(read, "INV")] == [
        ("NA", "SR", "31877"),
        ("ALT", "SR", "20114"),
    ]
    (sac,) = all_of(read, "SAC")
    assert (sac.value(3, 1), sac.value(10, 1), sac.value(11, 1)) == ("263310001015", "0007", "3")


def test_a_query_says_where_the_tube_stands() -> None:
    raw = law.query_message(envelope(), "263310001015", "0007", 3)
    (qpd,) = all_of(Message.parse(raw.decode()), "QPD")
    assert [qpd.value(number, 1) for number in (3, 4, 5)] == ["263310001015", "0007", "3"]
