"""What a world needs to be lived again, kept in the control database: its head, its inputs, its ledger."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, literal, select, update

from lis.kernel.errors import Conflict, NotFound
from lis.storage.database import LabDatabase
from lis.storage.tables.control import control_event
from lis.training.tables import world, world_entry, world_input, world_snapshot
from simulators.inputs import Input
from simulators.ledger import LedgerEntry
from simulators.world import World

PACKS = Path(__file__).parents[2] / "seed" / "packs"
LIVED = (world, world_entry, world_input)


@dataclass(frozen=True, slots=True)
class WorldHead:
    """From what a world is made, and where it stood when it was last kept."""

    lab: str
    seed: str
    pack: str
    started_at: datetime
    stood_at: datetime
    prepared_at: datetime | None
    planned_until: datetime | None = None
    past_until: datetime | None = None
    content: str = ""
    followed: int = 0
    tended_until: datetime | None = None

    @property
    def pack_folder(self) -> Path:
        """Where the content lies: among the packs of this program, or where it was given."""
        return PACKS / self.pack


def pack_name(folder: Path) -> str:
    """How a pack's folder is written down: packs of this program by name, so that the program may be moved."""
    folder = folder.resolve()
    return folder.name if folder.parent == PACKS else str(folder)


def open_head(connection: Connection, head: WorldHead) -> None:
    """Begin the chronicle of a laboratory's world; whatever an earlier one left is removed."""
    forget(connection, head.lab)
    row = {name: getattr(head, name) for name in WorldHead.__slots__}
    connection.execute(insert(world).values(row | {"followed": position(connection)}))


def position(connection: Connection) -> int:
    """How far the control database's journal has come."""
    return int(connection.execute(select(func.coalesce(func.max(control_event.c.seq), 0))).scalar_one())


def carry(connection: Connection, source: str, target: str) -> None:
    """Give a copy of a laboratory the copy of its world; whatever world it had before is removed."""
    forget(connection, target)
    for table in LIVED:
        taken = [column for column in table.c if column.name != "lab"]
        rows = select(literal(target), *taken).where(table.c.lab == source)
        connection.execute(insert(table).from_select(["lab", *(column.name for column in taken)], rows))
    fresh = {"followed": position(connection), "tended_until": None}
    connection.execute(update(world).where(world.c.lab == target).values(fresh))


def finish(connection: Connection, lab: str, at: datetime) -> None:
    """The past of a world has been lived: the laboratory may be served."""
    connection.execute(update(world).where(world.c.lab == lab).values(prepared_at=at))


def tend(connection: Connection, labs: Collection[str], until: datetime | None) -> None:
    """A process says that it runs these worlds, for a while, or no longer."""
    connection.execute(update(world).where(world.c.lab.in_(labs)).values(tended_until=until))


def find_head(connection: Connection, lab: str) -> WorldHead | None:
    row = connection.execute(select(world).where(world.c.lab == lab)).mappings().one_or_none()
    return WorldHead(**row) if row else None


def heads(connection: Connection) -> list[WorldHead]:
    """Every world there is, by its laboratory."""
    return [WorldHead(**row) for row in connection.execute(select(world).order_by(world.c.lab)).mappings()]


def head_of(connection: Connection, lab: str) -> WorldHead:
    found = find_head(connection, lab)
    if found is None:
        raise NotFound("world.unknown", f"Laboratory {lab} has no hospital and bench around it.")
    return found


def forget(connection: Connection, lab: str) -> None:
    """Remove the world of a laboratory that is gone."""
    for table in (*LIVED, world_snapshot):
        connection.execute(delete(table).where(table.c.lab == lab))


def past_of(connection: Connection, lab: str) -> list[Input]:
    """Every input of a world, in the order in which they came."""
    rows = connection.execute(select(world_input).where(world_input.c.lab == lab).order_by(world_input.c.seq))
    return [
        Input(row.turn, row.at, row.kind, row.name, _input_data(row.kind, row.data), row.by) for row in rows
    ]


