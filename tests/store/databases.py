"""Places for a signature database: a SQLite file, and an empty PostgreSQL database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

POSTGRES = os.environ.get("FAULTPRINT_POSTGRES_URL", "")


def empty_postgres() -> str:
    """Give an empty database of this test worker."""
    where = sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    name = f"{where.database}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    assert "test" in name, "not a database to be emptied"
    server = sa.create_engine(where, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        query = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.scalar(query, {"name": name}):
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    server.dispose()
    engine = sa.create_engine(where.set(database=name))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return where.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deep' / 'signatures.db'}"
    elif not POSTGRES:
        pytest.skip("FAULTPRINT_POSTGRES_URL is not set")
    else:
        yield empty_postgres()
