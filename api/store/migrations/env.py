"""How alembic reaches the database: by the connection that it is handed."""

from alembic import context
from sqlmodel import SQLModel

from api.store import tables

assert tables  # noqa: S101 - imported so that the metadata knows every table
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
