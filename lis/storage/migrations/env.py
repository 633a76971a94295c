"""Run by Alembic for each upgrade: the connection and the family of tables come from the caller."""

from alembic import context

family = context.config.attributes["family"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=family.metadata,
    version_table=family.version_table,
    transactional_ddl=False,  # the caller's transaction is the transaction
)
context.run_migrations()
