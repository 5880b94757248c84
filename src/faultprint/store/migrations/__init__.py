"""The steps that bring a signature database to the present schema, run by Alembic."""
