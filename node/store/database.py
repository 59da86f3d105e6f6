"""The journal's connection: SQLite as durable as it can be, or PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from node.domain.errors import Transient

_BUSY_TIMEOUT_MS = 30_000


class Database:
    """A pool of connections to one journal. Share it between threads; each process opens its own (never fork it)."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """``url`` as SQLAlchemy takes it: ``sqlite:////var/lib/calcinode/journal.db``, ``postgresql+psycopg://…``.

        With ``read_only`` the database itself refuses every write, and a SQLite file is opened anew for each read: one
        that is gone is noticed, and never made.
        """
        self.url = url
        self._engine = _reading_engine(url) if read_only else _engine(url)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block has ended. Raises Transient where the database is away."""
        with _translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; takes no lock that a writer waits for."""
        with _translated(), self._engine.connect().execution_options(calcinode_read_only=True) as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """The database's own troubles as Transient; an error of ours, such as a broken constraint, stays itself."""
    try:
        yield
    except OperationalError as error:
        hint = "Check its disk, or the database's server."
        raise Transient(f"The journal cannot be used now: {error.orig}.", hint=hint) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise
        hint = (
            "Stop the node, keep what is there (the images are in blobs/), and restore the data folder from its backup."
        )
        raise Transient(f"The journal is damaged: {error.orig}.", hint=hint) from error


def _engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _reading_engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, execution_options={"postgresql_readonly": True})
    file = f"file:{quote(address.database or '')}"
    engine = create_engine(address.set(database=file, query={"mode": "ro", "uri": "true"}), poolclass=NullPool)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN is deferred and skips DDL: we say BEGIN ourselves (SQLAlchemy, "pysqlite").
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader can meet SQLITE_BUSY that no waiting cures: writers take the lock at once.
    read_only = connection.get_execution_options().get("calcinode_read_only", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")
