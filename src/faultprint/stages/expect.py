"""From windows to expected behaviour: split, cross-fitted residuals and the final twins."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint.config import Equipment, Settings
from faultprint.errors import SHOWN, LeakageError, LearnError
from faultprint.evaluate.splits import assign, check_split, holdout_start
from faultprint.stages.describe import KNOWN_LABEL, KNOWN_UNTIL, KNOWN_USE
from faultprint.stages.workspace import check_classes, read_frames
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import write_tables
from faultprint.twin.baseline import Twin, add_baselines, commission, drift_guard, fit
from faultprint.twin.baseline import expect as expect_windows
from faultprint.twin.redundancy import learn_relations


def expect(settings: Settings, windows: Path, expected: Path) -> dict[str, object]:
    """Split the windows, learn the twins and compute the residuals.

    Training windows get residuals of twins that learnt from other assets (cross-fitting); later
    windows those of the final twin, exactly as in scoring.

    Parameters
    ----------
    settings : Settings
        Settings.
    windows : Path
        Folder of labelled windows.
    expected : Path
        Folder to write: ``windows/``, ``residuals/`` and ``twins/`` by equipment class.

    Returns
    -------
    dict[str, object]
        Windows by part, and those the drift guard kept from being learnt.
    """
    frames = read_frames(windows, ("label", "use", KNOWN_LABEL, KNOWN_USE, KNOWN_UNTIL))
    check_classes(settings, frames)
    parts = with_parts(frames, settings)
    _check_parts(parts)
    residuals, twins = {}, {}
    for name in tqdm(parts, desc="expect", unit="class"):
        equipment = settings.equipment[name]
        parts[name] = guarded(parts[name], equipment, settings)
        dealt = parts[name][["part", "fold"]]
        check_split(parts[name], dealt, settings.labels, settings.split)
        twins[name] = final_twin(parts[name], equipment, settings)
        parts[name], residuals[name] = cross_fitted(parts[name], twins[name], equipment, settings)
        twins[name] = with_relations(twins[name], parts[name], residuals[name], settings)
    with staged_folder(expected) as new:
        write_tables(new / "windows", parts)
        write_tables(new / "residuals", residuals)
        (new / "twins").mkdir()
        for name, twin in twins.items():
            text = json.dumps(twin.to_dict(), sort_keys=True)
            (new / "twins" / f"{name}.json").write_text(text, encoding="utf-8")
    every = pd.concat(parts.values(), ignore_index=True)
    return {
        "parts": {str(part): int(n) for part, n in every["part"].value_counts().items()},
        "drift_guard": int((every["use"] == "drift_guard").sum()),
    }


def with_parts(frames: dict[str, pd.DataFrame], settings: Settings) -> dict[str, pd.DataFrame]:
    """Say of every window whether it is learnt from or judged, one split for all classes.

    Parameters
    ----------
    frames : dict[str, pd.DataFrame]
        Labelled windows by equipment class.
    settings : Settings
        Settings.

    Returns
    -------
    dict[str, pd.DataFrame]
        The windows with ``part`` (train, embargo, holdout) and ``fold``; those of the training part
        labelled with what was known when the held-out time began.

    Raises
    ------
    LeakageError
        If they were labelled for another beginning of the held-out time.
    """
    every = pd.concat(frames.values(), ignore_index=True)
    start = holdout_start(every, settings.split)
    if (every[KNOWN_UNTIL] != start).any():
        raise LeakageError.because(
            f"windows labelled with what was known until {every[KNOWN_UNTIL].max()}",
            f"what was known until {start}, when the held-out time begins",
            "run the describe stage again",
        )
    split = assign(every.assign(label=every[KNOWN_LABEL]), settings.split, settings.seed)
    train = split["part"] == "train"
    for name, known in (("label", KNOWN_LABEL), ("use", KNOWN_USE)):
        split[name] = every[name].where(~train, every[known])
    parts: dict[str, pd.DataFrame] = {}
    first = 0
    for name, frame in frames.items():
        rows = split.iloc[first : first + len(frame)].set_axis(frame.index)
        kept = frame.drop(columns=[KNOWN_LABEL, KNOWN_USE, KNOWN_UNTIL])
        parts[name] = kept.assign(**{column: rows[column] for column in rows.columns})
        first += len(frame)
    return parts


def _check_parts(parts: dict[str, pd.DataFrame]) -> None:
    """Refuse a split with nothing to learn normal behaviour from, or nothing to judge it on."""
    every = pd.concat(parts.values(), ignore_index=True)
    if not (every["part"] == "holdout").any():
        raise LearnError.because(
            f"windows from {every['end'].min()} to {every['end'].max()}, none of them held out",
            "some to judge what was learnt",
            "set split.holdout to a date well before the end of the history, or to a share",
        )
    for name, frame in parts.items():
        train = frame[frame["part"] == "train"]
        if not (train["use"] == "healthy").any():
            reasons = [f"{use}: {n}" for use, n in train["use"].value_counts().items()]
            raise LearnError.because(
                f"no healthy window of {name!r} among {len(train)} in the time that is learnt from"
                f" ({'; '.join(reasons[:SHOWN]) or 'the held-out time covers all'})",
                "some, to learn its normal behaviour from",
                "see the reasons, check split.holdout and labels, or give more history",
            )


def guarded(windows: pd.DataFrame, equipment: Equipment, settings: Settings) -> pd.DataFrame:
    """Mark the healthy-labelled training windows that drift away, so that none is learnt.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows of one class, with ``part``.
    equipment : Equipment
        The class.
    settings : Settings
        Settings.

    Returns
    -------
    pandas.DataFrame
        The windows, ``use`` = ``drift_guard`` where the guard fired.
    """
    train = windows[windows["part"] == "train"]
    found = drift_guard(train, equipment, settings.twin)
    drifting = pd.MultiIndex.from_frame(found[["asset", "end"]])
    mine = pd.MultiIndex.from_frame(windows[["asset", "end"]])
    marked = mine.isin(drifting) & (windows["use"] == "healthy") & (windows["part"] == "train")
    return windows.assign(use=windows["use"].where(~marked, "drift_guard"))


def final_twin(windows: pd.DataFrame, equipment: Equipment, settings: Settings) -> Twin:
    """Learn the twin that is published: from all training windows.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows of one class, with ``part``.
    equipment : Equipment
        The class.
    settings : Settings
        Settings.

    Returns
    -------
    Twin
        With a baseline for every asset it was learnt from, and for no other.
    """
    train = windows[windows["part"] == "train"]
    return add_baselines(fit(train, equipment, settings.twin), train)


def with_relations(
    twin: Twin, windows: pd.DataFrame, residuals: pd.DataFrame, settings: Settings
) -> Twin:
    """Add how the sensors go together, learnt from the cross-fitted training windows alone.

    Parameters
    ----------
    twin : Twin
        The final twin.
    windows : pandas.DataFrame
        Labelled windows of one class, with ``part``.
    residuals : pandas.DataFrame
        Their residuals, cross-fitted.
    settings : Settings
        Settings.

    Returns
    -------
    Twin
        With relations; without where too little is known to tell.
    """
    train = windows[windows["part"] == "train"]
    long = learn_relations(residuals, train, settings.sensor_health.drift_window)
    return replace(twin, relations=long, at_once=learn_relations(residuals, train, timedelta(0)))


def cross_fitted(
    windows: pd.DataFrame, twin: Twin, equipment: Equipment, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute residuals: of training windows by twins that did not learn from their asset.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows of one class, with ``part`` and ``fold``.
    twin : Twin
        The final twin, for what is not in training.
    equipment : Equipment
        The class.
    settings : Settings
        Settings.

    Returns
    -------
    windows : pandas.DataFrame
        The same rows; those in which an asset that was held out altogether is still being
        commissioned are not evaluable, as they would be in scoring.
    residuals : pandas.DataFrame
        Rows of ``residuals``.

    Notes
    -----
    In training, the offset of the held asset comes from its own first weeks, so these windows are
    compared with a level they took part in. Held-out windows are treated as in scoring.
    """
    train = windows["part"] == "train"
    own, windows = commission(twin, windows)
    folds = sorted(windows.loc[train, "fold"].unique())
    if len(folds) < 2:
        return windows, expect_windows(own, windows)
    pieces = [expect_windows(own, windows[~train])]
    for fold in folds:
        held = windows[train & (windows["fold"] == fold)]
        others = fit(windows[train & (windows["fold"] != fold)], equipment, settings.twin)
        pieces.append(expect_windows(add_baselines(others, held), held))
    joined = pd.concat([piece for piece in pieces if len(piece)], ignore_index=True)
    return windows, joined.sort_values(["asset", "end", "sensor"], ignore_index=True)
