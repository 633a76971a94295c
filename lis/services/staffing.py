"""The staff of a laboratory: who works in it, in which role. Sign-ins are kept elsewhere."""

from __future__ import annotations

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid
from lis.storage import tables as t
from lis.storage.statements import by
from lis.storage.work import Work


def is_member(work: Work, code: str) -> bool:
    """Whether somebody is, or was, on the staff under a code."""
    return bool(by(t.staff, "code").ask(work.connection, code=code))


def add_member(work: Work, code: str, name: str, role: str, *, initials: str = "") -> int:
    """Enter somebody; their key. Initials are those of the name when none are given."""
    work.require(Act.STAFF_MANAGE)
    if not code.strip() or not name.strip():
        raise Invalid("staff.name", "A member of staff has a code and a name.")
    if role not in work.catalog.roles:
        roles = ", ".join(work.catalog.roles)
        raise Invalid(
            "staff.role", f"This laboratory has no role {role or 'of no name'}.", f"It has: {roles}."
        )
    if is_member(work, code):
        raise Conflict("staff.exists", f"{code} is on the staff already.")
    initials = initials or "".join(word[0] for word in name.split()).upper()
    row_id = work.staff.add(code=code, name=name, initials=initials, role=role, active=True)
    work.journal.append(Verb.STAFF_ADDED, f"staff:{code}", name=name, role=role, initials=initials)
    return row_id
