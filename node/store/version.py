"""Whether this program and a journal are of one version. Alembic, which is slow to load, is not needed for that."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from node.domain.errors import Unusable
from node.store.database import Database

MIGRATIONS: Final = Path(__file__).with_name("migrations")


def newest() -> str:
    """The version that this program brings a journal to: the first four characters of its last migration's name."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def check_version(database: Database) -> None:
    """Raises Unusable where the journal is empty or of another version, and Transient where it cannot be read."""
    with database.read() as connection:
        found = _version(connection)
    if found is None:
        raise Unusable(
            "The journal is empty: no node has run with it.",
            hint="Is this the configuration of the node (--config, storage.journal_url)? `calcinode serve` runs it.",
        )
    refuse_later(found)
    if found < newest():
        raise Unusable(
            f"The journal is of an earlier version of Calcinode ({found}; this one needs {newest()}).",
            hint="Restart the node with this version: it brings the journal up to date (back it up before).",
        )


def refuse_later(version: str) -> None:
    """Raises Unusable where a journal of this version was made by a later program."""
    if version > newest():
        raise Unusable(
            f"The journal is of a later version of Calcinode ({version}; this one knows {newest()} at most).",
            hint="Install the later version again, or restore the data folder from the backup before the upgrade.",
        )


def _version(connection: Connection) -> str | None:
    """None where nothing was ever migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
