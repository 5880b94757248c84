"""Test cases of a signature: ten kinds, made from two recorded stretches of one asset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from faultprint.config import Equipment, Windows
from faultprint.records import Signature
from faultprint.tables import QUALITY, QUALITY_SUFFIX

KINDS = (
    "fault",
    "normal",
    "missing_sensor",
    "equipment_off",
    "boundary",
    "irregular_sampling",
    "start_up",
    "out_of_order",
    "duplicate_time",
    "gap",
)
_MOST = 0.9
"""Share of the recorded fault that must still be named."""
_KEPT = 0.85
"""Share of the readings that irregular sampling leaves."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What scoring said of the readings of a case."""

    diagnoses: pd.DataFrame
    incidents: pd.DataFrame
    windows: pd.DataFrame
    refusal: str = ""
    """Why the readings were refused; empty if they were scored."""


@dataclass(frozen=True, eq=False)
class Case:
    """Readings to be scored, or why this kind does not apply."""

    readings: pd.DataFrame | None
    why_not: str = ""


def make_cases(
    signature: Signature,
    equipment: Equipment,
    windows: Windows,
    fault: pd.DataFrame,
    normal: pd.DataFrame,
) -> dict[str, Case]:
    """Make the ten cases of a signature.

    Parameters
    ----------
    signature : Signature
        The signature.
    equipment : Equipment
        Its equipment class.
    windows : Windows
        How windows are cut.
    fault : pandas.DataFrame
        Rows of ``readings`` of one asset that end while the fault is there.
    normal : pandas.DataFrame
        Rows of the same asset while it was healthy.

    Returns
    -------
    dict[str, Case]
        Kind -> case, in the order of :data:`KINDS`. Equal arguments give equal cases.
    """
    random = np.random.default_rng(len(fault))
    kept = np.sort(random.choice(len(fault), int(_KEPT * len(fault)), replace=False))
    order, again = random.permutation(len(fault)), np.arange(0, len(fault), 10)
    repeated = pd.concat([fault, fault.iloc[again]]).sort_values("time", kind="stable")
    cases = {
        "fault": Case(fault),
        "normal": Case(normal),
        "missing_sensor": _without_sensor(signature, fault),
        "equipment_off": _switched_off(equipment, fault),
        "boundary": Case(_weakened(fault, normal, equipment)),
        "irregular_sampling": Case(fault.iloc[kept]),
        "start_up": _beginning(windows, fault),
        "out_of_order": Case(fault.iloc[order]),
        "duplicate_time": Case(repeated),
        "gap": _interrupted(windows, fault),
    }
    return {
        kind: Case(
            None if case.readings is None else case.readings.reset_index(drop=True), case.why_not
        )
        for kind, case in cases.items()
    }


def judge_case(
    kind: str, signature: Signature, equipment: Equipment, answer: Answer, whole: Answer
) -> str:
    """Say why a case fails.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    signature : Signature
        The signature.
    equipment : Equipment
        Its equipment class.
    answer : Answer
        What scoring said of the case.
    whole : Answer
        What it said of the case ``fault``.

    Returns
    -------
    str
        The reason; empty if it passes.

    Notes
    -----
    The fault is named by at least one window; so it is when sampled irregularly, with a gap, or
    nine tenths as strong (``boundary``: normal symptoms of the nearest conditions are mixed in).
    Normal readings raise no incident. Without a sensor that
    windows require, switched off, or with half a window of history, nothing is judged. Out of order
    gives the same answer as in order; repeated times give the same, or are refused. No window
    reaches over a gap.
    """
    mode, told = signature.failure_mode, answer.diagnoses
    if answer.refusal:
        return "" if kind == "duplicate_time" else f"refused: {answer.refusal}"
    if kind == "normal":
        return f"{len(answer.incidents)} incidents" if len(answer.incidents) else ""
    if kind in {"out_of_order", "duplicate_time"}:
        return "" if _same(told, whole.diagnoses) else "another answer than in order"
    if kind in {"equipment_off", "start_up"} or (
        kind == "missing_sensor" and equipment.sensors[signature.required_sensors[0]].required
    ):
        judged = int((told["verdict"] != "not_evaluable").sum())
        return f"{judged} windows judged" if judged else ""
    if kind == "missing_sensor":
        return ""  # an optional sensor: it is enough that it is scored
    reaching = _over_gap(answer.windows, whole.windows) if kind == "gap" else 0
    if reaching:
        return f"{reaching} windows reach over the gap"
    return "" if (told["failure_mode"] == mode).any() else f"no window names {mode}"


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    columns = ["end", "verdict", "failure_mode"]
    return one[columns].equals(other[columns])


