"""The command line: `l1000-rnaseq`."""

from l1000_rnaseq.cli.group import main

__all__ = ["main"]
