"""A second person signs an act: another account's card and PIN at the same station, never the same person."""

from __future__ import annotations

from lis.domain.events import Verb
from lis.domain.people import Act, Actor
from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.storage.work import Work


def countersign(
    work: Work, second: Actor, act: Act, subject: str, *, statement: str, accession: str | None = None
) -> int:
    """Record that `second`, whose card and PIN were checked at this station, stands by an act of the Work's actor.

    The second person's role must carry the act that is signed and that of signing.
    """
    if second.staff_id is None or second.staff_id == work.actor.staff_id or second.code == work.actor.code:
        raise Conflict(
            "countersign.same_person", "A counter-signature takes a second person.", "Ask a colleague."
        )
    if second.station != work.actor.station:
        raise Conflict("countersign.station", "The second person signs at the same station.")
    needed = (Act.COUNTERSIGN, act)
    missing = [str(a) for a in needed if not work.carries(second.role, a)]
    if missing:
        able = [row.name for row in work.catalog.roles.values() if row.acts.issuperset(needed)]
        raise NotAllowed(
            "act.not_allowed",
            f"The role {second.role.replace('_', ' ')} may not sign this.",
            f"Who may: {', '.join(able) or 'nobody here'}.",
            act=missing[-1],
        )
    if not statement.strip():
        raise Invalid("countersign.statement", "Say what is signed.")
    row_id = work.countersignatures.add(
        act=str(act),
        subject=subject,
        first=work.actor.code,
        second=second.code,
        station=work.actor.station,
        at=work.now,
        statement=statement,
    )
    signers = {"first": work.actor.code, "second": second.code, "second_role": second.role}
    work.journal.append(
        Verb.COUNTERSIGNED, subject, accession=accession, reason=statement, act=str(act), **signers
    )
    return row_id
