"""Third-party messages are read without an exception and written back unchanged."""

import os
import re
from pathlib import Path

import pytest

from lis.wire.er7 import CharsetError, Message, codec_of, decode, msh_fields, split_batch

FOLDER = os.environ.get("LIS_CORPUS", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="LIS_CORPUS names no folder of third-party messages")


def lines(text: str) -> list[str]:
    return [line for line in re.split(r"[\r\n]+", text.lstrip("\ufeff")) if line.strip()]


def hl7_files() -> list[Path]:
    return sorted(Path(FOLDER).glob("*.hl7"))


def test_every_hl7_file_is_read_and_comes_back() -> None:
    for path in hl7_files():
        raw = path.read_bytes()
        fields = [*msh_fields(raw), *[""] * 19]
        if fields[18] and not codec_of(fields[18]):
            with pytest.raises(CharsetError):
                decode(raw)
            continue
        text, charset = decode(raw)
        batch = split_batch(text)
        read = "".join(str(Message.parse(message, charset)) for message in batch.messages)
        assert sorted(lines(read) + batch.envelope + batch.strays) == sorted(lines(text)), path.name


def test_only_a_file_without_header_holds_no_message() -> None:
    for path in hl7_files():
        text = path.read_bytes().decode("latin-1").removeprefix("\xef\xbb\xbf")
        has_header = any(line.startswith("MSH") for line in lines(text))
        assert bool(split_batch(text).messages) is has_header, path.name
