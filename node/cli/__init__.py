"""The command ``calcinode``: one module a group of commands, one line each here."""

from node.cli.app import main

__all__ = ["main"]
