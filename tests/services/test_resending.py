"""Messages are queued once more."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.services import resending
from tests.labs import SmallLab


def message(small: SmallLab, state: str) -> int:
    """A message to the hospital that has come to a state."""
    with small.by_wire() as work:
        key = work.outbox.add("order_status", "HIS", accession="260610001", order=1)
        work.outgoing.change(
            key,
            state=state,
            attempts=9,
            body=b"MSH|",
            control_id="77",
            last_error="No answer",
            next_try_at=None,
        )
    return key


@pytest.mark.parametrize("state", ["dead", "answered"])
def test_resent_message_is_queued_with_the_same_bytes(small: SmallLab, state: str) -> None:
    key = message(small, state)
    with small.work("lis_admin") as work:
        resending.resend_message(work, key, reason="The hospital was down")
    with small.work() as work:
        row = work.outgoing.get(key)
    assert (row.state, row.attempts, row.last_error, row.body, row.control_id) == (
        "queued",
        0,
        "",
        b"MSH|",
        "77",
    )
    assert small.journal()[-1] == "message.resent"


def test_message_on_its_way_is_not_resent(small: SmallLab) -> None:
    key = message(small, "queued")
    with pytest.raises(Conflict), small.work("lis_admin") as work:
        resending.resend_message(work, key, reason="Again")


def test_resending_takes_a_reason_and_the_act(small: SmallLab) -> None:
    key = message(small, "dead")
    with pytest.raises(Invalid), small.work("lis_admin") as work:
        resending.resend_message(work, key, reason="")
    with pytest.raises(NotAllowed), small.work("technician") as work:
        resending.resend_message(work, key, reason="Again")
    with small.work("technologist") as work:
        resending.resend_message(work, key, reason="The ward never got it")
    assert small.journal()[-1] == "message.resent"
