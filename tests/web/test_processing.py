"""A container's own page: what was done to it, what may be done, and the second person's signature."""

from __future__ import annotations

import itertools
from datetime import timedelta

from lis.kernel.ids import container_id
from lis.services import accessioning, cataloguing
from lis.storage import catalogs
from tests.web.site import LAB, Site

numbers = (f"P{n:04d}" for n in itertools.count(1))


def received(site: Site, *codes: str) -> str:
    order = site.small.order(*codes, numbers=(next(numbers),), collected=5)
    site.small.receive(order.container_ids[0])
    return order.container_ids[0]


def do(site: Site, tube: str, step: str, fields: dict[str, object] | None = None) -> int:
    return site.browser("processor").act(f"/containers/{tube}/{step}", fields).status_code


def text(site: Site, tube: str) -> str:
    return site.browser("processor").page(f"/containers/{tube}").text


def test_timers_are_computed_when_the_page_is_read(own_site: Site) -> None:
    site = own_site
    tube = received(site, "LYTES")
    assert "The clot is not complete: 25 min to wait." in text(site, tube)
    assert do(site, tube, "spin") == 409
    assert do(site, tube, "clot") == 303
    site.pass_time(timedelta(minutes=25))
    assert "✓ may be spun" in text(site, tube)
    assert do(site, tube, "spin", {"centrifuge": "C1"}) == 303
    assert "! 10 min to spin" in text(site, tube)
    assert do(site, tube, "spun") == 409
    site.pass_time(timedelta(minutes=10))
    assert "✓ time is up" in text(site, tube)
    assert do(site, tube, "spun") == 303
    assert "Spun, out at 06:35:00." in text(site, tube)


def test_collection_time_that_the_unit_tells_is_taken_in_the_laboratorys_zone(site: Site) -> None:
    tube = site.small.order("LYTES", numbers=(next(numbers),)).container_ids[0]
    told = {"collected_at": "2026-03-02T05:10", "collected_by": "RN9", "told_by": "Unit clerk"}
    assert do(site, tube, "collected", told | {"collected_at": "soon"}) == 422
    assert do(site, tube, "collected", told | {"collected_at": "2026-03-02T06:10"}) == 422  # not yet
    assert do(site, tube, "collected", told) == 303
    page = text(site, tube)
    assert "2026-03-02 05:10:00 by RN9" in page and "told by Unit clerk" in page


def test_aliquot_is_booked_and_its_tests_move(own_site: Site) -> None:
    site = own_site
    tube = received(site, "LYTES")
    site.pass_time(timedelta(minutes=25))
    do(site, tube, "spin")
    site.pass_time(timedelta(minutes=10))
    do(site, tube, "spun")
    assert do(site, tube, "volume", {"volume_ml": "none"}) == 422
    assert do(site, tube, "volume", {"volume_ml": "2,5"}) == 303
    form = {"volume_ml": "0.8", "test": ["NA"]}
    answer = site.browser("processor").act(f"/containers/{tube}/aliquot", form)
    child = container_id(tube[:9], 2)
    assert answer.headers["Location"] == f"{LAB}/containers/{child}"
    parent = text(site, tube)
    assert "1.7 mL" in parent and f'aliquot <a class="mono" href="{LAB}/containers/{child}"' in parent
    assert "<td>aliquot</td>" in parent and 'name="test" value="NA"' not in parent
    assert "poured from <a" in text(site, child)


def test_what_is_seen_is_ticked_and_told(site: Site) -> None:
    tube = received(site, "LYTES")
    assert do(site, tube, "seen", {"seen": []}) == 422
    assert do(site, tube, "seen", {"seen": ["clotted", "leaking"], "comment": "At the cap."}) == 303
    page = text(site, tube)
    assert 'value="clotted" checked' in page
    assert "condition.observed" in page and "At the cap." in page


def test_container_is_sent_stored_fetched_and_kept_while_awaited(site: Site) -> None:
    tube = received(site, "COAGS")
    assert do(site, tube, "route", {"bench": "COAG"}) == 303
    assert do(site, tube, "store", {"position": "R1-A1"}) == 303
    page = text(site, tube)
    assert ("R1-A1" in page, "Take out of the store" in page, ">Store</button>" in page) == (
        True,
        True,
        False,
    )
    assert do(site, tube, "retrieve", {"purpose": "Add-on"}) == 303
    assert do(site, tube, "discard", {"reason": "Old"}) == 409


