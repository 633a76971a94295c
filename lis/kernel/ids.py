"""Numbers on cases and tubes.

Accession `YYJJJnnnn`: two-digit year, day of year in the lab's zone, and a counter of that day. Container id:
accession, two-digit container number and one check digit (ISO/IEC 7064 MOD 11,10), twelve digits in all, so that
Code 128 set C encodes it in six symbols. Numbers are never used twice.
"""

from __future__ import annotations

from datetime import date

from lis.kernel.errors import Invalid

ACCESSION_LENGTH = 9
CONTAINER_ID_LENGTH = 12
LAST_CASE_OF_DAY = 9999
LAST_CONTAINER = 99


def check_digit(digits: str) -> str:
    """The ISO/IEC 7064 MOD 11,10 check digit of a digit string."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def accession_number(day: date, counter: int) -> str:
    """The accession of the lab-local day's counter-th case; refused past 9999 in a day."""
    if not 1 <= counter <= LAST_CASE_OF_DAY:
        raise Invalid(
            "accession.exhausted",
            f"The day {day} has no accession number left.",
            "Continue tomorrow.",
        )
    return f"{day:%y}{day.timetuple().tm_yday:03d}{counter:04d}"


def container_id(accession: str, number: int) -> str:
    """The container id of a case's number-th container."""
    if not 1 <= number <= LAST_CONTAINER:
        raise Invalid(
            "container.exhausted",
            f"Accession {accession} has no container number left.",
        )
    stem = f"{accession}{number:02d}"
    return stem + check_digit(stem)


def is_container_id(text: str) -> bool:
    """Whether a scanned text is a well-formed container id with a right check digit."""
    return (
        len(text) == CONTAINER_ID_LENGTH
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:-1]) == text[-1]
    )


def accession_of(container: str) -> str:
    """The case a container id belongs to."""
    return container[:ACCESSION_LENGTH]
