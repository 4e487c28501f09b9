"""How Alembic runs the migrations: on the connection and in the transaction it is given, never on its own."""

from alembic import context

from recordkeeper.register.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
