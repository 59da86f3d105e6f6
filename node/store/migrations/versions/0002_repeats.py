"""How often an instance came again unchanged."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("instances", sa.Column("repeats", sa.Integer(), server_default="0", nullable=False))
    op.add_column("instances", sa.Column("repeated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("instances", "repeated_at")
    op.drop_column("instances", "repeats")
