"""Rows that wait are written set by set, and nobody can tell: every kind of cell, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event, insert, select

from lis.domain.workflow import ContainerState
from lis.storage import tables as t
from lis.storage.database import LabDatabase
from lis.storage.unwritten import Unwritten
from tests.databases import LAB_START

ORDER = {"accession": "260610001", "patient_id": 1, "priority": "R", "state": "placed"}
TUBE = {
    "container_id": "260610001011",
    "number": 1,
    "order_id": 1,
    "specimen_id": 1,
    "parent_id": None,
    "type": "SST",
    "collection_number": "H'1\\",
    "state": ContainerState.RECEIVED,  # an enumerated state is its text
    "received_at": datetime(2026, 3, 2, 7, 0, tzinfo=timezone(timedelta(hours=-5))),
    "received_by": "Ōé",
    "condition": {"seen": ["haemolysed"], "at": LAB_START, "indices": {"H": Decimal("1.50")}},
    "volume_ml": Decimal("3.50"),
    "bench": "",
    "position": "",
    "reason": "",
}
MESSAGE = {
    "interface": "X",
    "peer": "",
    "sender": "",
    "control_id": "1",
    "message_type": "ORU^R01",
    "digest": "d",
}


SPECIMEN = {"type": "SER", "source": "", "collected_by": "", "collected_at": None}


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database meanwhile; of one that writes, which tables it does what to."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        writes = re.findall(r"(?:INSERT INTO|UPDATE) \w+", statement)
        seen.append(", ".join(writes) or statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def add_order(unwritten: Unwritten) -> None:
    """A patient, an order, a specimen and a tube, the tube first."""
    unwritten.add(t.container, 1, {"id": 1, **TUBE})
    unwritten.add(
        t.specimen,
        1,
        {"id": 1, "order_id": 1, **SPECIMEN},
    )
    row = {column.name: "" for column in t.lab_order.columns if not column.nullable} | ORDER
    unwritten.add(t.lab_order, 1, {**row, "id": 1, "ordered_at": LAB_START, "placed_at": LAB_START})
    who = {"family": "O'Neil", "given": "Ann", "sex": "F", "birth_on": date(1980, 5, 17)}
    unwritten.add(
        t.patient, 1, {"id": 1, "mrn": "M-1", **who, "registered_at": LAB_START, "updated_at": LAB_START}
    )


def test_every_kind_of_cell_comes_back_as_it_was_given(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        unwritten.write()
        tube = connection.execute(select(t.container)).one()
        born = connection.execute(select(t.patient.c.birth_on)).scalar_one()

    assert {name: tube._mapping[name] for name in TUBE} == {
        **TUBE,
        "state": "received",
        "received_at": datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        "condition": {
            "seen": ["haemolysed"],
            "at": "2026-03-02T12:00:00.000000Z",
            "indices": {"H": "1.50"},
        },
    }
    assert (born, tube.spin_at) == (date(1980, 5, 17), None)


def test_cells_are_stored_as_sqlalchemy_stores_them(lab: LabDatabase) -> None:
    raw = {
        "raw": b"MSH\xff",
        "received_at": LAB_START,
        "recorded_at": LAB_START,
        "state": "held",
        "reason": "",
    }
    row = {**MESSAGE, **raw, "detail": "", "ack_code": "", "accession": "", "reply": None}
    with lab.writing() as connection:
        unwritten = Unwritten(connection)
        for key in (1, 2):
            unwritten.add(t.inbound, key, {"id": key, **row})
        unwritten.write()
        connection.execute(insert(t.inbound), {"id": 3, **row})
        rows = connection.exec_driver_sql("SELECT * FROM inbound ORDER BY id").all()

    cells = [tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in one)[1:] for one in rows]
    assert cells == [cells[0]] * 3


def test_cells_that_alternate_are_each_stored_as_their_own(lab: LabDatabase) -> None:
    shared = ["haemolysed"]
    spun = [LAB_START, LAB_START, None, None, LAB_START + timedelta(minutes=5), LAB_START]
    seen = [shared, shared, [], {}, {"H": Decimal("1.50")}, shared]
    with lab.writing() as connection:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        for key, (at, condition) in enumerate(zip(spun, seen, strict=True), 2):
            own = {"container_id": f"{key}", "number": key, "spin_at": at, "condition": condition}
            unwritten.add(t.container, key, {"id": key, **TUBE, **own})
        unwritten.write()
        stored = select(t.container.c.spin_at, t.container.c.condition).order_by(t.container.c.id)
        rows = [tuple(row) for row in connection.execute(stored)][1:]

    assert rows == [*zip(spun, [*seen[:4], {"H": "1.50"}, shared], strict=True)]


def test_parents_are_written_first_and_each_set_in_one_statement(lab: LabDatabase) -> None:
    with lab.writing() as connection, statements() as seen:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        for key in (2, 3):
            unwritten.add(t.container, key, {"id": key, **TUBE, "container_id": f"{key}", "number": key})
        unwritten.write()
        unwritten.change(t.container, 1, {"bench": "CHEM"})
        unwritten.change(t.container, 2, {"bench": "CHEM"})
        unwritten.change(t.container, 1, {"bench": "HEM"})
        unwritten.change(t.container, 1, {"position": "R1"})
        unwritten.write()
        unwritten.write()
        benches = connection.execute(
            select(t.container.c.bench, t.container.c.position).order_by(t.container.c.id)
        )
        assert benches.all() == [("HEM", "R1"), ("CHEM", ""), ("", "")]

    inserted = [f"INSERT INTO {name}" for name in ("patient", "lab_order", "specimen", "container")]
    if lab.dialect == "postgresql":
        inserted = [", ".join(inserted)]
    assert seen[:-1] == [*inserted, "UPDATE container", "UPDATE container"]


def test_new_rows_and_the_first_change_of_each_table_go_together(lab: LabDatabase) -> None:
    """The change refers to a row that is new; a second one of the same row comes after."""
    with lab.writing() as connection, statements() as seen:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        unwritten.write()
        seen.clear()
        unwritten.add(t.specimen, 2, {**SPECIMEN, "id": 2, "order_id": 1})
        unwritten.change(t.container, 1, {"specimen_id": 2})
        unwritten.change(t.patient, 1, {"given": "Anne"})
        unwritten.change(t.container, 1, {"position": "R1"})
        unwritten.write()
        row = connection.execute(select(t.container.c.specimen_id, t.container.c.position)).one()

    assert row == (2, "R1")
    first = ["INSERT INTO specimen", "UPDATE patient", "UPDATE container"]
    if lab.dialect == "postgresql":
        first = [", ".join(first)]
    assert seen[:-1] == [*first, "UPDATE container"]


def test_a_change_of_a_row_that_waits_needs_no_statement(lab: LabDatabase) -> None:
    with lab.writing() as connection, statements() as seen:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        unwritten.change(t.container, 1, {"bench": "CHEM", "spin_at": LAB_START})
        unwritten.write()
        row = connection.execute(select(t.container.c.bench, t.container.c.spin_at)).one()

    assert row == ("CHEM", LAB_START)
    assert [statement for statement in seen if statement.startswith("UPDATE")] == []


def test_only_a_query_that_could_show_it_has_what_waits_written(lab: LabDatabase) -> None:
    with lab.writing() as connection, statements() as seen:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        unwritten.write_before(select(t.staff))
        assert seen == []
        inner = select(t.specimen.c.id).scalar_subquery()
        unwritten.write_before(select(t.staff).where(t.staff.c.id == inner))
        assert len(seen) == (1 if lab.dialect == "postgresql" else 4)


def test_what_is_forgotten_is_not_written(lab: LabDatabase) -> None:
    with lab.writing() as connection, statements() as seen:
        unwritten = Unwritten(connection)
        add_order(unwritten)
        unwritten.change(t.staff, 1, {"active": False})
        unwritten.forget()
        unwritten.write()
    assert seen == []


def test_a_column_that_is_none_is_refused(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        unwritten = Unwritten(connection)
        unwritten.add(t.staff, 1, {"id": 1, "colour": "red"})
        with pytest.raises(KeyError, match="colour"):
            unwritten.write()
