"""When a tube may be spun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lis.domain.catalog import Catalog
from lis.domain.processing import (
    TubeTimes,
    clot_ready_at,
    separation_objection,
    spin_objection,
    spin_ready_at,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ago(minutes: int) -> datetime:
    return NOON - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("kind", "times", "code"),
    [
        ("LAV", TubeTimes(ago(60)), "spin.not_this_kind"),
        ("SST", TubeTimes(ago(29)), "spin.not_clotted"),
        ("SST", TubeTimes(ago(30)), None),
        ("SST", TubeTimes(None), "spin.clot_unknown"),
        ("SST", TubeTimes(None, clotting_at=ago(29)), "spin.not_clotted"),
        ("SST", TubeTimes(None, clotting_at=ago(30)), None),
        ("SST", TubeTimes(ago(60), spin_at=ago(1)), "spin.running"),
        ("SST", TubeTimes(ago(60), spin_at=ago(20), separated_at=ago(10)), "spin.again"),
        ("LBL", TubeTimes(None), None),
    ],
)
def test_what_may_be_spun(catalog: Catalog, kind: str, times: TubeTimes, code: str | None) -> None:
    objection = spin_objection(catalog.containers[kind], times, NOON)
    assert (objection and objection[0]) == code


@pytest.mark.parametrize(
    ("collected", "separated", "code"),
    [
        (ago(60), ago(60), None),
        (ago(60), ago(20), None),
        (ago(60), NOON, None),
        (ago(60), ago(61), "separation.before_collection"),
        (ago(60), ago(-1), "separation.future"),
        (None, ago(20), "separation.not_collected"),
    ],
)
def test_when_a_tube_may_have_been_spun_before_it_came(
    collected: datetime | None, separated: datetime, code: str | None
) -> None:
    objection = separation_objection(collected, separated, NOON)
    assert (objection and objection[0]) == code


def test_times_are_computed_from_what_was_recorded(catalog: Catalog) -> None:
    serum, blood = catalog.containers["SST"], catalog.containers["LAV"]
    assert clot_ready_at(serum, TubeTimes(NOON)) == NOON + timedelta(minutes=30)
    assert clot_ready_at(blood, TubeTimes(NOON)) is None
    assert spin_ready_at(serum, TubeTimes(NOON)) is None
    assert spin_ready_at(serum, TubeTimes(NOON, spin_at=NOON)) == NOON + timedelta(minutes=10)
