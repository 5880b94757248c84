"""Rows of a SQL query, from any database SQLAlchemy reaches."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from faultprint.errors import ConfigError, SourceError

CHUNK = 250_000
"""Rows fetched at a time."""


def read_query(url: str | None, query: str) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Run a query and fetch its rows in chunks.

    Parameters
    ----------
    url : str | None
        SQLAlchemy URL of the database.
    query : str
        A SELECT.

    Yields
    ------
    tuple[str, int, pandas.DataFrame]
        A name for messages (without the password), the number of the first row, and the rows.

    Raises
    ------
    ConfigError
        If the source states no URL, or one that cannot be understood.
    SourceError
        If the database cannot be reached or refuses the query.
    """
    if not url:
        raise ConfigError.because("a query but no `url`", "source.url", "state the database's URL")
    try:
        address = make_url(url)
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        # The text of the error may repeat the URL, and with it the password.
        raise ConfigError.because(
            f"a source.url that cannot be used ({type(error).__name__})",
            "a SQLAlchemy URL like sqlite:///plant.db, its driver installed",
            "correct source.url",
        ) from error
    name = f"{address.render_as_string(hide_password=True)} {' '.join(query.split())[:80]}"
    first = 1
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            for frame in pd.read_sql_query(text(query), connection, chunksize=CHUNK):
                yield name, first, frame
                first += len(frame)
    except SQLAlchemyError as error:
        raise SourceError.because(
            f"a refusal from {name!r} ({str(error.__cause__ or error)[:160]})",
            "a database that answers the query",
            "check source.url and the query",
        ) from error
    finally:
        engine.dispose()
