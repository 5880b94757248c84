"""What a release can see: which failure mode on which asset, and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.learning.design import DEVIANCE, source_of
from faultprint.faults.model import ClassModel
from faultprint.faults.pages.contrasts import confusable, tell_apart
from faultprint.records import Signature, Symptom
from faultprint.signal.recipes import PAIR
from faultprint.state.distrust import DISTRUSTED

Ability = Literal["isolable", "ambiguous", "detectable", "blind"]
Flags = NDArray[np.bool_]

RECENT = timedelta(days=30)
"""The last part of an asset's history, which says what its sensors can do now."""
ENOUGH = 0.5
"""Share of recent windows in which a fault must be judgeable."""
CONFUSED = 0.15
"""Share of the windows of one fault given to another from which the two are one group."""
_HALF = 0.5
"""Share of its symptoms a fault can lose before it is not judged, as in ``faults.match``."""


@dataclass(frozen=True)
class Cell:
    """What a release can say of one failure mode on one asset."""

    equipment_class: str
    failure_mode: str
    asset: str
    ability: Ability
    """``isolable``: seen and told from the others; ``ambiguous``: seen, not told from ``beside``;
    ``detectable``: seen, not named; ``blind``: not seen."""
    reason: str
    """Why it is not isolable; empty if it is."""
    beside: tuple[str, ...] = ()
    """Failure modes it is not told from."""
    missing: tuple[str, ...] = ()
    """Sensors for want of which it is blind."""
    judged: float = 0.0
    """Share of the recent evaluable windows in which it could be judged."""


@dataclass(frozen=True)
class Gain:
    """What one more sensor would buy."""

    equipment_class: str
    sensor: str
    cells: tuple[tuple[str, str], ...]
    """Asset and failure mode of each cell that would not be blind any more."""


