"""The composition root of the laboratory information system, and its command `lis`."""

from lis.main.commands import cli

__all__ = ["cli"]
