"""Folds: what they must not tear apart, and how they are dealt."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Split


def kept_whole(windows: pd.DataFrame, split: Split) -> pd.Series:
    """Name what must not be torn apart by folds.

    Parameters
    ----------
    windows : pandas.DataFrame
        Windows of one equipment class; with ``label``, if it is known.
    split : Split
        ``by`` and ``folds``.

    Returns
    -------
    pandas.Series
        Index of ``windows``: the asset, or asset and stretch. A stretch ends with a run and with a
        fault: what follows is repaired or set anew. An asset that alone holds the healthy windows
        of a fleet is cut into as many stretches of time as there are folds, since a fold must leave
        something healthy to learn from.
    """
    asset = windows["asset"].astype("str")
    by_run = split.by == "run" or (split.by == "auto" and asset.nunique() < 2)
    label = windows["label"] if "label" in windows.columns else asset.map(lambda _: "")
    if by_run:
        frame = pd.DataFrame({"asset": asset, "end": windows["end"], "run": windows.get("run", 0)})
        frame["fault"] = (~label.isin(["", "healthy"])).astype("int64")
        frame = frame.sort_values(["asset", "end"], kind="stable")
        before = frame.groupby("asset").shift()
        ends = (frame["run"] != before["run"]) | ((before["fault"] == 1) & (frame["fault"] == 0))
        return (frame["asset"] + "#" + ends.cumsum().astype("str")).reindex(windows.index)
    holders = asset[label == "healthy"].unique()
    if len(holders) != 1 or asset.nunique() < 2:
        return asset
    alone = asset == holders[0]
    rank = windows.loc[alone, "end"].rank(method="first") - 1
    stretch = (rank * split.folds // alone.sum()).astype("int64").astype("str")
    return asset.where(~alone, asset + "#" + stretch.reindex(windows.index).fillna(""))


def deal(windows: pd.DataFrame, split: Split, rng: np.random.Generator) -> pd.Series:
    """Deal windows of one equipment class to folds.

    Parameters
    ----------
    windows : pandas.DataFrame
        The windows; ``label``, if there, is used to balance the folds.
    split : Split
        How many folds, and what they take as a whole.
    rng : numpy.random.Generator
        Settles ties.

    Returns
    -------
    pandas.Series
        Index of ``windows``; the fold, from 0.
    """
    whole = kept_whole(windows, split)
    grouped = windows.assign(asset=whole)
    if "label" in windows.columns:  # where assets are cut, each fold needs healthy stretches, too
        cut = (whole != windows["asset"].astype("str")) & (windows["label"] == "healthy")
        grouped["label"] = windows["label"].mask(cut, "healthy stretch")
    return whole.map(_balance(_mode_counts(grouped), split.folds, rng)).astype("int64")


def mode_flags(labels: pd.Series) -> pd.DataFrame:
    """Spread labels over failure modes.

    Parameters
    ----------
    labels : pandas.Series
        ``healthy``, empty, or failure modes joined by ``|``.

    Returns
    -------
    pandas.DataFrame
        Index of ``labels``; one column per failure mode, by name, True where the row shows it.
    """
    kinds = {label: set(label.split("|")) - {"", "healthy"} for label in labels.unique()}
    modes = sorted(set().union(*kinds.values()))
    flags = {mode: labels.isin([k for k, have in kinds.items() if mode in have]) for mode in modes}
    return pd.DataFrame(flags, index=labels.index, dtype=bool)


def _mode_counts(windows: pd.DataFrame) -> pd.DataFrame:
    """Count windows of each failure mode (columns) by asset (rows); the last column: all."""
    labels = windows["label"] if "label" in windows.columns else windows["asset"].map(lambda _: "")
    modes = mode_flags(labels)
    counts: pd.DataFrame = modes.groupby(windows["asset"]).sum()
    return counts.assign(**{"": windows.groupby("asset").size()})


def _balance(counts: pd.DataFrame, folds: int, rng: np.random.Generator) -> dict[str, int]:
    """Deal assets to folds, those with the rarest failure mode first."""
    shuffled = counts.iloc[rng.permutation(len(counts))]
    modes = shuffled.drop(columns="").to_numpy(dtype=np.float64) > 0
    sizes = shuffled[""].to_numpy(dtype=np.float64)
    spread = modes.sum(axis=0)
    rarity = np.where(modes, 1.0 / np.maximum(spread, 1.0), 0.0)
    order = np.lexsort((-sizes, -rarity.max(axis=1, initial=0.0)))
    held = np.zeros((min(folds, len(shuffled)), modes.shape[1]))
    filled: NDArray[np.float64] = np.zeros(len(held))
    dealt = {}
    for row in order:
        crowding = held @ rarity[row]
        fold = int(np.lexsort((filled, crowding))[0])
        held[fold] += modes[row]
        filled[fold] += sizes[row]
        dealt[str(shuffled.index[row])] = fold
    return dealt
