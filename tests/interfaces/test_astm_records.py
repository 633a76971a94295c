"""R records as facts: dilutions, flags, and what else stands in R-3."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from lis.domain.observations import ReportedObservation
from lis.interfaces.astm_records import read_records
from lis.interfaces.hl7.results import Reading
from lis.interfaces.inbox import ASTM, Arrival, Inbox
from lis.interfaces.profiles import profile
from lis.storage import tables as t
from lis.wire.astm import Records
from tests.interfaces.messages import joined, records
from tests.labs import SmallLab

ZONE = ZoneInfo("UTC")


def reading(*lines: str, name: str = "abbott-architect", mode: str = "P") -> Reading:
    head = f"H|\\^&|||ARCHITECT^9.45|||||||{mode}|1|20260302060500"
    message = Records.parse(joined(head, "P|1", "O|1|262450001011||^^^16|R", *lines, "L|1"))
    [found] = read_records(message, profile(name), ZONE)
    return found


def observation(*lines: str, name: str = "abbott-architect") -> ReportedObservation:
    return reading(*lines, name=name).specimen.observations[0]


@pytest.mark.parametrize(
    ("told", "dilution"),
    [
        ("UNDILUTED", ""),
        ("", ""),
        ("1:15", "1:15"),
        (" 1:15 ", "1:15"),
        ("15", "1:15"),
        ("2.5", "1:2.5"),
        ("AUTO", "AUTO"),
    ],
)
def test_a_dilution_stands_where_the_profile_says(told: str, dilution: str) -> None:
    one = observation(f"R|1|^^^16^TSH^{told}^P^1^2^^F|4.6|uIU/mL||||F")

    assert (one.code, one.extra.get("dilution", ""), one.doubt) == ("16", dilution, "")


def test_results_responses_and_interpretations_are_told_apart() -> None:
    kinds = [f"R|{n}|^^^16^TSH^UNDILUTED^P^1^2^^{kind}|4.6|||||F" for n, kind in enumerate("FPI", 1)]

    observations = reading(*kinds).specimen.observations

    assert [(one.code, one.supplemental) for one in observations] == [
        ("16", False),
        ("16/P", True),
        ("16/I", True),
    ]


@pytest.mark.parametrize(("field", "unit"), [("10^3/uL", "10^3/uL"), ("mmol/L^UCUM", "mmol/L"), ("", "")])
def test_a_power_of_ten_is_one_unit(field: str, unit: str) -> None:
    assert observation(f"R|1|^^^WBC|6.4|{field}||||F", name="generic-astm").unit == unit


def test_a_line_that_is_no_record_casts_doubt_on_the_value_before_it() -> None:
    words = "A line without record type follows: the value may have been cut."
    value, rest = "R|1|^^^16|4", ".6|uIU/mL||||F"

    found = reading(value, rest, "R|2|^^^17|1|g/L||||F", name="generic-astm").specimen.observations

    assert [(one.code, one.doubt) for one in found] == [("16", words), ("17", "")]
    assert observation(value + rest, "# exported", name="generic-astm").doubt == ""
    cut = observation("R|1|^^^HIV^^^|POS", "ITIVE^|||F", name="cepheid-genexpert")
    assert (cut.supplemental, cut.doubt) == (False, words)


def test_a_comment_of_the_instrument_on_the_order_is_about_all_its_results() -> None:
    said = ["C|1|I|Short sample|I", "R|1|^^^16|4.6|uIU/mL||||F", "R|2|^^^17|1|g/L||||F"]

    found = reading(*said, name="generic-astm").specimen.observations

    assert [one.doubt for one in found] == ["The analyzer adds an alarm: Short sample."] * 2
    assert observation(said[0].replace("|I|", "|P|", 1), said[1], name="generic-astm").doubt == ""


def test_a_status_that_lis02_does_not_know_is_a_doubt() -> None:
    """D would take a value back in HL7."""
    one = observation("R|1|^^^16|4.6|uIU/mL||||D", name="generic-astm")

    assert one.doubt == "The sender marks the result D, which means nothing here."


def test_flags_may_be_components() -> None:
    one = observation("R|1|^^^16^TSH^UNDILUTED^P^1^2^^F|< 0.01|uIU/mL||EXP^<\\HIGH||F")

    assert one.flags == ("EXP", "<", "H")


def test_the_lot_of_a_control_stands_in_its_first_result() -> None:
    found = reading("R|1|^^^16^TSH^UNDILUTED^P^1^2^40080^F|4.6|uIU/mL||||F", mode="Q").specimen

    assert found.control is not None
    assert (found.role, found.control.lot) == ("control", "40080")


@pytest.mark.parametrize("told", ["1:5", "1/10"])
def test_a_ratio_that_no_profile_explains_is_a_doubt(told: str) -> None:
    one = observation(f"R|1|^^^16^TSH^{told}|4.6|uIU/mL||||F", name="generic-astm")

    assert one.doubt == f"It may be diluted {told}: the interface does not say what that means."


@pytest.mark.parametrize("told", ["UNDILUTED", "1:1", "1", "804-5", "5"])
def test_other_words_behind_a_code_are_no_doubt(told: str) -> None:
    assert observation(f"R|1|^^^16^TSH^{told}|4.6|uIU/mL||||F", name="generic-astm").doubt == ""


def test_a_comment_tells_of_a_dilution_too() -> None:
    said = "C|1|L|Diluted 1:5 by the analyzer, factor applied|G"

    one = observation("R|1|^^^16|4.6|uIU/mL||||F", said, name="generic-astm")

    assert (one.extra["dilution"], one.doubt) == ("1:5", "")


@pytest.mark.parametrize(
    ("told", "check"),
    [
        ("1:2", "passed"),
        ("UNDILUTED", "failed"),
        ("PROTOCOL", "not_evaluable"),
    ],
)
def test_the_measuring_range_is_judged_by_the_dilution(small: SmallLab, told: str, check: str) -> None:
    """Sodium is measured up to 200."""
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="abbott-architect")
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    text = records(container, f"R|1|^^^101^NA^{told}^P^1^2^^F|250|mmol/L||||F")

    Inbox(small.lab).answer_many([Arrival(text.encode(), protocol=ASTM)])

    with small.work() as work:
        [result] = work.results.where(t.result.c.test == "NA")
        version = work.versions.first(result_id=result.id, n=1)
    assert [one["outcome"] for one in result.checks if one["name"] == "measuring_range"] == [check]
    assert version is not None
    assert version.sent_dilution == ("" if told == "UNDILUTED" else told)
