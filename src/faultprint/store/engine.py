"""Reaching the signature database: its engine, its transactions, its migrations."""

from __future__ import annotations

import functools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory

from faultprint.errors import StoreError

_WRITING = "faultprint_writing"
_WRITERS_LOCK = 7_320_041
"""Any number that is ours: the advisory lock of writers on PostgreSQL."""
_WAIT = 60
"""How long a writer waits for another [s]."""
_PAUSE = 0.01
"""Between two attempts [s]."""


def open_engine(url: str) -> sa.Engine:
    """Make the engine of a signature database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL: ``sqlite:///file`` or ``postgresql+psycopg://...``; ``postgresql://`` is
        taken as the latter.

    Returns
    -------
    sqlalchemy.Engine
        SQLite: write-ahead log, foreign keys on, waiting for other writers; one connection per
        transaction, so that the file is complete after each.

    Raises
    ------
    StoreError
        If the URL cannot be read or names another kind of database, or SQLite in memory.
    """
    try:
        where = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError.because(
            f"the database URL {url!r}", "an SQLAlchemy URL", "write e.g. 'sqlite:///file.db'"
        ) from error
    backend = where.get_backend_name()
    if backend == "postgresql":
        return _open_postgresql(where)
    if backend != "sqlite" or where.database in {None, "", ":memory:"}:
        raise StoreError.because(
            f"the database URL {where.render_as_string()!r}",
            "a SQLite file or a PostgreSQL database",
            "write 'sqlite:///file.db' or 'postgresql+psycopg://user@host/name'",
        )
    return _open_sqlite(where)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Hold a transaction that excludes other writers from its start.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.

    Yields
    ------
    sqlalchemy.Connection
        Everything done with it happens, or nothing does.
    """
    with translated(engine), engine.execution_options(**{_WRITING: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS_LOCK)))
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Hold a transaction to read in.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.

    Yields
    ------
    sqlalchemy.Connection
        It sees one state of the database throughout.
    """
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with translated(engine), engine.execution_options(**level).begin() as connection:
        yield connection


@contextmanager
def translated(engine: sa.Engine) -> Iterator[None]:
    """Turn what the database driver raises into an error of ours.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database, for the message.

    Yields
    ------
    None
        While the driver is used.

    Raises
    ------
    StoreError
        If the database cannot be reached, is locked, full or read-only, or refuses a change.
    """
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        said = str(getattr(error, "orig", error)).strip()
        raise StoreError.because(
            f"{said!r} from {engine.url.render_as_string()}",
            "a database that answers and a change that it allows",
            "see that it runs, has room and may be written; nothing was changed",
        ) from error


def pending(engine: sa.Engine) -> list[str]:
    """List the migrations a database still needs; changes nothing.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.

    Returns
    -------
    list[str]
        Revisions, the next one first; empty when the schema is up to date.
    """
    with reading(engine) as connection:
        return _missing(connection)


def migrate(engine: sa.Engine) -> list[str]:
    """Bring a database to the present schema, in one transaction; harmless when it is there.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.

    Returns
    -------
    list[str]
        The revisions that were applied.
    """
    with writing(engine) as connection:
        todo = _missing(connection)
        if todo:
            _run(connection, todo)
    return todo


@functools.cache
def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "faultprint.store:migrations")
    return ScriptDirectory.from_config(config)


def _missing(connection: sa.Connection) -> list[str]:
    script = _script()
    at = MigrationContext.configure(connection).get_current_revision()
    steps = [step.revision for step in script.walk_revisions()][::-1]
    if at is not None and at not in steps:
        raise StoreError.because(
            f"a signature database of revision {at!r}",
            f"one of {', '.join(steps)}",
            "use the version of Faultprint that made it, or a newer one",
        )
    return steps if at is None else steps[steps.index(at) + 1 :]


def _run(connection: sa.Connection, todo: list[str]) -> None:
    script = _script()

    def steps(_revision: Any, _context: Any) -> list[Any]:
        return [
            MigrationStep.upgrade_from_script(script.revision_map, script.get_revision(revision))
            for revision in todo
        ]

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver does
    for setting in (
        f"busy_timeout = {_WAIT * 1000}",
        "journal_mode = WAL",
        "foreign_keys = ON",
        "recursive_triggers = ON",  # else INSERT OR REPLACE would slip past the triggers
        "synchronous = FULL",
    ):
        _patiently(connection, f"PRAGMA {setting}")


def _begin_sqlite(connection: sa.Connection) -> None:
    driver = connection.connection.driver_connection
    if connection.get_execution_options().get(_WRITING):
        _patiently(driver, "BEGIN IMMEDIATE")
    else:
        _patiently(driver, "BEGIN", "SELECT count(*) FROM sqlite_master")  # see one state from here


def _patiently(driver: Any, *statements: str) -> None:
    """Run statements again where SQLite refuses at once, whatever its ``busy_timeout`` says.

    It does so while another connection switches to the write-ahead log, recovers it, or cleans it
    up as the last to close (https://www.sqlite.org/wal.html, section 9).
    """
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            for statement in statements:
                driver.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            busy = (error.sqlite_errorcode & 0xFF) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _open_postgresql(where: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(where.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    except ModuleNotFoundError as error:
        raise StoreError.because(
            "a PostgreSQL URL and no psycopg",
            "its driver",
            "install 'faultprint[postgres]'",
        ) from error


def _open_sqlite(where: sa.URL) -> sa.Engine:
    folder = Path(str(where.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError.because(
            f"{error.strerror} making {folder}",
            "a folder to keep the database in",
            "choose another",
        ) from error
    engine = sa.create_engine(where, poolclass=sa.NullPool, connect_args={"timeout": _WAIT})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine
