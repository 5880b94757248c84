"""From windows to expected behaviour: split, cross-fitted residuals and the final twins."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint.config import Equipment, Settings
from faultprint.evaluate.splits import assign, check_split
from faultprint.stages.workspace import read_frames
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import write_tables
from faultprint.twin.baseline import Twin, add_baselines, drift_guard, fit
from faultprint.twin.baseline import expect as expect_windows


def expect(settings: Settings, windows: Path, expected: Path) -> dict[str, object]:
    """Split the windows, learn the twins and compute the residuals.

    Training windows get residuals of twins that never saw their asset beyond its first weeks
    (cross-fitting), which is what a new asset will get; later windows those of the final twin.

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
    frames = read_frames(windows)
    parts = with_parts(frames, settings)
    residuals, twins = {}, {}
    for name in tqdm(parts, desc="expect", unit="class"):
        equipment = settings.equipment[name]
        parts[name] = guarded(parts[name], equipment, settings)
        check_split(parts[name], parts[name][["part", "fold"]], settings.labels.horizon)
        twins[name] = final_twin(parts[name], equipment, settings)
        residuals[name] = cross_fitted(parts[name], twins[name], equipment, settings)
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
        The windows with ``part`` (train, embargo, holdout) and ``fold``.
    """
    split = assign(pd.concat(frames.values(), ignore_index=True), settings.split, settings.seed)
    parts: dict[str, pd.DataFrame] = {}
    start = 0
    for name, frame in frames.items():
        rows = split.iloc[start : start + len(frame)]
        parts[name] = frame.assign(part=rows["part"].to_numpy(), fold=rows["fold"].to_numpy())
        start += len(frame)
    return parts


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
        With a baseline for every asset of the class.
    """
    twin = fit(windows[windows["part"] == "train"], equipment, settings.twin)
    return add_baselines(twin, windows)


def cross_fitted(
    windows: pd.DataFrame, twin: Twin, equipment: Equipment, settings: Settings
) -> pd.DataFrame:
    """Compute residuals as an asset new to the twin would get them.

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
    pandas.DataFrame
        Rows of ``residuals``.
    """
    train = windows["part"] == "train"
    folds = sorted(windows.loc[train, "fold"].unique())
    if len(folds) < 2:
        return expect_windows(twin, windows)
    pieces = [expect_windows(twin, windows[~train])]
    for fold in folds:
        held = windows[train & (windows["fold"] == fold)]
        others = fit(windows[train & (windows["fold"] != fold)], equipment, settings.twin)
        pieces.append(expect_windows(add_baselines(others, held), held))
    joined = pd.concat([piece for piece in pieces if len(piece)], ignore_index=True)
    return joined.sort_values(["asset", "end", "sensor"], ignore_index=True)
