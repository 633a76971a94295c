"""ZPL as the laboratory writes it, read by the world's printer."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.printer import Printer
from tests.world.fake_lis import START, label

GOLDEN = Path(__file__).parents[1] / "documents" / "golden" / "label.zpl"


def test_the_laboratorys_own_labels_are_read() -> None:
    one, other = Printer("P").print(GOLDEN.read_bytes(), START)
    assert (one.id, one.barcode, one.fields["patient"]) == ("P-00001", "263310001015", "RIVERA, MARIA")
    assert one.fields["identity"] == "MRN T100005 · DOB 1968-04-12 · F"
    assert other.id == "P-00002"
    assert other.fields["patient"] == "O^XZ~JR_5E\\&, ŽOFIE"
    assert other.fields["department"] == "A\\&B"


@pytest.mark.parametrize(
    ("zpl", "barcodes"),
    [
        (label("263310001015").replace(b"^PQ1", b"^PQ3"), ["263310001015"] * 3),
        (b"^XA^FO1,1^BY2^BCN,60^FD>;123456^FS^XZ", ["123456"]),
        (b"^XA^FO1,1^BCN,60^FD>:AB12^FS^XZ", ["AB12"]),
        (b"^XA^FO1,1^A0N,20^FDNo barcode^FS^XZ", [""]),
        (b"^XA no end", []),
        (b"", []),
    ],
)
def test_what_comes_out_of_the_printer(zpl: bytes, barcodes: list[str]) -> None:
    assert [item.barcode for item in Printer("P").print(zpl, START)] == barcodes
