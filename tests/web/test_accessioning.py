"""Receiving on the screen."""

from __future__ import annotations

import itertools
import re

from lis.domain.requests import PatientDetails
from lis.kernel.ids import container_id
from lis.services import accessioning
from tests.labs import ANN, BEN
from tests.web.site import Site

ALAN = PatientDetails("M1009", "Archer", "Alan", ANN.birth_on, "M")
numbers = (f"W{n:04d}" for n in itertools.count(1))


def test_scan_receives_then_confirms_the_label(site: Site) -> None:
    number = next(numbers)
    order = site.small.order("LYTES", numbers=(number,))
    browser = site.browser("processor")
    first = browser.act("/receive/scan", {"text": number}).json()
    second = browser.act("/receive/scan", {"text": order.container_ids[0]}).json()
    assert (first["attention"], second["attention"]) == ("", "")
    assert "✓ received" in first["row"]
    assert "✓ labelled" in second["row"]
    assert 'id="c-' + order.container_ids[0] in second["row"]
    assert "Archer, Ann" in first["panel"] and "1980-05-17" in first["panel"]


def scan(site: Site, text: str) -> dict[str, str]:
    answer: dict[str, str] = site.browser("processor").act("/receive/scan", {"text": text}).json()
    return answer


def test_refused_scan_says_what_to_do_and_is_written_down(site: Site) -> None:
    answer = scan(site, "NO-SUCH-TUBE")
    assert "Nothing is known under NO-SUCH-TUBE." in answer["attention"]
    assert "✕ Refused" in answer["row"]
    assert site.small.journal()[-1] == "scan.refused"


def test_label_of_another_laboratory_is_named_as_such(site: Site) -> None:
    assert (
        "is a laboratory label, but not one of this laboratory"
        in scan(site, container_id("250010001", 1))["attention"]
    )


def test_second_scan_of_the_collection_label_receives_nothing_twice(site: Site) -> None:
    number = next(numbers)
    order = site.small.order("LYTES", numbers=(number,))
    scan(site, number)
    again = scan(site, number)
    assert re.fullmatch(
        rf"Container {order.container_ids[0]} is received already\. "
        r"It was received on 03-02 at \d\d:\d\d by processor\. Affix its laboratory label and scan that\.",
        again["attention"],
    )
    assert f'data-container="{order.container_ids[0]}"' in again["panel"]  # to compare it, or to reject it


def test_signs_that_no_label_has_are_not_taken_from_a_scan(site: Site) -> None:
    assert scan(site, "\u202eTUBE\u200b")["attention"].startswith("Nothing is known under TUBE.")


def test_comparison_takes_two_identifiers_and_is_written_down(site: Site) -> None:
    number = next(numbers)
    order = site.small.order("LYTES", numbers=(number,))
    scan(site, number)
    path = f"/receive/{order.container_ids[0]}/identity"
    browser = site.browser("processor")
    with_order = {"against": ["order", "requisition"]}
    one = browser.act(path, {"identifier": ["name"], "agree": "yes"} | with_order)
    assert (one.status_code, "Identity takes two identifiers." in one.text) == (422, True)
    nothing = browser.act(path, {"identifier": ["name", "mrn"], "agree": "yes"})
    assert "A tube is compared with order or requisition." in nothing.text
    both = browser.act(path, {"identifier": ["name", "mrn"], "agree": "no"} | with_order)
    assert "they differ" in both.text
    assert site.small.journal()[-2:] == ["identity.compared", "specimen.set_aside"]
    timeline = site.browser("technologist").page(f"/containers/{order.container_ids[0]}").text
    assert "<small>agree: no</small>" in timeline


def test_similar_name_is_pointed_out(site: Site) -> None:
    first, second = next(numbers), next(numbers)
    site.small.order("LYTES", numbers=(first,))
    site.small.order("LYTES", numbers=(second,), patient=ALAN)
    assert 'Similar name: <b class="name">Archer, Ann</b>' in scan(site, second)["panel"]


def test_old_tube_is_set_aside_and_accepted_by_whoever_may(site: Site) -> None:
    number = next(numbers)
    order = site.small.order("LYTES", numbers=(number,), collected=600)
    assert "Set aside." in scan(site, number)["attention"]
    path = f"/receive/{order.container_ids[0]}/accept"
    assert "Accept after all" not in site.browser("processor").page("/receive").text
    assert "Accept after all" in site.browser("supervisor").page("/receive").text
    assert site.browser("processor").act(path, {"reason": "Spun on the ward."}).status_code == 403
    assert site.browser("supervisor").act(path, {"reason": "Spun on the ward."}).status_code == 303
    assert "✓ received" in site.browser("processor").page(f"/labels/{order.container_ids[0]}").text


def test_label_is_printed_again_with_a_reason_and_numbered(site: Site) -> None:
    number = next(numbers)
    order = site.small.order("LYTES", numbers=(number,))
    scan(site, number)
    path = f"/labels/{order.container_ids[0]}"
    browser = site.browser("processor")
    assert browser.act(path + "/print", {"reason": ""}).status_code == 422
    assert browser.act(path + "/print", {"reason": "Smudged"}).headers["Location"] == f"/lab/small{path}"
    page = browser.page(path).text
    assert "Smudged" in page
    assert "copy 2" in page[page.index("<svg") : page.index("</svg>")]
    assert browser.act(path + ".pdf", {"reason": "Printer is down"}).content.startswith(b"%PDF")


def test_stat_comes_first_then_what_is_overdue(own_site: Site) -> None:
    for number, priority, collected in (("P1", "R", 10), ("P2", "R", 100), ("P3", "S", 5)):
        own_site.small.order("LYTES", numbers=(number,), priority=priority, collected=collected)
    page = own_site.browser("processor").page("/receive/pending").text
    assert sorted(("P1", "P2", "P3"), key=page.find) == ["P3", "P2", "P1"]
    assert page.count("! overdue") == 1


def test_labels_of_several_patients_that_are_open_are_pointed_out(own_site: Site) -> None:
    small = own_site.small
    ann = small.order("LYTES", numbers=("O1",)).container_ids[0]
    ben = small.order("LYTES", numbers=("O2",), patient=BEN).container_ids[0]

    def lists() -> str:
        return own_site.browser("processor").page("/receive/pending").text

    small.receive(ann, label=False)
    assert "Labels printed and not yet scanned on their tubes: 1</p>" in lists()
    small.receive(ben, label=False)
    assert "on their tubes: 2, of 2 patients — one patient at a time" in lists()
    with small.work("processor") as work:
        accessioning.scan(work, ann)
    assert "on their tubes: 1</p>" in lists()
