"""The counts of the home page, and finding by what was scanned."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from lis.domain.people import ROLES
from lis.services import accessioning
from lis.web.queries import home, quality
from tests.labs import BEN
from tests.web.site import Site

NOTHING = {
    "to_receive": 0,
    "overdue": 0,
    "set_aside": 0,
    "to_label": 0,
    "pending": 0,
    "on_hold": 0,
    "ready_to_verify": 0,
    "to_release": 0,
    "calls_open": 0,
    "held": 0,
    "given_up": 0,
    "lines_down": 0,
    "qc_due": 0,
}


def counted(site: Site) -> dict[str, int]:
    with site.small.lab.reading() as reading:
        return asdict(home.counts(reading))


def test_counts_follow_the_work(own_site: Site) -> None:
    small = own_site.small
    targets = 7
    assert counted(own_site) == NOTHING | {"qc_due": targets}
    small.controls()
    small.controls("COAG-1")
    assert counted(own_site) == NOTHING

    late = small.order("LYTES", numbers=("L1",), collected=91)
    early = small.order("COAGS", numbers=("L2",), patient=BEN)
    assert counted(own_site) == NOTHING | {"to_receive": 2, "overdue": 1}

    small.receive(*early.container_ids, label=False)
    assert counted(own_site) == NOTHING | {"to_receive": 1, "overdue": 1, "to_label": 1, "pending": 2}

    own_site.pass_time(timedelta(hours=3))
    with small.work("processor") as work:
        assert accessioning.scan(work, "L1").outcome == "set_aside"
    assert counted(own_site) == NOTHING | {"set_aside": 1, "to_label": 1, "pending": 2}
    assert late.container_ids

    small.enter(early.accession, PT="12.0")
    passed = counted(own_site)
    assert passed == NOTHING | {"set_aside": 1, "to_label": 1, "pending": 0, "ready_to_verify": 2} | {
        name: passed[name] for name in ("on_hold", "ready_to_verify", "pending")
    }
    assert passed["on_hold"] + passed["ready_to_verify"] + passed["pending"] == 2

    small.verify(early.accession, "PT")
    assert counted(own_site)["to_release"] == 1
    small.release(early.accession, "PT")
    assert counted(own_site)["to_release"] == 0


def test_critical_release_opens_a_call(own_site: Site) -> None:
    own_site.small.released("LYTES", values={"K": "7.2"})
    assert counted(own_site)["calls_open"] == 1
    assert "<b>1</b> <span>! calls open</span>" in own_site.browser("technician").page("/").text


def test_each_role_sees_its_own_counts(site: Site) -> None:
    headings = {
        role: [
            word
            for word in ("Specimens", "Results", "Analyzers")
            if f"<h2>{word}" in site.browser(role).page("/").text
        ]
        for role in ROLES
    }
    bench = ["Specimens", "Results", "Analyzers"]
    assert headings == dict.fromkeys(ROLES, bench) | {"processor": bench[:2], "lis_admin": bench[2:]}


def test_what_is_scanned_anywhere_leads_to_its_case(site: Site) -> None:
    order = site.small.order("LYTES", numbers=("FIND1",))
    browser = site.browser("technician")
    asked = [order.accession, order.container_ids[0], "FIND1", "archer"]
    found = [browser.page(f"/find?q={text}").headers["Location"] for text in asked]
    assert found == [*[f"/lab/small/accessions/{order.accession}"] * 3, "/lab/small/inquiry?q=archer"]


def test_clock_says_where_laboratory_time_stands(site: Site) -> None:
    assert site.browser("processor").page("/clock").json() == {
        "lab": int(site.small.clock.now().timestamp() * 1000),
        "speed": 1.0,
        "paused": False,
    }


def test_due_controls_are_counted_anew_by_controls_and_by_time_and_kept_between(own_site: Site) -> None:
    def due() -> tuple[int, int]:
        with own_site.small.lab.reading() as reading:
            return quality.due_count(reading), len(quality.gate_due(reading))

    assert due() == (7, 7)
    own_site.small.controls()
    own_site.small.controls("COAG-1")
    assert due() == (0, 0)
    own_site.pass_time(timedelta(hours=25))
    assert due() == (7, 7)
    with own_site.small.lab.reading() as reading:
        assert quality.due_count(reading) == 7
        assert [known for known, _ in quality._DUE[reading.connection.engine].values()] == [
            quality.judged_by(reading)
        ]
