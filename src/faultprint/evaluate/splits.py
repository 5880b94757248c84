"""Which part of the histories is learnt from and which is kept to judge by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from faultprint.config import Labels, Split
from faultprint.errors import ConfigError, LeakageError, listed
from faultprint.evaluate.folds import deal, kept_whole
from faultprint.tables import UTC_TIME


def holdout_start(windows: pd.DataFrame, split: Split) -> pd.Timestamp:
    """Find the instant after which windows are judged, not learnt from.

    Parameters
    ----------
    windows : pandas.DataFrame
        Windows of all assets.
    split : Split
        ``holdout``: a date, or a share of the time range.

    Returns
    -------
    pandas.Timestamp
        The instant (UTC); the same for all assets and classes.

    Raises
    ------
    ConfigError
        If the date has no zone, is no date, or the share does not lie between 0 and 1.
    """
    if isinstance(split.holdout, str):
        return _date(split.holdout)
    if not 0 < split.holdout < 1:
        raise ConfigError.because(
            f"split.holdout: {split.holdout}",
            "a share between 0 and 1, or a date with zone",
            "write 0.3 to judge on the last 30 % of the time range",
        )
    first, last = windows["end"].min(), windows["end"].max()
    return pd.Timestamp(last - (last - first) * split.holdout).as_unit("ns")


def assign(windows: pd.DataFrame, split: Split, seed: int) -> pd.DataFrame:
    """Say for each window to which part and fold it belongs.

    Parameters
    ----------
    windows : pandas.DataFrame
        Windows of all assets; ``label``, if there, is used to balance the folds.
    split : Split
        How to split.
    seed : int
        Chooses held-out assets and settles ties between folds.

    Returns
    -------
    pandas.DataFrame
        Index of ``windows``; ``part`` is ``train``, ``embargo`` or ``holdout``; ``fold`` counts
        from 0 in the training part of each equipment class, -1 elsewhere.

    Notes
    -----
    By time: windows that end after :func:`holdout_start` are held out, those that end later than
    one embargo before it are not used. A held-out window that reaches back over the embargo shares
    readings with training and is put in the embargo, too. All windows of a held-out asset
    are held out. All windows of an asset, or of a stretch of it (see ``evaluate.folds``), are
    in one fold; folds are filled so that each failure mode is spread over as many as can be, then
    by number of windows. A class with fewer assets than folds has as many folds as assets.
    """
    start = holdout_start(windows, split)
    learnt_until = start - pd.Timedelta(split.embargo)
    part = np.full(len(windows), "embargo", dtype=object)
    part[(windows["end"] <= learnt_until).to_numpy()] = "train"
    part[((windows["end"] > start) & (windows["start"] >= learnt_until)).to_numpy()] = "holdout"
    rng = np.random.default_rng(seed)
    kept_out = [
        asset
        for _, group in windows.groupby("equipment_class", sort=True)
        for asset in _held_out(group, split.holdout_assets, rng)
    ]
    part[windows["asset"].isin(kept_out).to_numpy()] = "holdout"
    parts = pd.DataFrame({"part": pd.Series(part, index=windows.index, dtype="str"), "fold": -1})
    for _, group in windows[part == "train"].groupby("equipment_class", sort=True):
        parts.loc[group.index, "fold"] = deal(group, split, rng)
    return parts.astype({"fold": "int64"})


def known_at(
    events: pd.DataFrame, last: Mapping[str, pd.Timestamp], time: pd.Timestamp
) -> tuple[pd.DataFrame, dict[str, pd.Timestamp]]:
    """Go back to what was known at an instant, to label windows as one could have done then.

    Parameters
    ----------
    events : pandas.DataFrame
        Table ``events``.
    last : Mapping[str, pandas.Timestamp]
        Asset -> end of its record.
    time : pandas.Timestamp
        The instant (UTC).

    Returns
    -------
    events : pandas.DataFrame
        Those logged by then; what had not ended has no end.
    last : dict[str, pandas.Timestamp]
        Asset -> end of its record, or the instant if that is earlier.
    """
    logged = events[events["time"] <= time]
    known = logged.assign(end=logged["end"].where(logged["end"] <= time))
    return known, {asset: min(end, time) for asset, end in last.items()}


def check_split(
    windows: pd.DataFrame, parts: pd.DataFrame, labels: Labels, split: Split | None = None
) -> None:
    """Refuse a split that would let the judged part into training.

    Parameters
    ----------
    windows : pandas.DataFrame
        The windows; ``use``, if there, says which are learnt as healthy.
    parts : pandas.DataFrame
        ``part`` and ``fold`` of each, as from :func:`assign`.
    labels : Labels
        How far labels look ahead: every one over the horizon, ``healthy`` over the buffer, too.
    split : Split | None, default None
        What a fold takes as a whole; assets if it is not given.

    Raises
    ------
    LeakageError
        If an asset (or stretch of it) is in two folds, if a training window shares readings with a
        held-out one of the same asset, or if the label of a training window could come from an
        event in the held-out time.
    """
    use = windows["use"] if "use" in windows.columns else ""
    both = windows[["asset", "start", "end"]].assign(use=use).join(parts)
    train, held = both[both["part"] == "train"], both[both["part"] == "holdout"]
    dealt = train[train["fold"] >= 0]
    whole = kept_whole(windows.loc[dealt.index], split) if split else dealt["asset"]
    folds = dealt.groupby(whole)["fold"].nunique()
    if (folds > 1).any():
        raise LeakageError.because(
            f"assets in two folds: {listed(folds.index[folds > 1])}",
            "each asset in one fold",
            "split by asset, as evaluate.splits.assign does",
        )
    last = train.groupby("asset")["end"].max()
    begins = held.groupby("asset")["start"].min().reindex(last.index)
    if (last > begins).any():
        raise LeakageError.because(
            f"training windows that share readings with held-out ones: "
            f"{listed(last.index[last > begins])}",
            "no reading on both sides",
            "raise split.embargo to the length of a window or more",
        )
    judged = held.loc[held["asset"].isin(last.index), "end"].min()
    _check_reach(train, judged, labels)


def _check_reach(train: pd.DataFrame, judged: pd.Timestamp, labels: Labels) -> None:
    """Refuse labels that could only be given by who knows of events in the held-out time."""
    horizon, buffer = pd.Timedelta(labels.horizon), pd.Timedelta(labels.buffer)
    if len(train) and train["end"].max() + horizon >= judged:
        raise LeakageError.because(
            f"training windows until {train['end'].max()} with labels that look {labels.horizon} "
            f"ahead, held-out windows from {judged}",
            "labels that end before the held-out time",
            "raise split.embargo to labels.horizon or more",
        )
    healthy = train.loc[train["use"] == "healthy", "end"].max()
    if labels.source == "failures" and healthy + horizon + buffer >= judged:
        raise LeakageError.because(
            f"training windows called healthy until {healthy}, held-out windows from {judged}",
            f"none within {horizon + buffer} before it: only later events can tell",
            "label training windows with what was known then (run the describe stage again)",
        )


def judged_periods(windows: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Say over which time each asset is judged.

    Parameters
    ----------
    windows : pandas.DataFrame
        The windows.
    parts : pandas.DataFrame
        ``part`` of each, as from :func:`assign`.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``: from one step before the end of the first to one step after
        that of the last held-out window of each asset, so that a failure between two windows, or
        just after the last, falls into it. The step is the median distance of the windows of the
        asset, or the length of its window if there is only one.
    """
    held = windows[(parts["part"] == "holdout").to_numpy()]
    ordered = held.sort_values(["asset", "end"], kind="stable")
    apart = ordered.groupby("asset")["end"].diff().groupby(ordered["asset"]).median()
    length = (ordered["end"] - ordered["start"]).groupby(ordered["asset"]).median()
    spans = ordered.groupby("asset", sort=True)["end"].agg(start="min", end="max")
    step = apart.fillna(length)
    found = pd.DataFrame({"start": spans["start"] - step, "end": spans["end"] + step})
    return found.reset_index().astype({"asset": "str", "start": UTC_TIME, "end": UTC_TIME})


def _date(text: str) -> pd.Timestamp:
    try:
        date = pd.Timestamp(text)
    except ValueError as error:
        raise ConfigError.because(
            f"split.holdout: {text!r}",
            "an ISO date with zone, or a share between 0 and 1",
            "write it like '2015-10-01T00:00:00Z'",
        ) from error
    if date.tzinfo is None:
        raise ConfigError.because(
            f"split.holdout: {text!r}, a date without a zone",
            "an ISO date with zone",
            f"write '{text}Z' if it is UTC, or with its offset",
        )
    return date.tz_convert("UTC").as_unit("ns")


def _held_out(windows: pd.DataFrame, share: float, rng: np.random.Generator) -> list[str]:
    assets = np.sort(windows["asset"].unique().astype(object))
    count = min(round(share * len(assets)), len(assets) - 1)
    return [str(a) for a in rng.permutation(assets)[:count]]
