"""Receiving on the screen."""

from __future__ import annotations

import itertools

from tests.web.site import Site

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
