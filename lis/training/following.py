"""What is done to a whole laboratory is done to its world: read from the control database's journal, by position.

The laboratory's own commands know nothing of worlds. A world whose laboratory was dropped goes; one whose laboratory
was put back to a snapshot becomes the world of that snapshot, or goes when none was kept with it.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from lis.storage.control import ControlEvent
from lis.storage.house import House
from lis.storage.tables.control import control_event
from lis.training import chronicle
from lis.training.chronicle import WorldHead
from lis.training.tables import TRAINING

DROPPED, RESET, RESTORED = "lab.dropped", "lab.reset", "lab.restored"


def open_worlds(house: House) -> list[WorldHead]:
    """Every world of a house, of laboratories and of snapshots, after what was done to their laboratories."""
    house.add_to_control(TRAINING)
    with house.control.reading() as connection:
        found = chronicle.heads(connection)
        behind = [event for head in found for event in _since(connection, head)]
    if not behind:
        return found
    with house.control.writing() as connection:
        for head in chronicle.heads(connection):
            _catch_up(connection, head)
        return chronicle.heads(connection)


def _since(connection: Connection, head: WorldHead) -> list[ControlEvent]:
    """What was done to a world's laboratory since the world knows of it."""
    e = control_event.c
    mine = e.seq > head.followed, e.subject == head.lab, e.verb.in_((DROPPED, RESET, RESTORED))
    rows = connection.execute(select(control_event).where(*mine).order_by(e.seq)).mappings()
    return [ControlEvent(**row) for row in rows]


def _catch_up(connection: Connection, head: WorldHead) -> None:
    """The last of it counts: each of these replaces all that was before."""
    events = _since(connection, head)
    if not events:
        return
    last = events[-1]
    source = last.data.get("snapshot", "") if last.verb == RESET else ""
    if source and chronicle.find_head(connection, source) is not None:
        chronicle.carry(connection, source, head.lab)
    else:
        chronicle.forget(connection, head.lab)
