"""Text that came from elsewhere, made fit to be printed: nothing in it acts, nothing in it vanishes unseen."""

from unicodedata import category, normalize

_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # control, format (bidi overrides among them), lone surrogates


def printable(text: str) -> str:
    """One line, composed (NFC), without characters that steer rather than show."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    shown = (" " if char.isspace() else char for char in normalize("NFC", text))
    return " ".join("".join(char for char in shown if category(char) not in _UNSEEN).split())


def printable_lines(text: str) -> str:
    """The same, line by line; empty lines are kept."""
    return "\n".join(map(printable, text.splitlines()))
