"""Orders to match files of messages against, as a person writes them in YAML.

orders: [{patient: {id, family, given, birth_date, sex}, placer, filler, container, specimen,
          tests: [{code, unit}], received: true}]
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from lis.kernel.errors import Invalid

LONGEST = 250
"""Characters of one text: no number, name, code or unit is longer."""
_NUMBERS = ("placer", "filler", "container", "specimen")
_PERSON = ("id", "family", "given", "sex")
_PATIENT = (*_PERSON, "birth_date")
_TEST = ("code", "unit")
_ORDER = ("patient", *_NUMBERS, "tests", "received")
_ANSWERS = {"": True, "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ODD = re.compile(r"[\0-\x1f\x7f\ud800-\udfff]")


_MEANT = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")


class _AsWritten(yaml.SafeLoader):
    """Scalars are the text that stands there: a code `007` or `NO` is no number and no answer."""

    yaml_implicit_resolvers = {
        first: [kind for kind in kinds if kind[0] in _MEANT]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def orders_in(file: Path) -> list[dict[str, Any]]:
    """The `orders` of a file, each text as it is written; Invalid in words when one cannot be read."""
    try:
        content = yaml.load(file.read_text("utf-8-sig"), _AsWritten)
    except RecursionError as error:
        raise Invalid("preload.unreadable", f"{file} cannot be read: too many brackets.") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Invalid("preload.unreadable", f"{file} cannot be read: {error}") from error
    found = content.get("orders") if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise Invalid("preload.no_orders", f"{file} has no list `orders`.")
    _refuse_unknown(str(file), "The file", content, ("orders",))
    return [_order(f"{file} order {number}", order) for number, order in enumerate(found, 1)]


def _order(where: str, order: Any) -> dict[str, Any]:
    patient, tests = (order.get("patient"), order.get("tests")) if isinstance(order, dict) else (None, None)
    has_tests = isinstance(tests, list) and all(isinstance(test, dict) for test in tests)
    if not isinstance(patient, dict) or not isinstance(tests, list) or not has_tests or not tests:
        raise _unreadable(where, "It needs `patient` with an `id`, and `tests`, each with a `code`.")
    _refuse_unknown(where, "An order", order, _ORDER)
    _refuse_unknown(where, "A patient", patient, _PATIENT)
    for test in tests:
        _refuse_unknown(where, "A test", test, _TEST)
    return {
        "patient": {
            **{name: _text(where, f"patient {name}", patient.get(name)) for name in _PERSON},
            "id": _needed(where, "patient id", patient.get("id")),
            "birth_date": _text(where, "birth_date", patient.get("birth_date")),
        },
        **{name: _text(where, name, order.get(name)) for name in _NUMBERS},
        "tests": [
            {
                "code": _needed(where, "code", test.get("code")),
                "unit": _text(where, "unit", test.get("unit")),
            }
            for test in tests
        ],
        "received": _answer(where, order.get("received")),
    }


def _refuse_unknown(where: str, part: str, given: dict[Any, Any], known: tuple[str, ...]) -> None:
    """A key that means nothing here is a mistake of writing, never passed over."""
    unknown = [str(key)[:LONGEST] for key in given if key not in known]
    if unknown:
        allowed = ", ".join(f"`{name}`" for name in known)
        raise _unreadable(where, f"{part} has no key {unknown[0]!r}: there are {allowed}.")


def _text(where: str, name: str, given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, (list, dict)):
        raise _unreadable(where, f"`{name}` is a list, not a text.")
    text = str(given).strip()
    if len(text) > LONGEST or _ODD.search(text):
        raise _unreadable(
            where, f"`{name}` is longer than {LONGEST} characters, or holds a control character."
        )
    return text


def _needed(where: str, name: str, given: Any) -> str:
    text = _text(where, name, given)
    if not text:
        raise _unreadable(where, f"`{name}` is empty.")
    return text


def _answer(where: str, given: Any) -> bool:
    text = _text(where, "received", given).lower()
    if text not in _ANSWERS:
        raise _unreadable(where, f"`received` is {text!r}: write true or false.")
    return _ANSWERS[text]


def _unreadable(where: str, hint: str) -> Invalid:
    return Invalid("preload.order", f"{where} cannot be read.", hint)