def test_page_says_which_places_of_the_store_are_cold(site: Site) -> None:
    page = text(site, received(site, "COAGS"))
    assert page.count("begins with FRIDGE: hours there count as cold") == 1


def test_label_is_declared_void_and_then_confirms_nothing(site: Site) -> None:
    order = site.small.order("LYTES", numbers=(next(numbers),))
    tube = order.container_ids[0]
    site.small.receive(tube, label=False)
    with site.small.lab.reading() as reading:
        label = reading.connection.exec_driver_sql("SELECT max(id) FROM label_print").scalar_one()
    assert do(site, tube, f"labels/{label}/void", {"reason": "Smudged"}) == 303
    assert ": Smudged</td>" in text(site, tube)
    scan = site.browser("processor").act("/receive/scan", {"text": tube}).json()
    assert "Every label of this tube is void." in scan["attention"]


def test_page_offers_only_what_the_state_allows(site: Site) -> None:
    order = site.small.order("LYTES", numbers=(next(numbers),))
    page = text(site, order.container_ids[0])
    assert [words in page for words in ("<h2>Process</h2>", ">Discard</button>", ">Reject <kbd>")] == [
        False,
        False,
        True,
    ]
    assert site.browser("lis_admin").page(f"/containers/{order.container_ids[0]}").status_code == 403


def irreplaceable(site: Site) -> str:
    """The citrate plasma of the small pack declared a fluid, and such a tube set aside."""
    with site.small.work("lis_admin") as work:
        types = catalogs.files_of(work.connection, 1)["specimen_types.csv"]
        changed = types.replace(
            "PPP,Y,Platelet-poor plasma,blood,COAG,LBL,RT,4,N",
            "PPP,Y,Platelet-poor plasma,fluid,COAG,LBL,RT,4,Y",
        )
        cataloguing.change_file(work, "specimen_types.csv", changed, reason="test")
    tube = site.small.order("COAGS", numbers=(next(numbers),)).container_ids[0]
    with site.small.work("processor") as work:
        accessioning.set_aside(work, tube, reason="No name on it.")
    return tube


SIGNED = {"collector": "R. Hall", "collector_role": "resident", "statement": "Drawn by me."}


def test_irreplaceable_is_accepted_by_a_second_persons_card_and_pin(own_site: Site) -> None:
    tube = irreplaceable(own_site)
    browser = own_site.browser("processor")
    assert "accept with the exception form" in browser.page("/receive/pending").text
    assert "Accept as an exception" in browser.page(f"/containers/{tube}").text

    def sign(card: str, pin: str) -> int:
        path = f"/containers/{tube}/exception"
        return browser.act(path, SIGNED | {"card": card, "pin": pin}).status_code

    refused = [sign("CARD-supervisor", "1111"), sign("NO-CARD", "2468"), sign("CARD-technician", "2468")]
    assert refused == [403, 403, 403]
    assert sign("CARD-processor", "2468") == 409  # never the same person
    assert sign("CARD-supervisor", "2468") == 303
    page = browser.page(f"/containers/{tube}").text
    assert "second: supervisor" in page
    assert own_site.small.journal()[-4:] == [
        "countersigned",
        "specimen.accepted",
        "specimen.received",
        "label.printed",
    ]


def test_failed_pins_of_a_second_person_close_the_card_for_a_while(own_site: Site) -> None:
    tube = irreplaceable(own_site)
    browser = own_site.browser("processor")
    wrong, right = SIGNED | {"card": "CARD-supervisor", "pin": "0"}, {"pin": "2468"}
    for _ in range(5):
        browser.act(f"/containers/{tube}/exception", wrong)
    answer = browser.act(f"/containers/{tube}/exception", wrong | right)
    assert (answer.status_code, "Too many attempts failed" in answer.text) == (429, True)


def test_what_waits_on_a_tube_in_the_store_says_that_it_lies_there(own_site: Site) -> None:
    """An analyzer that asks for it is told of no work until it is taken out."""
    site = own_site
    tube = received(site, "COAGS")
    assert "! in the store" not in site.browser("processor").page("/worklist?bench=COAG-1").text
    assert do(site, tube, "store", {"position": "R1-A1"}) == 303
    page = site.browser("processor").page("/worklist?bench=COAG-1").text
    assert (page.count(tube), page.count("! in the store")) == (1, 1)
