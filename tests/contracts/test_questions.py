"""A query that is asked again and again is answered as SQLAlchemy answers it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, insert, select

from lis.storage import tables as t
from lis.storage.database import LabDatabase
from lis.storage.questions import Question
from tests.databases import LAB_START

ANN = {"mrn": "M-1", "family": "O'Neil", "given": "Ann", "sex": "F", "birth_on": date(1980, 5, 17)}
SINCE = {"registered_at": LAB_START, "updated_at": LAB_START}
BY_MRN = select(t.patient).where(t.patient.c.mrn == bindparam("mrn"))


def test_row_is_what_sqlalchemy_makes_of_it(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        connection.execute(insert(t.patient), {"id": 1, **ANN, **SINCE})
        [row] = Question(BY_MRN).ask(connection, mrn="M-1")
        plain = connection.execute(BY_MRN, {"mrn": "M-1"}).one()

    assert (row, row._fields, hash(row)) == (tuple(plain), plain._fields, hash(plain))
    names = [column.name for column in t.patient.columns]
    assert [getattr(row, name) for name in names] == [getattr(plain, name) for name in names]
    assert not hasattr(row, "colour")


def test_nothing_is_no_row(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        assert Question(BY_MRN).ask(connection, mrn="M-2") == []
        assert Question(BY_MRN).first(connection, mrn="M-2") is None
