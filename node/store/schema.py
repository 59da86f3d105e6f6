"""Brings the journal's schema up to date, by the Alembic migrations that the package carries."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from node.store.database import Database

_MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Run once at the start, before the roles open the journal."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
