"""LIS02 records as queries: what an analyzer asks for, which is work or is not given.

LIS02-A2 (ASTM E1394), request information record.
"""

from __future__ import annotations

from dataclasses import dataclass

from lis.interfaces.astm_records import local_code
from lis.wire.astm import Record, Records

EVERYTHING = "ALL"
WORK, ABORT = ("", "O"), "A"
NOT_GIVEN = {
    "C": "corrected results",
    "P": "preliminary results",
    "F": "final results",
    "X": "results that cannot be had",
    "I": "pending results",
    "S": "partial results",
    "M": "MICs",
    "R": "results sent before",
    "N": "new or edited results",
    "D": "demographics alone",
}
"""Q-13 beside O, work, and A, an abort: what an analyzer may ask for by LIS02-A2 and is not told here."""


@dataclass(frozen=True, slots=True)
class WorkQuery:
    """One id of a Q record: the container asked for, or everything there is. `codes` are those of the tests asked for
    (Q-5), none for all of them. `status` is Q-13: what is asked for; where nothing is said, work.

    `sound` is false when Q-4, the end of a range of ids, is filled: ranges are not served, and some senders misuse the
    record for the values of controls.
    """

    container: str
    status: str = ""
    sound: bool = True
    everything: bool = False
    codes: tuple[str, ...] = ()

    @property
    def cancelled(self) -> bool:
        """It takes an earlier query back."""
        return self.status == ABORT

    @property
    def not_given(self) -> str:
        """What it asks for that is not told here, in words; "" where it asks for work."""
        if self.status in WORK:
            return ""
        return f"{NOT_GIVEN.get(self.status, 'something unknown')} (Q-13 {self.status})"


def read_queries(message: Records) -> tuple[WorkQuery, ...]:
    """The queries of a message: Q-3 is patient^specimen, repeated for a list."""
    return tuple(one for query in message.all("Q") for one in _queries(query))


def _queries(query: Record) -> list[WorkQuery]:
    codes = _codes_asked(query)
    return [_query(query, parts, codes) for parts in query.repeated(3)] or [_query(query, [""], codes)]


def _query(query: Record, parts: list[str], codes: tuple[str, ...]) -> WorkQuery:
    """ALL beside a patient's id is not everything: it is looked for as it stands, and not found."""
    patient, specimen = parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""
    return WorkQuery(
        container=specimen or patient,
        status=query[13].strip().upper(),
        sound=not query[4],
        everything={word.upper() for word in (patient, specimen) if word} == {EVERYTHING},
        codes=codes,
    )


def _codes_asked(query: Record) -> tuple[str, ...]:
    """The tests of Q-5, repeated for a list; none when ALL of them are asked for, or nothing is said."""
    codes = [code for parts in query.repeated(5) if (code := local_code(parts)[0])]
    return () if EVERYTHING in map(str.upper, codes) else tuple(dict.fromkeys(codes))
