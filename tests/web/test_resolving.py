"""Held values on the screen: candidates, linking, trying again, discarding, mapping a code."""

from __future__ import annotations

import html
import re

import pytest

from lis.storage import tables as t
from tests.web.site import LAB, Site
from tests.web.test_messages import held_message

REASON = {"reason": "The barcode was read by hand at the bench"}


def text_of(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def held_value(site: Site, **columns: str) -> int:
    """A value that is held, changed as told."""
    said = {name: columns.pop(f"{name}_sent") for name in ("container", "code") if f"{name}_sent" in columns}
    inbound = held_message(site, **said)
    with site.small.by_wire() as work:
        key = int(work.observations.where(t.observation.c.inbound_id == inbound)[0].id)
        if columns:
            work.observations.change(key, **columns)
    return key


def state_of(site: Site, key: int) -> tuple[str, str]:
    with site.small.work() as work:
        row = work.observations.get(key)
    return row.state, row.test


def received(site: Site) -> str:
    """A received tube that waits for sodium."""
    order = site.small.order("LYTES", numbers=("R1",))
    site.small.receive(*order.container_ids)
    return order.container_ids[0]


def test_candidates_of_an_unknown_tube_are_what_waits_for_the_test(own_site: Site) -> None:
    container = received(own_site)
    page = own_site.browser("technologist").page(f"/held/{held_value(own_site)}").text
    assert "! No container 999999999999 is known here. container.unmatched" in text_of(page)
    assert "101 = NA" in text_of(page)
    assert f"{container} 260610001 Archer, Ann M1001 NA" in text_of(page)
    assert "a name alone proves nothing" in page


def test_candidates_of_a_known_tube_are_what_waits_in_it(own_site: Site) -> None:
    container = received(own_site)
    key = held_value(own_site, container_sent=container, code_sent="X9", reason="code.unmapped")
    page = text_of(own_site.browser("technologist").page(f"/held/{key}").text)
    assert "What waits for a value in the tube it names" in page
    assert [
        f"{container} 260610001 Archer, Ann M1001 {code}" in page for code in ("NA", "K", "CL", "CO2")
    ] == [True] * 4


def test_linked_value_is_filed_on_the_tube_a_person_names(own_site: Site) -> None:
    container, key = received(own_site), held_value(own_site)
    browser = own_site.browser("technologist")
    answer = browser.act(f"/held/{key}/link", REASON | {"container": container, "test": "na"})
    assert answer.headers["location"] == f"{LAB}/messages"
    assert state_of(own_site, key) == ("filed", "NA")
    assert "141" in browser.page("/accessions/260610001").text
    assert "It was settled 06:00 by Technologist." in text_of(browser.page(f"/held/{key}").text)


def test_link_that_something_speaks_against_is_refused_in_words(own_site: Site) -> None:
    container = received(own_site)
    key = held_value(own_site, patient_sent="M9999")
    browser = own_site.browser("technologist")
    answer = browser.act(f"/held/{key}/link", REASON | {"container": container, "test": "NA"})
    assert answer.status_code == 409
    assert "The message says patient M9999, the container belongs to M1001." in html.unescape(answer.text)
    assert state_of(own_site, key) == ("held", "")


def test_code_is_mapped_by_the_lis_admin_and_the_value_tried_again(own_site: Site) -> None:
    container = received(own_site)
    key = held_value(own_site, container_sent=container, code_sent="X9", reason="code.unmapped")
    technologist, admin = own_site.browser("technologist"), own_site.browser("lis_admin")
    again = technologist.act(f"/held/{key}/refile", REASON)
    assert (again.headers["location"], state_of(own_site, key)) == (f"{LAB}/held/{key}", ("held", ""))
    admin.act("/interfaces/CHEM-1/codes", {"code": "X9", "test": "na", "reason": "New channel"})
    assert "X9 NA" in text_of(admin.page("/interfaces/CHEM-1/codes").text)
    again = technologist.act(f"/held/{key}/refile", REASON)
    assert (again.headers["location"], state_of(own_site, key)) == (f"{LAB}/messages", ("filed", "NA"))


def test_discarded_value_leaves_the_list_and_keeps_its_reason(own_site: Site) -> None:
    key = held_value(own_site)
    browser = own_site.browser("technologist")
    assert f"/held/{key}" in browser.page("/messages").text
    assert browser.act(f"/held/{key}/discard", {"reason": ""}).status_code == 422
    assert browser.act(f"/held/{key}/discard", {"reason": "A test tube of the vendor"}).status_code == 303
    assert f"/held/{key}" not in browser.page("/messages").text
    assert own_site.small.journal()[-1] == "observation.discarded"


@pytest.mark.parametrize(
    ("role", "status"),
    [("processor", 403), ("technician", 403), ("technologist", 200), ("supervisor", 200), ("lis_admin", 403)],
)
def test_held_values_are_settled_by_those_whose_role_carries_it(site: Site, role: str, status: int) -> None:
    key = held_value(site)
    browser = site.browser(role)
    assert browser.page(f"/held/{key}").status_code == status
    discarded = browser.act(f"/held/{key}/discard", REASON).status_code
    assert discarded == (303 if status == 200 else 403)


def test_unknown_value_is_not_found(site: Site) -> None:
    assert site.browser("technologist").page("/held/99999").status_code == 404


def test_a_controls_value_is_linked_to_a_control_that_is_listed(own_site: Site) -> None:
    key = held_value(own_site, container_sent="QC77", reason="qc.unmapped", test="")
    browser = own_site.browser("technologist")
    page = text_of(browser.page(f"/held/{key}").text)
    with own_site.small.work() as work:
        target = work.catalog.targets_for["CHEM-1", "NA"][0]
    choice = f"NA · {target.material} lot {target.lot} level {target.level}"
    assert (choice in page, "Link and file" in page) == (True, False)
    said = {"target": f"NA|{target.lot}|{target.level}", "reason": "Run log"}
    assert browser.act(f"/held/{key}/control", said).headers["location"] == f"{LAB}/messages"
    assert state_of(own_site, key) == ("control", "NA")
    with own_site.small.work() as work:
        [filed] = work.controls.having(inbound_id=work.observations.get(key).inbound_id)
    assert (filed.lot, filed.level, filed.value) == (target.lot, target.level, "141")


def test_a_held_value_stands_beside_its_message(own_site: Site) -> None:
    page = own_site.browser("technologist").page(f"/held/{held_value(own_site)}").text
    assert "OBX|1|NM|101^Na \\T\\ more^99CHEM-1||141|mmol/L|||||F|||20260302055500-0600&lt;CR&gt;" in page
    assert "container 999999999999 SPM-2" in text_of(page)
