"""What was recorded of incidents: their pictures, when they began, what known faults look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import Equipment
from faultprint.faults.discovery.change_points import Onset, direction_of, find_onset
from faultprint.faults.discovery.picture import Floats, Pictures, picture, picture_columns
from faultprint.faults.learning.space import squash
from faultprint.faults.model import ClassModel

_CARE = ("failure", "maintenance")
_LONG_AGO = pd.Timestamp("1900-01-01", tz="UTC")


@dataclass(frozen=True)
class GroupedIncident:
    """One incident of a group."""

    incident: str
    asset: str
    first_seen: pd.Timestamp
    opened: pd.Timestamp
    cleared: pd.Timestamp | None
    onset: Onset | None
    """When the deviation began; nothing where it cannot be told."""


@dataclass(frozen=True, eq=False)
class Archive:
    """What was recorded of one equipment class."""

    incidents: pd.DataFrame
    """Rows of ``incidents`` of the release, of every verdict."""
    windows: pd.DataFrame
    """Rows of ``incident_windows`` of the release."""
    residuals: pd.DataFrame
    """Rows of ``residuals``."""
    events: pd.DataFrame
    """Rows of ``events``; empty if there is no log."""

    def of_class(self, equipment_class: str) -> Archive:
        """Take one equipment class.

        Parameters
        ----------
        equipment_class : str
            Which.

        Returns
        -------
        Archive
            Its incidents and their windows; residuals and events of all.
        """
        mine = self.incidents["equipment_class"] == equipment_class
        windows = self.windows["equipment_class"] == equipment_class
        return Archive(self.incidents[mine], self.windows[windows], self.residuals, self.events)


def pictures_of(
    incidents: pd.DataFrame, windows: pd.DataFrame, model: ClassModel, equipment: Equipment
) -> Pictures:
    """Make the pictures of incidents.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Rows of ``incidents`` of one equipment class.
    windows : pandas.DataFrame
        Rows of ``incident_windows`` of the same release.
    model : ClassModel
        The model that judged.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    Pictures
        One for each incident that has windows, sorted by incident.
    """
    columns = picture_columns(model.features, equipment)
    mine = windows[windows["incident"].isin(incidents["incident"])]
    names, rows = [], []
    for name, part in mine.sort_values(["incident", "end"]).groupby("incident", sort=True):
        values = np.array(part["values"].tolist(), dtype=np.float64)
        names.append(str(name))
        rows.append(picture(values, model.healthy)[list(columns)])
    shape = (len(names), len(columns))
    return Pictures(
        tuple(names), tuple(model.features[i] for i in columns), np.array(rows).reshape(shape)
    )


def typical_pictures(model: ClassModel, columns: tuple[int, ...]) -> dict[str, Floats]:
    """Give the typical picture of every known fault.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    columns : tuple[int, ...]
        Positions of the features that a picture shows.

    Returns
    -------
    dict[str, NDArray[numpy.float64]]
        Failure mode -> squashed healthy scales.
    """
    place = list(columns)
    return {
        mode: squash(model.healthy.units(values[None]))[0, place]
        for mode, values in sorted(model.typical.items())
    }


def average_residuals(residuals: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Average the residuals of each incident over its abnormal windows.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Rows of ``residuals``.
    rows : pandas.DataFrame
        Rows of ``incident_windows``.

    Returns
    -------
    pandas.DataFrame
        ``observed``, ``expected`` and ``deviance``, by incident and sensor.
    """
    both = residuals.merge(rows[["asset", "end", "incident"]], on=["asset", "end"])
    columns = ["observed", "expected", "deviance"]
    return both.groupby(["incident", "sensor"])[columns].mean()


def date_incident(row: pd.Series, archive: Archive, during: pd.DataFrame) -> GroupedIncident:
    """Say when the deviation of an incident began.

    Parameters
    ----------
    row : pandas.Series
        The incident's row of ``incidents``.
    archive : Archive
        What was recorded of its equipment class.
    during : pandas.DataFrame
        Averages, as from :func:`average_residuals`.

    Returns
    -------
    GroupedIncident
        The incident with its onset.
    """
    asset, first = str(row["asset"]), row["first_seen"]
    weights: dict[str, float] = {}
    if row["incident"] in during.index.get_level_values("incident"):
        mean = during.loc[row["incident"], "deviance"]
        weights = direction_of({str(sensor): float(v) for sensor, v in mean.items()})
    mine = archive.residuals[archive.residuals["asset"] == asset]
    since = last_rest(asset, first, archive)
    return GroupedIncident(
        incident=str(row["incident"]),
        asset=asset,
        first_seen=first,
        opened=row["opened"],
        cleared=None if pd.isna(row["cleared"]) else row["cleared"],
        onset=find_onset(mine, since, first, row["opened"], weights),
    )


def last_rest(asset: str, first_seen: pd.Timestamp, archive: Archive) -> pd.Timestamp:
    """Find the instant before which a deviation cannot have begun.

    Parameters
    ----------
    asset : str
        The asset.
    first_seen : pandas.Timestamp
        First abnormal window of the incident.
    archive : Archive
        What was recorded.

    Returns
    -------
    pandas.Timestamp
        The last failure or maintenance, or the end of the last alarm, before it; repairs of the
        day before do not count, since a log is kept to the day. Long ago if there is none.
    """
    events, incidents = archive.events, archive.incidents
    mine = events[(events["asset"] == asset) & events["kind"].isin(_CARE)]
    cared = mine.loc[mine["time"] < first_seen - pd.Timedelta(days=1), "time"].max()
    ended = incidents.loc[incidents["asset"] == asset, "cleared"]
    rested = ended[ended <= first_seen].max()
    return max([when for when in (cared, rested) if pd.notna(when)], default=_LONG_AGO)
