"""Who works in a laboratory."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.services import staffing
from lis.storage import tables as t
from tests.services.bench import Bench


def test_somebody_new_is_entered_with_the_initials_of_the_name(small: Bench) -> None:
    with small.work("lis_admin") as work:
        key = staffing.add_member(work, "ada", "Ada King", "technologist")
        assert staffing.is_member(work, "ada")
    (row,) = small.rows(t.staff, code="ada")
    assert (row.id, row.name, row.initials, row.role, row.active) == (
        key,
        "Ada King",
        "AK",
        "technologist",
        True,
    )
    (event,) = (row for row in small.events() if row.verb == "staff.added")
    assert (event.subject, event.data) == (
        "staff:ada",
        {"name": "Ada King", "role": "technologist", "initials": "AK"},
    )


@pytest.mark.parametrize(
    ("role", "told", "refusal"),
    [
        ("supervisor", ("ada", "Ada King", "technologist"), NotAllowed),
        ("lis_admin", ("ada", " ", "technologist"), Invalid),
        ("lis_admin", ("", "Ada King", "technologist"), Invalid),
        ("lis_admin", ("ada", "Ada King", "porter"), Invalid),
        ("lis_admin", ("processor", "Ada King", "technologist"), Conflict),
    ],
)
def test_who_may_not_be_entered(
    small: Bench, role: str, told: tuple[str, str, str], refusal: type[Refusal]
) -> None:
    before = small.rows(t.staff)
    with pytest.raises(refusal), small.work(role) as work:
        staffing.add_member(work, *told)
    assert small.rows(t.staff) == before
