from lis.documents.typesetting import has_glyph, legible, typeset


def test_legible_keeps_what_the_fonts_draw() -> None:
    texts = [
        "Ünïcödé Žofie Łódź",
        "Надежда Ωμέγα",
        "≥ 5 µmol/L ▲▲ HH ▼ L ✓ Δ – — × ½",
        "#let $x$ *b* <script>",
    ]
    assert legible(texts) == texts


def test_legible_writes_undrawable_characters_as_code_points() -> None:
    assert legible({"name": ["漢, A\ue000"], "n": 3, "none": None}) == {
        "name": ["[U+6F22], A[U+E000]"],
        "n": 3,
        "none": None,
    }


def test_legible_drops_what_steers_and_composes_what_belongs_together() -> None:
    assert legible("a\u202eb\x00c\u200bd \t e\u0301\r\nnext\n\nlast\ud800") == "abcd é\nnext\n\nlast"


def test_fonts_draw_all_of_extended_latin() -> None:
    letters = "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180))))
    assert typeset("probe.typ", letters, standards=("ua-1",))[0][:5] == b"%PDF-"


def test_glyph_of_a_script_that_no_font_has_is_known_to_be_missing() -> None:
    assert (has_glyph("Ж"), has_glyph("漢")) == (True, False)
