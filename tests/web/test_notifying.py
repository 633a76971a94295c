"""The call list on the screen."""

from __future__ import annotations

from tests.web.site import Site


def test_call_about_a_value_closes_only_with_its_read_back(site: Site) -> None:
    site.small.released("LYTES", values={"K": "7.2"}, location="ICU", provider_phone="555-0199")
    browser = site.browser("technologist")
    page = browser.page("/calls").text
    assert "Open (1)" in page
    assert "Potassium 7.2 mmol/L" in page
    assert "555-0199" in page
    said = {"whom": "Nurse Reed", "whom_role": "RN", "outcome": "reached"}
    refused = browser.act("/calls/1/attempts", said)
    assert (refused.status_code, "closes only with its read-back" in refused.text) == (422, True)
    assert (
        browser.act("/calls/1/attempts", said | {"outcome": "no_answer", "comment": "Rang out"}).status_code
        == 303
    )
    assert "Rang out" in browser.page("/calls").text
    assert browser.act("/calls/1/attempts", said | {"read_back": "Archer, K 7.2"}).status_code == 303
    page = browser.page("/calls").text
    assert "Open (0)" in page
    assert "Nurse Reed (RN)" in page
