"""The language of formulas and rules: decimal arithmetic, three-valued logic, refusals with a place."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.domain.expressions import UNKNOWN, Value, Values, parse
from lis.kernel.errors import Invalid
from lis.kernel.quantity import parse_quantity

EGFR = (
    "142*min(CREA/(0.7 if SEX=='F' else 0.9),1)**(-0.241 if SEX=='F' else -0.302)"
    "*max(CREA/(0.7 if SEX=='F' else 0.9),1)**-1.200*0.9938**AGE*(1.012 if SEX=='F' else 1)"
)


def given_values(**values: str) -> dict[str, Value]:
    return {
        name: value if value.isalpha() or "+" in value else Decimal(value) for name, value in values.items()
    }


@pytest.mark.parametrize(
    ("text", "values", "expected", "tolerance"),
    [
        ("NA-CL-CO2", {"NA": "140", "CL": "104", "CO2": "24"}, "12", "0"),
        ("(5.3-5.1)/0.1", {}, "2", "0"),  # 2.0000000000000018 in binary
        (EGFR, {"CREA": "1.2", "AGE": "55", "SEX": "M"}, "71", "0.5"),
        (EGFR, {"CREA": "0.7", "AGE": "20", "SEX": "F"}, "127", "0.5"),
        (
            "CHOL/0.948-HDL/0.971-(TRIG/8.56+TRIG*(CHOL-HDL)/2140-TRIG**2/16100)-9.44",
            {"CHOL": "250", "HDL": "40", "TRIG": "500"},
            "121.1",
            "0.1",
        ),
        ("0.0307*PCO2*10**(PHA-6.095)", {"PHA": "7.40", "PCO2": "40"}, "24.8", "0.05"),
        ("(PT/MNPT)**ISI", {"PT": "24.0", "MNPT": "12.0", "ISI": "1.2"}, "2.30", "0.01"),
        ("max(0,A-B)", {"A": "1", "B": "2"}, "0", "0"),
        ("-A**2", {"A": "3"}, "-9", "0"),
        ("ln(A)+log10(B)+exp(0)+sqrt(C)", {"A": "1", "B": "100", "C": "9"}, "6", "0"),
        ("int(A)+int(-A)", {"A": "2.7"}, "0", "0"),
    ],
)
def test_formula_gives_its_known_value(
    text: str, values: dict[str, str], expected: str, tolerance: str
) -> None:
    value = parse(text).evaluate(given_values(**values))
    assert isinstance(value, Decimal)
    assert abs(value - Decimal(expected)) <= Decimal(tolerance)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("3<=A<=30", {"A": Decimal(3)}, True),
        ("3<=A<=30", {"A": Decimal("30.1")}, False),
        ("not(A>6.0 and B>100)", {"A": Decimal(7), "B": Decimal(101)}, False),
        ("(P=='DEC')==(N<150) or C=='PRES'", {"P": "DEC", "N": Decimal(200), "C": "ABS"}, False),
        ("S1==S2==S3=='0'", {"S1": "0", "S2": "0", "S3": "0"}, True),
        ("B in ('2+','3+')", {"B": "3+"}, True),
        ("B not in ('2+','3+')", {"B": "3+"}, False),
        ("T is None or R=='R'", {"T": None, "R": "NR"}, True),
        ("T is not None and T<140", {"T": None}, False),
        ("A<400 or L is None", {"A": Decimal(500), "L": Decimal(90)}, False),
    ],
)
def test_rule_holds_or_not(text: str, values: Values, expected: bool) -> None:
    assert parse(text).decides(values) is expected


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("A<1 and B<1", {"A": Decimal(2)}, False),
        ("A<1 and B<1", {"A": Decimal(0)}, None),
        ("A<1 or B<1", {"A": Decimal(0)}, True),
        ("A<1 or B<1", {"A": Decimal(2)}, None),
        ("not(B>6 and A<7)", {"A": Decimal(9)}, True),
        ("B is None", {}, None),
        ("(1 if B>2 else 1)>0", {}, None),
    ],
)
def test_rule_with_an_unknown_value_is_decided_where_the_others_decide(
    text: str, known: dict[str, Value], expected: bool | None
) -> None:
    assert parse(text).decides({"B": UNKNOWN, **known}) is expected


@pytest.mark.parametrize(
    ("text", "bounded", "expected"),
    [
        ("B<400", ">1000", False),
        ("B<=0.5", "<0.1", True),
        ("0.5>=B", "<0.1", True),
        ("B<400", ">100", None),
        ("B!=3", ">3", True),
        ("B in (1, 2)", ">3", False),
        ("B*2>5", ">3", None),
        ("B is None", ">3", False),
        ("not(B>6 and 1>0)", ">6", False),
    ],
)
def test_bounded_value_decides_what_its_bound_decides(text: str, bounded: str, expected: bool | None) -> None:
    assert parse(text).decides({"B": parse_quantity(bounded)}) is expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("A if B", 1),
        ("any growth", 5),
        ("A.real", 1),
        ("A + B[0]", 5),
        ("1 + open('x')", 5),
        ("1 + __import__('os')", 5),
        ("(lambda x: x)(1)", 1),
        ("A % 2", 1),
        ("A + 0x10", 5),
        ("A + True", 5),
        ("abs(A, B)", 1),
        ("A is 5", 6),
        ("A in B", 6),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_where_it_stands(text: str, position: int) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.details["position"] == position


@pytest.mark.parametrize("text", ["1" * 2000, "-" * 900 + "1", "(" * 500 + "1" + ")" * 500, "", "A\0"])
def test_monstrous_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1/A", {"A": Decimal(0)}),
        ("A**0.5", {"A": Decimal(-1)}),
        ("ln(A)", {"A": Decimal(0)}),
        ("9**9**9**9", {}),
        ("A+1", {"A": "POS"}),
        ("A+1", {"A": None}),
        ("A=='POS'", {"A": Decimal(1)}),
        ("A and 1>0", {"A": Decimal(1)}),
        ("A+B", {"A": Decimal(1)}),
    ],
)
def test_what_has_no_answer_is_refused(text: str, values: Values) -> None:
    with pytest.raises(Invalid):
        parse(text).evaluate(values)


def test_names_and_optional_names_are_known() -> None:
    expression = parse("TRIG<400 or LDLC is None")
    assert (expression.names, expression.optional) == (
        frozenset({"TRIG", "LDLC"}),
        frozenset({"LDLC"}),
    )


@given(st.text("AB0123456789.+-*/()<>=', ifelsandotr", max_size=30))
def test_any_text_is_an_expression_or_a_refusal(text: str) -> None:
    try:
        parse(text).evaluate({"A": Decimal(2), "B": Decimal(3)})
    except Invalid as refusal:
        assert refusal.code.startswith("expression.")
