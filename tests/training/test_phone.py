"""The telephone in the bench window: whom to ring, what they repeat, a ward that rings; the LIS hears nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from lis.storage.journal import every
from simulators.telephone import Call
from tests.training.conftest import LIGHT, Past, copied
from tests.training.serving import Browser, Serving, serving

PHONE = "/bench/past/phone"


@pytest.fixture(scope="module")
def served(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The prepared laboratory, served for the tests of this module."""
    with serving(copied(past, tmp_path_factory.mktemp("served")), LIGHT) as found:
        yield found


@pytest.fixture(scope="module")
def technologist(served: Serving) -> Browser:
    return Browser(served.app, "technologist1")


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def reached(served: Serving, browser: Browser) -> Call:
    """Ring until a nurse answers."""
    for _ in range(100):
        browser.act(f"{PHONE}/act", act="phone", ward="ICU", what="K 6.2")
        call = served.live.world.hospital.telephone.calls()[-1]
        if call.role == "nurse":
            return call
    raise AssertionError("no nurse answers")


def test_the_next_shift_has_the_telephone_and_its_directory(served: Serving, technologist: Browser) -> None:
    page = technologist.get(PHONE).text
    assert "Let somebody else take calls" in page
    for listed in served.live.world.hospital.telephone.directory():
        assert f'<option value="{listed.code}">' in page
    assert 'hx-get="/bench/past/phone"' in technologist.get("/bench/past/").text


def test_what_is_told_is_repeated_and_nothing_of_it_is_in_the_laboratory(
    served: Serving, technologist: Browser
) -> None:
    call = reached(served, technologist)
    with served.live.lab.reading() as reading:
        before = len(list(every(reading.connection)))
    said = technologist.act(f"{PHONE}/act", act=f"say:{call.id}", **{f"text-{call.id}": "potassium 6.2"})
    assert "You : potassium 6.2" in text_of(said.text)
    asked = technologist.act(f"{PHONE}/act", act=f"reply:{call.id}:who_is_it")
    assert f"{call.who}, nurse, Intensive care." in text_of(asked.text)
    ended = technologist.act(f"{PHONE}/act", act=f"hang_up:{call.id}")
    assert f"hang_up:{call.id}" not in ended.text
    with served.live.lab.reading() as reading:
        assert len(list(every(reading.connection))) == before


def test_a_ward_that_rings_is_announced_and_answered(served: Serving, technologist: Browser) -> None:
    served.live.act(
        "call", {"ward": "ED", "text": "{ward}, {name}. Where is it?", "choices": ["in_lab"]}, "x"
    )
    page = technologist.get(PHONE).text
    (call,) = [one for one in served.live.world.hospital.telephone.calls() if one.state == "ringing"]
    assert 'role="alert"' in page
    assert "Where is it?" not in page
    answered = technologist.act(f"{PHONE}/act", act=f"answer:{call.id}").text
    assert f"They : Emergency department, {call.who}. Where is it?" in text_of(answered)
    assert "It is in the laboratory, and not finished." in answered
    assert technologist.act(f"{PHONE}/act", act=f"hang_up:{call.id}").status_code == 200


def test_an_unchanged_telephone_is_not_sent_again(technologist: Browser) -> None:
    seen = re.search(r'id="phone-seen" name="seen" value="(\w+)"', technologist.get(PHONE).text)
    assert seen is not None
    assert technologist.get(PHONE, params={"seen": seen[1]}).status_code == 204


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"act": "phone", "ward": ""}, 422, "Pick whom to ring."),
        ({"act": "phone", "ward": "9Z"}, 409, "There is no ward 9Z."),
        ({"act": "say:T99999"}, 409, "There is no such call."),
        ({"act": "dance"}, 422, "Nobody can do that here."),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    technologist: Browser, fields: dict[str, str], status: int, words: str
) -> None:
    answer = technologist.act(f"{PHONE}/act", **fields)
    assert answer.status_code == status
    assert words in html.unescape(answer.text)


def test_calls_can_be_left_to_somebody_else(served: Serving, technologist: Browser) -> None:
    page = technologist.act(f"{PHONE}/act", act="take_calls:off").text
    assert "Calls are taken elsewhere." in page
    assert not served.live.world.hospital.telephone.is_attended
    technologist.act(f"{PHONE}/act", act="take_calls:on")
    assert served.live.world.hospital.telephone.is_attended
