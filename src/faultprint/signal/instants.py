"""Instants as whole nanoseconds since the epoch: what windows and labels count in."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from faultprint.errors import TableError
from faultprint.signal.arrays import HOUR, Flags, Real, Whole

__all__ = ["HOUR", "NEVER", "Flags", "Real", "Whole", "instants", "nanoseconds", "stamps"]

NEVER = int(np.iinfo(np.int64).max)
"""An instant after all others; stands for the end of an interval that is still open."""


def instants(times: pd.Series, missing: int | None = None) -> Whole:
    """Turn a column of times into nanoseconds since the epoch, UTC.

    Parameters
    ----------
    times : pandas.Series
        Times with a zone, of any resolution.
    missing : int | None, default None
        What stands for a missing time [ns]; None: there must be none.

    Returns
    -------
    numpy.ndarray
        One int64 per time [ns].

    Raises
    ------
    TableError
        If the column has no zone, or holds a missing time and ``missing`` is None.
    """
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise TableError.because(
            f"a column {times.name!r} of dtype {times.dtype}",
            "times with a zone",
            "read it through the ingest, or localise it to UTC",
        )
    plain = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[ns]")
    gone = np.isnat(plain)
    whole: Whole = plain.astype(np.int64)
    if not gone.any():
        return whole
    if missing is None:
        raise TableError.because(
            f"{int(gone.sum())} missing times in column {times.name!r}",
            "a time in every row",
            "drop the rows, or read them through the ingest, which rejects them",
        )
    return np.where(gone, missing, whole)


def stamps(whole: Whole) -> pd.Series:
    """Turn nanoseconds since the epoch back into a column of times.

    Parameters
    ----------
    whole : numpy.ndarray
        Instants [ns].

    Returns
    -------
    pandas.Series
        Times of dtype ``datetime64[ns, UTC]``.
    """
    return pd.Series(whole.astype("datetime64[ns]")).dt.tz_localize("UTC")


def nanoseconds(span: timedelta) -> int:
    """Give a duration as whole nanoseconds, without rounding through a float.

    Parameters
    ----------
    span : datetime.timedelta
        The duration.

    Returns
    -------
    int
        The same duration [ns].

    Examples
    --------
    >>> nanoseconds(timedelta(hours=1)) == HOUR
    True
    """
    return ((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds) * 1_000
