"""A past is lived by the real code: what it leaves behind, and what is left when it fails."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lis.kernel.errors import Conflict
from lis.lab import clock_state_of
from lis.storage import control
from lis.storage import tables as t
from lis.storage.journal import every
from lis.training import chronicle, preparing
from lis.training import crew_reading as reading
from lis.training.people import STAFF
from tests.training import pasts
from tests.training.conftest import Past


def counted(past: Past, column: object) -> dict[str, int]:
    with past.made.lab.database.reading() as connection:
        rows = connection.execute(select(column, func.count()).group_by(column)).all()  # type: ignore[call-overload]
    return {row[0]: row[1] for row in rows}


def test_tubes_live_their_whole_life_through_inbox_services_and_outbox(past: Past) -> None:
    with past.made.lab.database.reading() as connection:
        verbs = Counter(row.verb for row in every(connection))
    life = {
        "order.placed",
        "specimen.received",
        "label.printed",
        "identity.compared",
        "label.confirmed",
        "work.sent",
        "work.answered",
        "control.filed",
        "result.filed",
        "result.verified",
        "result.released",
        "report.sent",
    }
    assert life - set(verbs) == set()
    assert verbs["label.confirmed"] == verbs["specimen.received"] == verbs["label.printed"]
    assert verbs["result.released"] > 10


def test_every_message_was_understood_and_every_outgoing_one_taken(past: Past) -> None:
    assert set(counted(past, t.inbound.c.state)) == {"processed"}
    assert set(counted(past, t.outbox.c.state)) == {"answered", "sent"}


def test_every_analyzer_speaks_as_its_profile_says(past: Past) -> None:
    i = t.inbound.c
    with past.made.lab.database.reading() as connection:
        rows = connection.execute(select(i.interface, i.message_type).distinct()).all()
    analyzers = past.made.world.content.place.devices
    said = {code: {kind for peer, kind in rows if peer == code} for code in analyzers}
    law = {"OUL^R22", "QBP^Q11"}
    plain = {"ORU^R01"}
    assert said == {"CHEM-1": law, "HEME-1": law, "COAG-1": {"OUL^R22"}, "UA-1": plain, "BG-1": plain}


def test_the_next_shift_finds_what_came_last_and_nothing_that_has_waited(tmp_path: Path) -> None:
    """People stop deciding in the last fifth of a short past, and receiving what is routine in the last tenth."""
    house = pasts.open_house(tmp_path)
    made = pasts.live(house, seed="18")
    with made.lab.database.reading() as connection:
        seen = reading.look(connection)
    now, length = made.world.now, pasts.HOURS * pasts.HOUR
    in_tray = [now - tube.arrived_at for tube in made.world.tray() if not tube.lab_label and tube.arrived_at]
    on_hold = [now - case.since for case in seen.due if case.on_hold]
    longest_round = timedelta(seconds=preparing.ROUND_SECONDS[1])
    assert [wait for wait in in_tray if wait > length / 10 + longest_round] == []
    assert [wait for wait in on_hold if wait > length / 5 + longest_round] == []
    assert (len(in_tray), len(on_hold)) == (1, 1)
    assert [case for case in seen.due if not case.on_hold and now - case.since > longest_round] == []
    house.close()


def test_labels_are_on_the_tubes_they_were_printed_for(past: Past) -> None:
    labelled = [tube for tube in past.made.world.tubes() if tube.lab_label]
    assert labelled
    for tube in labelled:
        assert tube.collection_label is not None and tube.lab_label is not None
        assert tube.collection_label.mrn in " ".join(tube.lab_label.texts)


def test_lab_time_stands_at_the_end_of_the_past(past: Past) -> None:
    with past.made.lab.database.reading() as connection:
        state = clock_state_of(connection.execute(select(t.lab)).one())
    assert (state.lab_anchor, state.wall_anchor) == (pasts.START + pasts.HOURS * pasts.HOUR, pasts.WALL)
    assert past.made.world.now == state.lab_anchor


def test_everybody_may_sign_in_once_per_role(past: Past) -> None:
    with past.house.control.reading() as connection:
        accounts = {account.username: account for account in control.accounts(connection)}
        memberships = {name: control.memberships(connection, one.id) for name, one in accounts.items()}
    assert set(accounts) == {member.code for member in STAFF}
    assert memberships == {member.code: {"past": member.code} for member in STAFF}


def test_the_world_is_written_down_whole(past: Past) -> None:
    with past.house.control.reading() as connection:
        head = chronicle.head_of(connection, "past")
        entries = list(chronicle.entries_of(connection, "past"))
        inputs = chronicle.past_of(connection, "past")
    assert (head.pack, head.stood_at, head.prepared_at) == ("core", past.made.world.now, pasts.WALL)
    assert len(entries) == past.made.world.ledger.position
    assert inputs == past.made.world.inputs


class Stopped(Exception):
    """Somebody pulled the plug."""


def test_a_past_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def stop(_start: datetime, now: datetime, _end: datetime) -> None:
        raise Stopped

    house = pasts.open_house(tmp_path)
    with pytest.raises(Stopped):
        pasts.live(house, progress=stop)
    assert house.entries() == []
    with house.control.reading() as connection:
        assert chronicle.heads(connection) == []
    house.close()


def test_a_laboratory_that_exists_is_not_touched(past: Past) -> None:
    with pytest.raises(Conflict) as refused:
        pasts.live(past.house)
    assert refused.value.code == "lab.exists"
    assert [entry.slug for entry in past.house.labs()] == ["past"]
