"""Alembic's entry: the connection comes from ``schema.migrate``, inside its transaction."""

from typing import Literal

from alembic import context
from node.store.tables import Moment, metadata


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration names the database's types: it must still run when our own have changed."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_item=_render)
with context.begin_transaction():
    context.run_migrations()