@dataclass(frozen=True)
class Coverage:
    """What a release can see."""

    cells: tuple[Cell, ...]
    gains: tuple[Gain, ...]
    """Largest first."""

    def counts(self) -> dict[str, int]:
        """Count the cells by ability.

        Returns
        -------
        dict[str, int]
            ``isolable``, ``ambiguous``, ``detectable``, ``blind``.
        """
        names: tuple[Ability, ...] = ("isolable", "ambiguous", "detectable", "blind")
        return {name: sum(c.ability == name for c in self.cells) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {**asdict(self), "counts": self.counts()}


@dataclass(frozen=True, eq=False)
class Fleet:
    """One equipment class: what is known of its faults, and what its sensors say."""

    equipment_class: str
    model: ClassModel | None
    """None if the release does not know the class."""
    signatures: tuple[Signature, ...]
    windows: pd.DataFrame
    """Rows of ``windows`` of the class."""
    modes: tuple[str, ...]
    """Failure modes that happened to it."""
    refused: Mapping[str, str]
    """Failure mode -> why it got no signature."""
    found: Mapping[str, tuple[int, int]]
    """Failure mode -> failures found by any incident, and failures, on what was not learnt from."""


def cover(fleets: list[Fleet], recent: timedelta = RECENT) -> Coverage:
    """Say for each failure mode and asset what a release can see.

    Parameters
    ----------
    fleets : list[Fleet]
        The equipment classes.
    recent : timedelta, default RECENT
        How much of the end of each asset's history tells what its sensors can do.

    Returns
    -------
    Coverage
        A cell for each asset and each failure mode that happened to its class or has a signature.

    Notes
    -----
    A fault is judged in a window by the rule of ``faults.match``: its leading symptom and more than
    half of all were measured, and no sensor it needs is distrusted. Whether it is told from another
    is the confusion out of fold, and whether anything that reads differently in the two is measured
    on this asset. Whether it is named at all is what its held-out failures say.
    """
    cells: list[Cell] = []
    gains: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for fleet in fleets:
        by_mode = {s.failure_mode: s for s in fleet.signatures}
        for asset, windows in _recent(fleet.windows, recent):
            for mode in sorted(set(fleet.modes) | set(by_mode)):
                cell = _cell(fleet, mode, asset, windows)
                cells.append(cell)
                for sensor in _buys(by_mode[mode], windows, cell) if cell.missing else ():
                    gains.setdefault((fleet.equipment_class, sensor), []).append((asset, mode))
    ordered = sorted(gains.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return Coverage(
        tuple(sorted(cells, key=lambda c: (c.equipment_class, c.failure_mode, c.asset))),
        tuple(Gain(name, sensor, tuple(sorted(rows))) for (name, sensor), rows in ordered),
    )


def judgeable(signature: Signature, windows: pd.DataFrame, given: str = "") -> Flags:
    """Mark the windows in which a fault could be judged.

    Parameters
    ----------
    signature : Signature
        The fault.
    windows : pandas.DataFrame
        Rows of ``windows`` of its class.
    given : str, default ''
        A sensor taken as if it had been good throughout.

    Returns
    -------
    NDArray[numpy.bool_]
        One per window.
    """
    if not signature.symptoms:
        return np.ones(len(windows), dtype=np.bool_)
    seen = np.column_stack([_measured(s, windows, given) for s in signature.symptoms])
    able = seen[:, 0] & ((~seen).mean(axis=1) < _HALF)
    for sensor in signature.required_sensors if DISTRUSTED in windows else ():
        if sensor != given:
            told = "|" + windows[DISTRUSTED].astype("str")
            able &= ~told.str.contains(f"|{sensor}:", regex=False).to_numpy(dtype=np.bool_)
    return np.asarray(able, dtype=np.bool_)


def _measured(symptom: Symptom, windows: pd.DataFrame, given: str) -> Flags:
    sensor = symptom.descriptor.removesuffix(DEVIANCE)
    column = symptom.descriptor if sensor == symptom.descriptor else f"{sensor}.mean"
    if given and given in _sensors(symptom):
        return np.ones(len(windows), dtype=np.bool_)
    if column not in windows:
        return np.zeros(len(windows), dtype=np.bool_)
    return windows[column].notna().to_numpy(dtype=np.bool_)


def _sensors(symptom: Symptom) -> list[str]:
    return source_of(symptom.descriptor).split(PAIR)


def _recent(windows: pd.DataFrame, recent: timedelta) -> list[tuple[str, pd.DataFrame]]:
    return [
        (str(asset), rows[rows["end"] > rows["end"].max() - pd.Timedelta(recent)])
        for asset, rows in windows.groupby("asset", sort=True)
    ]


def _cell(fleet: Fleet, mode: str, asset: str, windows: pd.DataFrame) -> Cell:
    where = fleet.equipment_class, mode, asset
    by_mode = {s.failure_mode: s for s in fleet.signatures}
    evaluable = windows[windows["reason"] == ""]
    if fleet.model is None:
        return Cell(*where, "blind", f"the release knows no {fleet.equipment_class}")
    if evaluable.empty:
        why = windows["reason"].mode().iloc[0]
        return Cell(*where, "blind", f"not evaluable lately: {why}", missing=())
    if mode not in by_mode:
        return _unsigned(fleet, where)
    signature = by_mode[mode]
    able = judgeable(signature, windows)[(windows["reason"] == "").to_numpy()]
    share = float(f"{able.mean():.4g}")
    if share < ENOUGH:
        lost = _lost(signature, evaluable)
        return Cell(*where, "blind", f"sensors missing: {', '.join(lost)}", (), lost, share)
    return _seen(fleet, signature, where, evaluable, share)


def _unsigned(fleet: Fleet, where: tuple[str, str, str]) -> Cell:
    """Judge a failure mode that the release cannot name."""
    hits, n = fleet.found.get(where[1], (0, 0))
    why = fleet.refused.get(where[1], "it was not among what was learnt from")
    if hits:
        return Cell(*where, "detectable", f"no signature ({why}): {hits} of {n} found, not named")
    never = f"; none of {n} found" if n else ""
    return Cell(*where, "blind", f"no signature: {why}{never}")


def _seen(
    fleet: Fleet,
    signature: Signature,
    where: tuple[str, str, str],
    windows: pd.DataFrame,
    share: float,
) -> Cell:
    recall = signature.performance.recall
    if recall.n and not recall.hits:
        reason = f"named in none of {recall.n} held-out occurrences"
        return Cell(*where, "detectable", reason, judged=share)
    others = {s.failure_mode: s for s in fleet.signatures if s is not signature}
    often = [m for m in confusable(signature, others.values(), CONFUSED) if m in others]
    same = [m for m, other in others.items() if not _told_apart(fleet, signature, other, windows)]
    if often or same:
        beside = tuple(dict.fromkeys([*often, *sorted(same)]))
        lacking = [m for m in same if m not in often]
        reason = f"windows given to {', '.join(often)}" if often else ""
        if lacking:
            what = f"nothing that tells it from {', '.join(sorted(lacking))} is measured here"
            reason = f"{reason}; {what}" if reason else what
        return Cell(*where, "ambiguous", reason, beside, (), share)
    return Cell(*where, "isolable", "", judged=share)


def _told_apart(fleet: Fleet, one: Signature, other: Signature, windows: pd.DataFrame) -> bool:
    """Say whether anything that reads differently in two faults is measured on an asset."""
    assert fleet.model is not None
    found = tell_apart(fleet.model, one, other, len(fleet.model.features))
    names = {c.descriptor for c in found}
    symptoms = [s for by in (one, other) for s in by.symptoms if s.descriptor in names]
    return any(_measured(s, windows, "").mean() >= ENOUGH for s in symptoms)


def _lost(signature: Signature, windows: pd.DataFrame) -> tuple[str, ...]:
    """Name the sensors for want of which a fault is not judged."""
    lost: dict[str, float] = {}
    told = "|" + windows[DISTRUSTED].astype("str") if DISTRUSTED in windows else None
    for symptom in signature.symptoms:
        gone = 1 - float(_measured(symptom, windows, "").mean())
        for sensor in _sensors(symptom):
            single = _sensors(symptom) == [sensor] or f"{sensor}.mean" not in windows
            share = gone if single else float(windows[f"{sensor}.mean"].isna().mean())
            lost[sensor] = max(lost.get(sensor, 0.0), share)
    for sensor in signature.required_sensors:
        if told is None:
            break
        doubted = float(told.str.contains(f"|{sensor}:", regex=False).mean()) if len(windows) else 0
        lost[sensor] = max(lost.get(sensor, 0.0), doubted)
    most = [sensor for sensor, share in sorted(lost.items()) if share > 1 - ENOUGH]
    return tuple(most or sorted(lost, key=lambda s: (-lost[s], s))[:1])


def _buys(signature: Signature, windows: pd.DataFrame, cell: Cell) -> list[str]:
    """Name the sensors any one of which would end the blindness."""
    good = (windows["reason"] == "").to_numpy()
    return [s for s in cell.missing if judgeable(signature, windows, s)[good].mean() >= ENOUGH]