def _over_gap(windows: pd.DataFrame, whole: pd.DataFrame) -> int:
    """Count evaluated windows that lie in a run with readings from before and after the gap."""
    runs = windows.loc[windows["reason"] == "", "run"].nunique()
    before = whole.loc[whole["reason"] == "", "run"].nunique()
    return int(runs <= before) if runs else 0


def _sensors(readings: pd.DataFrame) -> list[str]:
    return [c for c in readings.columns if f"{c}{QUALITY_SUFFIX}" in readings.columns]


def _without_sensor(signature: Signature, fault: pd.DataFrame) -> Case:
    sensor = signature.required_sensors[0] if signature.required_sensors else ""
    if sensor not in fault.columns:
        return Case(None, "it needs no sensor")
    blind = fault.copy()
    blind[sensor] = np.nan
    blind[f"{sensor}{QUALITY_SUFFIX}"] = np.uint8(QUALITY["missing"])
    return Case(blind)


def _switched_off(equipment: Equipment, fault: pd.DataFrame) -> Case:
    if equipment.running is None:
        return Case(None, "the class always runs")
    return Case(fault.assign(**{equipment.running.sensor: equipment.running.above - 1.0}))


def _weakened(fault: pd.DataFrame, normal: pd.DataFrame, equipment: Equipment) -> pd.DataFrame:
    """Weaken the fault: mix into each row what normal symptoms read under the same conditions."""
    well, mixed = _alike(fault, normal, equipment), fault.copy()
    for name in equipment.named("symptom"):
        if name in _sensors(fault):
            ill, calm = (frame[name].to_numpy(dtype=np.float64) for frame in (fault, well))
            mixed[name] = np.where(np.isfinite(calm), _MOST * ill + (1 - _MOST) * calm, ill)
    return mixed


def _alike(fault: pd.DataFrame, normal: pd.DataFrame, equipment: Equipment) -> pd.DataFrame:
    """Find for each row of the fault the normal one whose operating conditions are nearest.

    The two stretches lie months apart: row by row, the symptoms of another speed or load would be
    mixed in, which look like another fault.
    """
    names = [name for name in equipment.named("condition") if name in _sensors(normal)]
    if not names:
        return normal.iloc[np.arange(len(fault)) % len(normal)]
    ill, well = (frame[names].astype("float64") for frame in (fault, normal))
    middle = well.median().fillna(0.0)
    scale = (well.quantile(0.9) - well.quantile(0.1)).replace(0.0, 1.0).fillna(1.0)
    places = [((frame - middle) / scale).fillna(0.0).to_numpy() for frame in (well, ill)]
    nearest: NDArray[np.int64] = cKDTree(places[0]).query(places[1])[1]
    return normal.iloc[nearest]


def _beginning(windows: Windows, fault: pd.DataFrame) -> Case:
    if windows.by != "time":
        return Case(None, f"windows are cut by {windows.by}")
    since = fault["time"].max() - pd.Timedelta(windows.length) / 2
    return Case(fault[fault["time"] > since])


def _interrupted(windows: Windows, fault: pd.DataFrame) -> Case:
    if windows.by != "time":
        return Case(None, f"windows are cut by {windows.by}")
    first, last = fault["time"].min(), fault["time"].max()
    begin = first + (last - first) / 3
    hole = (fault["time"] > begin) & (fault["time"] < begin + 1.5 * pd.Timedelta(windows.max_gap))
    return Case(fault[~hole])
