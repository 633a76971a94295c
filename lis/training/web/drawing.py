"""Tubes and labels of the world as they are drawn and spoken: what is seen, never what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from lis.documents.drawings import ContainerView, Layer, Shape, StuckLabel, container_svg, serum_colour
from lis.documents.marks import Mark
from simulators.place import TubeKind
from simulators.printer import PrintedLabel
from simulators.tubes import ALIQUOT_ML, CollectionLabel, TubeView, has_gel

# Words by which a container's own name says its shape, and its content its colour (a name's first match counts).
SHAPES: tuple[tuple[str, Shape], ...] = (
    ("syringe", "syringe"),
    ("microtainer", "micro"),
    ("capillary", "micro"),
    ("bottle", "bottle"),
    ("cup", "cup"),
    ("jug", "cup"),
    ("24-hour", "cup"),
)
CONTENTS = (("urin", "urine"), ("csf", "clear"), ("fluid", "plasma"))
MARKS: Mapping[str, Mark] = {
    "clot": "clot",
    "bubbles": "bubbles",
    "leak": "leak",
    "crack": "crack",
    "fibrin": "threads",
    "flakes": "flakes",
    "haze": "haze",
}
ASKEW = 7  # degrees
ALIQUOT = "Aliquot tube"
GEL = 0.1
LAB_FIELDS = ("patient", "identity", "tests", "container")


def drawing(tube: TubeView, kind: TubeKind, zone: ZoneInfo) -> str:
    """The tube as one `<svg>`."""
    return container_svg(
        ContainerView(
            alt_text=spoken(tube, kind, zone),
            cap_colour=tube.cap_colour,
            fill=tube.fill_share,
            layers=_layers(tube, kind),
            labels=tuple(_stuck(tube, zone)),
            shape=_shape(tube, kind),
            draw_volume_text=f"{_nominal(tube, kind):g} mL" if kind.draw_volume_ml else "",
            marks=tuple(_marks(tube)),
        )
    )


def _stuck(tube: TubeView, zone: ZoneInfo) -> Iterator[StuckLabel]:
    if tube.collection_label:
        tilt = ASKEW if "askew" in tube.signs else 0
        yield StuckLabel(collection_lines(tube.collection_label, zone), tilt, barcode=True)
    if tube.lab_label:
        yield StuckLabel(lab_lines(tube.lab_label), barcode=True)


def spoken(tube: TubeView, kind: TubeKind, zone: ZoneInfo) -> str:
    """The same in words."""
    return ". ".join(_spoken(tube, kind, zone)) + "."


def _spoken(tube: TubeView, kind: TubeKind, zone: ZoneInfo) -> Iterator[str]:
    name = ALIQUOT if tube.poured_from else kind.name
    yield f"{name}, {tube.cap_colour} cap, filled to {tube.fill_share:.0%} of the line"
    if tube.poured_from and tube.is_separated:
        yield f"What is in it is {tube.serum_look}"
    elif tube.is_separated:
        yield f"Separated, what stands above is {tube.serum_look}"
    elif kind.is_spun:
        yield "Not separated"
    if tube.is_cold:
        yield "Cold to the hand"
    yield from tube.remarks
    if tube.expires_on:
        yield f"Printed on the tube: use before {tube.expires_on:%Y-%m-%d}"
    if tube.collection_label:
        yield "Collection label: " + ", ".join(collection_lines(tube.collection_label, zone))
    else:
        yield "No collection label"
    if tube.lab_label:
        yield "Laboratory label: " + ", ".join(lab_lines(tube.lab_label))
    else:
        yield "No laboratory label"


def collection_lines(label: CollectionLabel, zone: ZoneInfo) -> tuple[str, ...]:
    """What the collector stuck on, line by line as it is written."""
    at = label.collected_at.astimezone(zone)
    return (
        label.name,
        f"{label.mrn}  {label.born_on:%Y-%m-%d}  {label.sex}",
        f"{at:%m-%d %H:%M}  {label.collector}  {label.number}",
        *([label.note] if label.note else []),
    )


def lab_lines(label: PrintedLabel) -> tuple[str, ...]:
    """What the laboratory's label says, in as few lines as can be read on a tube."""
    lines = tuple(label.fields[name] for name in LAB_FIELDS if label.fields.get(name))
    return lines or label.texts[:4]


def barcode_of(tube: TubeView) -> str:
    """What a hand scanner reads: the label affixed last, else the collection label; "" when there is neither."""
    if tube.lab_label:
        return tube.lab_label.barcode
    return tube.collection_label.number if tube.collection_label else ""


def _marks(tube: TubeView) -> Iterator[Mark]:
    """What is drawn on the container; the rest is said in words."""
    if tube.is_cold:
        yield "frost"
    yield from (MARKS[sign] for sign in tube.signs if sign in MARKS)


def _shape(tube: TubeView, kind: TubeKind) -> Shape:
    if tube.poured_from:
        return "micro"
    words = kind.name.lower()
    return next((shape for word, shape in SHAPES if word in words), "tube")


def _layers(tube: TubeView, kind: TubeKind) -> tuple[Layer, ...]:
    """From the bottom up: cells, gel where the tube has one, and what stands above them."""
    words = f"{kind.name} {kind.additive}".lower()
    plain = next((colour for word, colour in CONTENTS if word in words), "blood")
    if not tube.is_separated or plain != "blood":
        return (Layer(plain, 1.0),)
    above = Layer(serum_colour(tube.serum_look), tube.above_share)
    if tube.poured_from:
        return (above,)
    gel = GEL if has_gel(kind) else 0.0
    below = max(0.0, 1.0 - tube.above_share - gel)
    return (Layer("cells", below), *([Layer("gel", gel)] if gel else []), above)


def _nominal(tube: TubeView, kind: TubeKind) -> float:
    return ALIQUOT_ML if tube.poured_from else kind.draw_volume_ml
