"""SVG by hand: elements as text, everything escaped, presentation attributes only (no style, no script)."""

from collections.abc import Iterable
from html import escape

from lis.documents.texts import printable

SANS = "IBM Plex Sans, sans-serif"
STRONG = "IBM Plex Sans SmBld, IBM Plex Sans, sans-serif"


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """`<tag …>content</tag>`; an underscore in an attribute's name is a hyphen; `content` is already SVG."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def picture(width: int, height: int, parts: Iterable[str], **attributes: object) -> str:
    """The parts as one `<svg>` of that size, an image to who cannot see it: name it by `aria_label` or its like."""
    return element(
        "svg",
        "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        **attributes,
    )


def text(x: float, y: float, words: str, **attributes: object) -> str:
    """A `<text>` whose words are data."""
    return element("text", escape(printable(words)), x=x, y=y, **attributes)


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))
