"""`python -m lis.main`."""

from lis.main.commands import cli

cli()