def entries_of(connection: Connection, lab: str) -> Iterator[LedgerEntry]:
    """The ledger of a world, oldest first."""
    query = select(world_entry).where(world_entry.c.lab == lab).order_by(world_entry.c.seq)
    for row in connection.execute(query):
        yield LedgerEntry(row.seq, row.at, row.kind, row.subject, row.data)


class Chronicle:
    """The sink of one world's ledger, and the keeper of its inputs.

    `keep` writes what is new, truths and inputs in one transaction. Truths are counted before inputs are: an input
    whose truths are missing is lived again and tells them, a truth without its input would be told to nobody.
    """

    def __init__(self, control: LabDatabase, lab: str) -> None:
        self._control, self._lab = control, lab
        self._waiting: deque[LedgerEntry] = deque()
        self._keeping = threading.Lock()
        self._stood_at: datetime | None = None
        with control.reading() as connection:
            self._inputs_held = self._count(connection, world_input)

    def _count(self, connection: Connection, table: Table) -> int:
        query = select(func.count()).select_from(table).where(table.c.lab == self._lab)
        return int(connection.execute(query).scalar_one())

    def append(self, entry: LedgerEntry, /) -> None:
        """Take a truth; `keep` writes it."""
        self._waiting.append(entry)

    def keep(self, living: World, stood_at: datetime) -> None:
        """Write the truths and inputs that are new, and where the world stands."""
        with self._keeping:
            told = len(self._waiting)
            entries = [self._waiting[index] for index in range(told)]
            inputs = living.inputs[self._inputs_held :]
            if not entries and not inputs and stood_at == self._stood_at:
                return
            self._write(entries, inputs, stood_at)
            for _ in range(told):
                self._waiting.popleft()
            self._stood_at = stood_at
            self._inputs_held += len(inputs)

    def _write(self, entries: list[LedgerEntry], inputs: list[Input], stood_at: datetime) -> None:
        with self._control.writing() as connection:
            if entries:
                connection.execute(insert(world_entry), [self._entry_row(entry) for entry in entries])
            if inputs:
                first = self._inputs_held + 1
                rows = [self._input_row(seq, item) for seq, item in enumerate(inputs, first)]
                connection.execute(insert(world_input), rows)
            connection.execute(update(world).where(world.c.lab == self._lab).values(stood_at=stood_at))

    def _entry_row(self, entry: LedgerEntry) -> dict[str, object]:
        return {
            "lab": self._lab,
            "seq": entry.seq,
            "at": entry.at,
            "kind": entry.kind,
            "subject": entry.subject,
            "data": entry.data,
        }

    def _input_row(self, seq: int, item: Input) -> dict[str, object]:
        kept = item.as_json()
        return {"lab": self._lab, "seq": seq, **kept, "at": item.at}


class Relived:
    """The sink of a world that is lived again: the truths that were written down must come again as they were.

    With other content, or another version of the program, the past may come out otherwise; then the world is refused
    at the first difference. What comes after the past goes on to the chronicle.
    """

    def __init__(self, kept: Chronicle, written: list[LedgerEntry]) -> None:
        self._kept, self._written = kept, [entry.canonical() for entry in written]

    def append(self, entry: LedgerEntry, /) -> None:
        if entry.seq > len(self._written):
            self._kept.append(entry)
        elif entry.canonical() != self._written[entry.seq - 1]:
            raise _other_past(f"{entry.at:%Y-%m-%d %H:%M} UTC")

    def finish(self, position: int) -> None:
        """The past is over: everything that was written down must have come."""
        if position < len(self._written):
            raise _other_past("its end")


def _other_past(where: str) -> Conflict:
    return Conflict(
        "world.other_past",
        f"This hospital's past comes out otherwise than it was (at {where}): "
        "the program, or content that was not kept, has changed since. The laboratory works on without it.",
        "Run the version of the program that made it, or prepare the laboratory anew (lis demo prepare --again).",
    )


def _input_data(kind: str, data: Any) -> Any:
    """Arguments of an action as they were; messages and replies were bytes."""
    return data.encode("latin-1") if isinstance(data, str) and kind != "action" else data
