"""What messages that came together will ask the laboratory about, read for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

from lis.interfaces.handling import Received
from lis.interfaces.screening import Repeats
from lis.interfaces.stored import Stored
from lis.storage import cases
from lis.storage.work import Work


def read_ahead(work: Work, messages: Sequence[Stored]) -> set[int]:
    """Fetch the facts about every container that results are reported of.

    Gives the places of the messages that may repeat an earlier one.
    """
    repeats = Repeats([(one.envelope, one.line) for one in messages])
    containers = {number for one in messages if one.received for number in _containers(one.received)}
    asked = repeats.questions()
    answers = work.ask_as_stored([*asked, *cases.questions(containers)])
    cases.keep(work, containers, answers[len(asked) :])
    return repeats.suspected(answers[: len(asked)])


def _containers(message: Received) -> set[str]:
    """The containers whose results a message reports, by the numbers it gives."""
    if not message.reports:
        return set()
    specimens = [reading.specimen for reading in message.readings]
    return {specimen.container.strip() for specimen in specimens if specimen.role == "patient"}
