"""Run by Alembic: migrates the connection that `alertwatch.store.migrate` opened, in its transaction."""

from alembic import context

from alertwatch.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
