"""Brings the journal's schema up to date, by the Alembic migrations that the package carries."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from node.store.database import Database
from node.store.version import MIGRATIONS, refuse_later


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Run once at the start, before the roles open the journal.

    Raises Unusable where a later program made the journal.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.write() as connection:
        refuse_later(MigrationContext.configure(connection).get_current_revision() or "")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
