"""Labels from opinions: what experts said of an incident outweighs what the log tells."""

from __future__ import annotations

import pandas as pd

from faultprint.signal.labels import FAULT, HEALTHY

OPINED = {
    "incident": "str",
    "asset": "str",
    "first": "datetime64[ns, UTC]",
    "last": "datetime64[ns, UTC]",
    "verdict": "str",
    "failure_mode": "str",
}
"""Columns of what stands of opinions, one row an incident, and their dtypes."""

_FAULTS = ("known_fault", "new_fault")
_UNUSED = ("sensor_issue", "cause_unknown")
"""What is neither healthy nor a fault that has a name."""


def relabel(windows: pd.DataFrame, opined: pd.DataFrame) -> pd.DataFrame:
    """Let what experts said of incidents label the windows of their time.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows with ``label`` and ``use``.
    opined : pandas.DataFrame
        Columns of :data:`OPINED`: what stands of the opinions on each incident, and its first and
        last window.

    Returns
    -------
    pandas.DataFrame
        The windows; those within an incident that was judged a fault have this fault as label,
        those of normal behaviour are healthy, and those of a sensor issue or of an unknown cause
        are not learnt from (``use`` is ``opinion:<verdict>``). A duplicate says nothing of its own.
        What could not be evaluated stays so.

    Notes
    -----
    Where two incidents of an asset overlap in time, a fault outweighs anything else, and two faults
    are both there.
    """
    labels, uses = windows["label"].copy(), windows["use"].copy()
    able = ~windows["use"].str.startswith("not_evaluable")
    for verdicts in (("sensor_issue", "cause_unknown", "normal_behaviour"), _FAULTS):
        told: dict[int, set[str]] = {}
        for one in opined[opined["verdict"].isin(verdicts)].to_dict("records"):
            inside = able & (windows["asset"] == one["asset"])
            inside &= windows["end"].between(one["first"], one["last"])
            for row in windows.index[inside]:
                told.setdefault(row, set()).add(one["failure_mode"] or one["verdict"])
        for row, said in told.items():
            labels[row], uses[row] = _label(sorted(said), is_fault=verdicts is _FAULTS)
    return windows.assign(label=labels.astype("str"), use=uses.astype("str"))


def _label(said: list[str], *, is_fault: bool) -> tuple[str, str]:
    if is_fault:
        return "|".join(said), FAULT
    doubt = next((one for one in _UNUSED if one in said), "")
    return ("", f"opinion:{doubt}") if doubt else (HEALTHY, HEALTHY)
