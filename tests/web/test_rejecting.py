"""Refusing on the screen: coded reasons, the call that follows, and the new specimen until it is here."""

from __future__ import annotations

import itertools

from lis.kernel.ids import container_id
from tests.web.site import LAB, Site

numbers = (f"R{n:04d}" for n in itertools.count(1))


def received(site: Site, *codes: str) -> str:
    order = site.small.order(*codes, numbers=(next(numbers),))
    site.small.receive(order.container_ids[0])
    return order.container_ids[0]


def test_reasons_are_those_of_the_departments(site: Site) -> None:
    page = site.browser("processor").page(f"/containers/{received(site, 'LYTES')}/reject").text
    offered = [code for code in ("RJ01", "RJ08", "RJ09", "RJ11", "RJ18") if f'value="{code}"' in page]
    assert offered == ["RJ01", "RJ08", "RJ11", "RJ18"]


def test_rejection_shows_the_call_and_the_new_specimen(site: Site) -> None:
    tube = received(site, "LYTES")
    browser = site.browser("processor")
    answer = browser.act(
        f"/containers/{tube}/reject", {"scope": "whole", "reason": "RJ01", "comment": "Bare."}
    )
    assert answer.headers["Location"] == f"{LAB}/containers/{tube}"
    page = browser.page(f"/containers/{tube}").text
    assert "Unlabeled specimen</b> (RJ01): the whole container" in page
    assert "Call required:</b> Unlabeled specimen" in page
    assert "requested</span>:" in page
    assert f"Unlabeled specimen ({tube})" in browser.page("/calls").text


def test_reason_that_leaves_it_open_asks_whether_a_new_specimen_is_wanted(site: Site) -> None:
    tube = received(site, "LYTES")
    browser = site.browser("processor")
    form = {"scope": "whole", "reason": "RJ08"}
    refused = browser.act(f"/containers/{tube}/reject", form)
    assert (refused.status_code, "say whether a new specimen is asked for" in refused.text) == (422, True)
    assert browser.act(f"/containers/{tube}/reject", form | {"recollect": "no"}).status_code == 303
    assert "New specimen</b>" not in browser.page(f"/containers/{tube}").text


def test_single_test_is_refused_and_the_rest_goes_on(site: Site) -> None:
    tube = received(site, "LYTES")
    browser = site.browser("processor")
    form = {"scope": "tests", "test": ["K"], "reason": "RJ11", "recollect": "no"}
    assert browser.act(f"/containers/{tube}/reject", form).status_code == 303
    page = browser.page(f"/containers/{tube}/reject").text
    assert [f'value="{code}"' in page for code in ("NA", "K", "CL")] == [True, False, True]


def test_nothing_is_refused_when_no_test_is_ticked(site: Site) -> None:
    path = f"/containers/{received(site, 'LYTES')}/reject"
    answer = site.browser("processor").act(path, {"scope": "tests", "reason": "RJ01"})
    assert (answer.status_code, "None of these tests" in answer.text) == (422, True)


def test_set_aside_is_offered_for_rejection_beside_acceptance(own_site: Site) -> None:
    order = own_site.small.order("LYTES", numbers=("OLD1",), collected=600)
    own_site.small.receive(order.container_ids[0], label=False)
    page = own_site.browser("supervisor").page("/receive/pending").text
    assert f'href="{LAB}/containers/{order.container_ids[0]}/reject"' in page
    assert "Accept after all" in page


def test_recollection_is_tracked_until_it_is_here(own_site: Site) -> None:
    tube = received(own_site, "LYTES")
    browser = own_site.browser("processor")
    browser.act(f"/containers/{tube}/reject", {"scope": "whole", "reason": "RJ01"})
    new = container_id(tube[:9], 2)
    assert "New specimens awaited: 1" in browser.page("/receive").text
    form = {"collected_at": "2026-03-02T05:59", "collected_by": "RN7", "collection_number": "NEW1"}
    assert browser.act(f"/recollections/{new}/collected", form).status_code == 303
    assert "collected</span>" in browser.page("/recollections").text
    assert "✓ received" in browser.act("/receive/scan", {"text": "NEW1"}).json()["row"]
    assert "✓ received</span>" in browser.page("/recollections").text
    assert "New specimens awaited" not in browser.page("/receive").text
