"""Make the tables of statement.md anew from the program's tables."""

from pathlib import Path

from node.net.conformance import with_tables

statement = Path(__file__).with_name("statement.md")
statement.write_text(with_tables(statement.read_text(encoding="utf-8")), encoding="utf-8")
