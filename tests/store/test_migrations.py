"""Databases of earlier versions open, and keep every row."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from faultprint.errors import StoreError
from faultprint.records import Opinion
from faultprint.store.engine import open_engine, pending, writing
from faultprint.store.migrations.versions import r0002_opinions
from faultprint.store.opinions import OpinionBook
from faultprint.store.signature_db import SignatureDatabase
from tests.store.databases import POSTGRES, empty_postgres

FIXTURES = Path(__file__).parent / "fixtures"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEPT = ("blobs", "releases", "release_parts", "signatures", "current_release", "audit")
Rows = dict[str, list[tuple[object, ...]]]


def on_sqlite(folder: Path) -> str:
    with contextlib.closing(sqlite3.connect(folder / "old.db")) as raw:
        raw.executescript((FIXTURES / "revision_0001.sqlite.sql").read_text("utf-8"))
    return f"sqlite:///{folder / 'old.db'}"


def on_postgresql(_folder: Path) -> str:
    if not POSTGRES:
        pytest.skip("FAULTPRINT_POSTGRES_URL is not set")
    url = empty_postgres()
    engine = open_engine(url)
    with engine.begin() as connection:
        script = (FIXTURES / "revision_0001.postgresql.sql").read_text("utf-8")
        connection.exec_driver_sql(script.replace("%", "%%"))
    return url


@pytest.fixture(params=[on_sqlite, on_postgresql])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    make: Callable[[Path], str] = request.param
    return make(tmp_path)


def rows(url: str, names: tuple[str, ...] = KEPT) -> Rows:
    with open_engine(url).connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(sa.text(f"SELECT * FROM {name}"))), key=repr)
            for name in names
        }


def test_every_row_of_an_old_database_is_kept(old: str) -> None:
    before = rows(old)
    assert {name: len(held) for name, held in before.items()} == {
        "blobs": 5,
        "releases": 3,
        "release_parts": 9,
        "signatures": 6,
        "current_release": 1,
        "audit": 5,
    }
    assert pending(open_engine(old)) == ["0002"]
    database = SignatureDatabase(old)
    assert rows(old) == before
    assert [r.version for r in database.releases()] == ["1.0.0", "1.1.0", "1.2.0"]
    assert database.current().version == "1.0.0"
    assert [s.failure_mode for s in database.signatures("1.2.0")] == ["bearing", "seal"]
    assert database.as_of(START + timedelta(hours=1)).version == "1.1.0"


def test_old_opinions_keep_their_words(old: str) -> None:
    book = OpinionBook(old)
    words = ("I saw it", "")
    assert set(book.opinions()) == {
        Opinion("i1", "known_fault", "seal", 1.0, *words, "ada", START),
        Opinion("i1", "normal_behaviour", "", 1.0, *words, "bob", START),
        Opinion("i2", "known_fault", "seal", 1.0, *words, "ada", START + timedelta(hours=2)),
    }
    assert book.add(book.opinions()) == (), "said again, they are the same opinions"


def test_an_old_database_can_be_worked_with(old: str) -> None:
    database = SignatureDatabase(old)
    added = database.publish({"scoring.json": b"{}"}, [], {}, "ada")
    assert (added.version, added.parent) == ("2.0.0", "1.0.0")
    assert database.rollback("ada").version == "1.0.0"
    with (
        pytest.raises(StoreError, match="rows of opinions are immutable"),
        writing(open_engine(old)) as connection,
    ):
        connection.execute(sa.text("DELETE FROM opinions"))


def test_the_way_back_keeps_what_the_old_schema_can_say(old: str) -> None:
    before = rows(old, (*KEPT, "opinions"))
    book = OpinionBook(old)
    with writing(open_engine(old)) as connection:
        with Operations.context(MigrationContext.configure(connection)):
            r0002_opinions.downgrade()
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    after = rows(old, (*KEPT, "opinions"))
    assert {str(r[1:4]) for r in after["opinions"]} == {str(r[1:4]) for r in before["opinions"]}
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    assert len(OpinionBook(old).opinions()) == 3
    assert book.incidents() == ()
