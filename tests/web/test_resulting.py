"""The result grid: values, versions, and tabs that have grown stale."""

from __future__ import annotations

import itertools

from tests.labs import BEN
from tests.web.site import Browser, Site

numbers = (f"R{n:04d}" for n in itertools.count(1))


def received(site: Site, *codes: str, **more: object) -> str:
    """An accession whose tubes are in the laboratory."""
    order = site.small.order(*codes, numbers=(next(numbers), next(numbers)), **more)  # type: ignore[arg-type]
    site.small.receive(*order.container_ids)
    return order.accession


def type_in(browser: Browser, accession: str, test: str, value: str, seen: int = 0, reason: str = "") -> str:
    """Type a value into the grid; the rows that come back, or the refusal."""
    fields = {"value": value, "seen": seen, "reason": reason}
    headers = {"X-Fetch": "1", "Origin": "http://testserver"}
    return browser.act(f"/accessions/{accession}/results/{test}", fields, headers=headers).text


def test_typed_value_comes_back_judged_with_what_it_completes(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    for test, value in {"NA": "140", "CL": "104", "CO2": "24"}.items():
        rows = type_in(browser, accession, test, value)
    low = type_in(browser, accession, "K", "2.1")
    assert "▼▼ LL" in low
    assert '<b class="value">12</b>' in rows


def test_value_with_more_digits_than_the_test_has_comes_back_rounded(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    assert 'value="4.2"' in type_in(browser, accession, "K", "4.15")


def test_value_on_a_tube_that_is_not_here_is_refused_in_words(site: Site) -> None:
    order = site.small.order("LYTES", numbers=(next(numbers),))
    answer = type_in(site.browser("technologist"), order.accession, "K", "4.1")
    assert "The tube for K is not in the laboratory." in answer


def test_stale_second_tab_enters_nothing(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    type_in(browser, accession, "K", "4.1", seen=0)
    answer = type_in(browser, accession, "K", "5.9", seen=0)
    assert 'data-code="result.stale"' in answer
    assert 'value="4.1"' in browser.page(f"/accessions/{accession}").text


def test_stale_second_tab_verifies_nothing_and_says_why(site: Site) -> None:
    browser, accession = site.browser("supervisor"), received(site, "COAGS")
    type_in(browser, accession, "PT", "12.0")
    type_in(browser, accession, "PT", "13.0", seen=1, reason="Misread.")
    answer = browser.act(
        f"/accessions/{accession}/verify",
        {"test": "PT", "seen-PT": 1, "reason": "Looked at."},
        headers={
            "Origin": "http://testserver",
            "Referer": f"http://testserver/lab/small/accessions/{accession}",
        },
    )
    assert answer.status_code == 409
    assert "<h1>This cannot be done now</h1>" in answer.text
    assert "has changed since this page was shown" in answer.text
    assert f'href="/lab/small/accessions/{accession}"' in answer.text
    assert "result.verified" not in site.small.journal()


def test_verify_then_release_then_correct(site: Site) -> None:
    browser, accession = site.browser("supervisor"), received(site, "COAGS", peer="HIS")
    type_in(browser, accession, "PT", "12.0")
    path = f"/accessions/{accession}"
    seen = {"test": "PT", "seen-PT": 1}
    assert browser.act(path + "/verify", seen | {"reason": "Clot checked."}).status_code == 303
    assert "✓ Verified" in browser.page(path).text
    assert browser.act(path + "/release", seen).headers["Location"] == f"/lab/small{path}"
    assert "✓ Released" in browser.page(path).text
    wrong = seen | {"value": "14.0", "reason": ""}
    assert "A correction needs a reason." in browser.act(path + "/correct", wrong).text
    assert browser.act(path + "/correct", wrong | {"reason": "Wrong tube."}).status_code == 303
    page = browser.page(path).text
    assert "Corrected" in page
    assert "Version 1 is with the readers" in page


def test_note_is_added_to_a_released_value(site: Site) -> None:
    browser, accession = site.browser("supervisor"), received(site, "COAGS", peer="HIS")
    type_in(browser, accession, "PT", "12.0")
    path, seen = f"/accessions/{accession}", {"test": "PT", "seen-PT": 1}
    note = seen | {"text": "Repeated, same value.", "reason": "Asked by the ward"}
    assert 'data-code="result.not_released"' in browser.act(path + "/amend", note).text
    browser.act(path + "/verify", seen | {"reason": "Clot checked."})
    browser.act(path + "/release", seen)
    stale = browser.act(path + "/amend", note | {"seen-PT": 0})
    assert (stale.status_code, "has changed since this page was shown" in stale.text) == (409, True)
    assert browser.act(path + "/amend", note).headers["Location"] == f"/lab/small{path}"
    assert "<li>Prothrombin time: Repeated, same value.</li>" in browser.page(path).text


def test_hold_names_its_reasons_and_takes_one_to_be_lifted(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    rows = type_in(browser, accession, "K", "7.2")
    assert "! Critical: above 6.5." in rows
    answer = browser.act(f"/accessions/{accession}/verify", {"test": "K", "seen-K": 1})
    assert (answer.status_code, "verifying it needs a reason" in answer.text) == (422, True)


def test_technician_verifies_nothing_that_is_on_hold(site: Site) -> None:
    accession = received(site, "LYTES")
    type_in(site.browser("technologist"), accession, "K", "7.2")
    fields = {"test": "K", "seen-K": 1, "reason": "It will be right."}
    assert site.browser("technician").act(f"/accessions/{accession}/verify", fields).status_code == 403


def test_processor_sees_results_and_types_none(site: Site) -> None:
    browser, accession = site.browser("processor"), received(site, "LYTES")
    page = browser.page(f"/accessions/{accession}").text
    assert ("data-cell" in page, "Verify" in page, "Release" in page) == (False, False, False)
    assert browser.act(f"/accessions/{accession}/results/K", {"value": "4.1"}).status_code == 403


def test_rerun_of_what_is_ticked_goes_to_the_analyzer(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES", patient=BEN)
    type_in(browser, accession, "K", "4.1")
    answer = browser.act(f"/accessions/{accession}/rerun", {"test": "K", "seen-K": 1, "reason": "Short sip."})
    assert answer.status_code == 303
    assert "Rerun asked" in browser.page(f"/accessions/{accession}").text
    assert site.small.journal()[-2:] == ["rerun.requested", "work.sent"]


def test_nothing_ticked_is_said_so(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    answer = browser.act(f"/accessions/{accession}/verify", {"reason": "x"})
    assert (answer.status_code, "No result was ticked." in answer.text) == (422, True)


def test_what_is_ticked_and_does_not_wait_for_the_act_is_said_so(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    fields = {
        "test": "K",
        "seen-K": 1,
        "state-K": "verified",
        "reason": "x",
    }  # another has verified it meanwhile
    answer = browser.act(f"/accessions/{accession}/verify", fields)
    assert (answer.status_code, "What is ticked does not wait for this." in answer.text) == (422, True)


def test_previous_value_and_change_are_of_an_earlier_collection(own_site: Site) -> None:
    values = {"NA": "140", "K": "4.1", "CL": "104", "CO2": "24"}
    own_site.small.released("LYTES", values=values, collected=100, numbers=("A1",))
    order = own_site.small.order("LYTES", numbers=("A2",))
    own_site.small.receive(*order.container_ids)
    rows = type_in(own_site.browser("technologist"), order.accession, "K", "5.6")
    assert "Δ +1.5" in rows
    assert "! Delta: From 4.1 to 5.6" in rows


def test_what_is_verified_already_may_stay_ticked(site: Site) -> None:
    browser, accession = site.browser("supervisor"), received(site, "LYTES")
    type_in(browser, accession, "NA", "140")
    type_in(browser, accession, "K", "7.2")
    seen = {"seen-NA": 1, "seen-K": 1, "state-NA": "on_hold", "state-K": "on_hold", "reason": "Seen."}
    path = f"/accessions/{accession}"
    assert browser.act(path + "/verify", seen | {"test": "NA"}).status_code == 303
    both = seen | {"test": ["NA", "K"], "state-NA": "verified"}
    assert browser.act(path + "/verify", both).status_code == 303
    assert browser.act(path + "/release", both | {"test": "K"}).status_code == 422
    assert browser.act(path + "/release", both | {"state-K": "verified"}).status_code == 303
    assert browser.page(path).text.count("✓ Released") == 2


def test_rerun_is_of_the_row_one_works_in_before_what_is_ticked(site: Site) -> None:
    browser, accession = site.browser("technologist"), received(site, "LYTES")
    type_in(browser, accession, "NA", "140")
    type_in(browser, accession, "K", "4.1")
    fields = {"test": ["NA", "K"], "row": "K", "seen-NA": 1, "seen-K": 1, "reason": "Short sip."}
    assert browser.act(f"/accessions/{accession}/rerun", fields).status_code == 303
    assert browser.page(f"/accessions/{accession}").text.count("Rerun asked") == 1
