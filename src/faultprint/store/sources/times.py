"""Times of a plant to instants in UTC; what cannot be placed in time gets a reason instead."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from faultprint.config.sources import ELAPSED
from faultprint.config.strict import read_duration
from faultprint.errors import ConfigError

NO_ZONE = "time without a zone, and the mapping states none"
UNREADABLE = "time cannot be read"
IMPLAUSIBLE = "time before 1980 or after 2099"
CLOCK_CHANGE = "local time that the clock change skips or repeats"

_EPOCHS: dict[str, Literal["s", "ms"]] = {"epoch_s": "s", "epoch_ms": "ms"}
_OFFSET = r"(?:[Zz]|[+-]\d{2}:?\d{2}|[+-]\d{2})\s*$"
_DATE_ONLY = r"^\d{4}-\d{2}(?:-\d{2})?$"
BEGINNING = pd.Timestamp("2000-01-01", tz="UTC")
"""Where steps are counted from that nobody dated."""
_FROM, _TO = pd.Timestamp("1980-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")


def zone(name: str | None) -> ZoneInfo | None:
    """Look up a time zone.

    Parameters
    ----------
    name : str | None
        IANA name, e.g. ``'Europe/Berlin'`` or ``'UTC'``.

    Returns
    -------
    ZoneInfo | None
        The zone; ``None`` for ``None``.

    Raises
    ------
    ConfigError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError.because(
            f"timezone {name!r}",
            "an IANA name like 'Europe/Berlin' or 'UTC'",
            "correct `timezone` in the mapping",
        ) from error


def _stamps(values: pd.Series, time_format: str) -> tuple[pd.Series, pd.Series]:
    """Return times that carry a zone (as UTC) and times that do not; NaT in both: unreadable."""
    naive = pd.Series(pd.NaT, index=values.index).astype("datetime64[us]")
    aware = naive.dt.tz_localize("UTC")
    if time_format in _EPOCHS:
        numbers = pd.to_numeric(values, errors="coerce")
        return pd.to_datetime(numbers, unit=_EPOCHS[time_format], utc=True, errors="coerce"), naive
    if time_format.startswith(ELAPSED):
        step = read_duration(time_format.removeprefix(ELAPSED))
        counted = pd.to_numeric(values, errors="coerce") * step.total_seconds()
        return BEGINNING + pd.to_timedelta(counted, unit="s"), naive
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        read = values
    else:
        text = values.astype("str").str.strip()
        try:
            read = pd.to_datetime(text, format=time_format, errors="coerce")
        except ValueError:  # some carry a zone and some do not, or the offsets differ
            has = text.str.contains(_OFFSET, na=False) & ~text.str.match(_DATE_ONLY, na=False)
            aware = pd.to_datetime(text.where(has), format=time_format, errors="coerce", utc=True)
            return aware, pd.to_datetime(text.mask(has), format=time_format, errors="coerce")
    if read.dt.tz is None:
        return aware, read
    return read.dt.tz_convert("UTC"), naive


def _localise(naive: pd.Series, tz: ZoneInfo, groups: pd.Series | None) -> pd.Series:
    if groups is None:  # events: a wrong hour is better than a lost failure
        first = pd.Series(data=True, index=naive.index).to_numpy()
        shifted: pd.Series = naive.dt.tz_localize(tz, ambiguous=first, nonexistent="shift_forward")
        return shifted
    placed: pd.Series = naive.dt.tz_localize(tz, ambiguous="NaT", nonexistent="NaT")
    unsure = placed.isna() & naive.notna()
    if not unsure.any():
        return placed
    for _, part in naive[groups.isin(groups[unsure].unique())].groupby(groups):
        try:  # the order of an asset's rows tells summer from winter time
            placed[part.index] = part.dt.tz_localize(tz, ambiguous="infer", nonexistent="NaT")
        except ValueError:
            continue
    return placed


def parse_times(
    values: pd.Series,
    time_format: str,
    timezone: str | None,
    groups: pd.Series | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Place times on the UTC axis.

    Parameters
    ----------
    values : pandas.Series
        Text, numbers or times.
    time_format : str
        ``ISO8601``, a strptime format, ``epoch_s``, ``epoch_ms``, or ``elapsed`` and the length
        of a step.
    timezone : str | None
        Zone of times that carry none.
    groups : pandas.Series | None, default None
        The asset of each reading: the order of its rows then decides which of the two hours a
        repeated local time is, and what stays undecided is refused. Left out (events), a repeated
        hour counts as the first and a skipped one as the next valid instant.

    Returns
    -------
    tuple[pandas.Series, pandas.Series]
        Instants (datetime64[ns, UTC], NaT where refused) and the reason of each refusal, empty
        where there is none.
    """
    tz = zone(timezone)
    aware, naive = _stamps(values, time_format)
    reasons = pd.Series("", index=values.index, dtype="str")
    reasons[aware.isna() & naive.isna()] = UNREADABLE
    times = aware
    if naive.notna().any():
        if tz is None:
            reasons[naive.notna()] = NO_ZONE
        else:
            placed = _localise(naive, tz, groups).dt.tz_convert("UTC")
            reasons[placed.isna() & naive.notna()] = CLOCK_CHANGE
            times = placed if aware.isna().all() else aware.fillna(placed)
    far = (times < _FROM) | (times >= _TO)
    reasons[far] = IMPLAUSIBLE
    return times.mask(far).dt.as_unit("ns"), reasons
