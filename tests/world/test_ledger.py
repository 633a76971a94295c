"""The ledger: append-only, canonical, replayable."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from simulators.ledger import Ledger, LedgerEntry, MemorySink, export

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def told(sink: MemorySink, held: int = 0, count: int = 3) -> Ledger:
    ledger = Ledger(sink, held)
    for number in range(count):
        ledger.record(
            NOON,
            "tube.filled",
            f"T{number}",
            {"volume_ml": Decimal("4.50"), "order": number},
        )
    return ledger


def test_entry_is_one_canonical_line() -> None:
    entry = LedgerEntry(
        1,
        NOON.astimezone(timezone(timedelta(hours=-5))),
        "k",
        "s",
        {"b": Decimal("1.50"), "a": {2, 1}},
    )
    assert entry.canonical() == '[1,"2026-03-02T12:00:00.000000+00:00","k","s",{"a":[1,2],"b":"1.50"}]'


def test_equal_tellings_give_equal_exports_and_digests() -> None:
    one, two = MemorySink(), MemorySink()
    assert told(one).digest == told(two).digest
    assert export(one.entries) == export(two.entries)


def test_replay_hands_on_only_what_the_sink_does_not_hold() -> None:
    sink = MemorySink()
    told(sink, count=2)
    replayed = told(sink, held=2, count=4)
    assert [entry.seq for entry in sink.entries] == [1, 2, 3, 4]
    assert replayed.position == 4
    assert replayed.digest == told(MemorySink(), count=4).digest


def test_later_change_of_what_was_told_does_not_reach_the_ledger() -> None:
    sink, data = MemorySink(), {"values": [1, 2]}
    Ledger(sink).record(NOON, "k", "s", data)
    data["values"].append(3)
    assert sink.entries[0].data == {"values": [1, 2]}


@pytest.mark.parametrize("bad", [float("nan"), object(), NOON.replace(tzinfo=None)])
def test_what_has_no_canonical_form_is_refused_and_not_counted(bad: object) -> None:
    sink = MemorySink()
    ledger = Ledger(sink)
    with pytest.raises((TypeError, ValueError)):
        ledger.record(NOON, "k", "s", {"bad": bad})
    assert (ledger.position, sink.entries) == (0, [])


def test_sink_finds_entries_by_kind_and_subject() -> None:
    sink = MemorySink()
    told(sink)
    assert [entry.subject for entry in sink.of_kind("tube.filled")] == [
        "T0",
        "T1",
        "T2",
    ]
    assert [entry.seq for entry in sink.about("T1")] == [2]
