"""The one scoring path: a release and readings in, tables out.

Batch scoring, the HTTP service, the judging of a candidate and its comparison with the incumbent
all come through :class:`Scorer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd

from faultprint import tables
from faultprint.errors import ReleaseError
from faultprint.faults.diagnosis.doubts import Known, with_doubts
from faultprint.faults.lifecycle import deprecations
from faultprint.faults.match import diagnose
from faultprint.faults.provisional import Marks, with_marks
from faultprint.faults.release import Release, release_from_parts
from faultprint.faults.rules.matching import match_rules
from faultprint.serve.describing import Described, attributes_of, describe_asset
from faultprint.serve.hearing import hear
from faultprint.state.alarms import raise_incidents, with_alarms
from faultprint.state.spells import spells_table
from faultprint.store.bundle import read_bundle
from faultprint.store.manifest import Manifest
from faultprint.store.site_marks import read_marks
from faultprint.twin.baseline import commission


@dataclass(frozen=True)
class Scored:
    """What scoring gives: one table per boundary, and what was refused."""

    windows: dict[str, pd.DataFrame]
    """Windows per equipment class, since classes differ in their descriptors."""
    residuals: pd.DataFrame
    states: pd.DataFrame
    diagnoses: pd.DataFrame
    incidents: pd.DataFrame
    sensor_health: pd.DataFrame
    """When a sensor was not believed; drifts alone where only windows were given."""
    refused: pd.DataFrame
    """``asset`` and ``reason`` of assets the release cannot judge."""


class Scorer:
    """Scores readings with one release and nothing else.

    Parameters
    ----------
    release : Release
        Models, twins, signatures and the settings they were learnt with.
    label : str
        Name of the release, written into every row.
    marks : Marks | None, default None
        Signatures that are provisional at this site, and why; told in the evidence.
    """

    def __init__(self, release: Release, label: str, marks: Marks | None = None) -> None:
        self.release = release
        self.label = label
        self.marks = marks or {}

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """Load a release from its export directory, verifying every part.

        Parameters
        ----------
        folder : Path
            Directory with ``manifest.json``.

        Returns
        -------
        Scorer
            Ready to score.
        """
        manifest, parts = read_bundle(folder)
        marks = read_marks(folder, manifest.content_hash)
        return cls(readable_release(parts, manifest), manifest.label, marks)

    def score(self, readings: pd.DataFrame, events: pd.DataFrame, assets: pd.DataFrame) -> Scored:
        """Score the readings of any number of assets.

        Parameters
        ----------
        readings : pandas.DataFrame
            Rows of ``readings``.
        events : pandas.DataFrame
            Rows of ``events``.
        assets : pandas.DataFrame
            Rows of ``assets``; they say of which class each asset is.

        Returns
        -------
        Scored
            The tables, sorted by asset and time.
        """
        parts: list[Scored] = []
        refused: list[dict[str, str]] = []
        classes = dict(zip(assets["asset"], assets["equipment_class"], strict=True))
        attributes = attributes_of(assets)
        for asset, rows in readings.groupby("asset", sort=True):
            name = str(asset)
            reason = self._refusal(name, classes)
            if reason:
                refused.append({"asset": name, "reason": reason})
                continue
            mine = events[events["asset"] == name]
            described = self.describe(rows, mine, classes[name], attributes[name])
            parts.append(self._with_health(name, described, self.score_windows(described.windows)))
        return _joined(parts, refused)

    def describe(
        self,
        readings: pd.DataFrame,
        events: pd.DataFrame,
        equipment_class: str,
        attributes: Mapping[str, str | int | float] | None = None,
    ) -> Described:
        """Cut and describe the readings of one asset, as the release was learnt.

        Parameters
        ----------
        readings : pandas.DataFrame
            Rows of ``readings`` of one asset.
        events : pandas.DataFrame
            Its rows of ``events``.
        equipment_class : str
            Its equipment class.
        attributes : Mapping[str, str | int | float] | None, default None
            Its attributes, such as the geometry of its bearing.

        Returns
        -------
        Described
            Windows, not labelled, in which bad sensors have no descriptors; and these sensors.
        """
        return describe_asset(readings, events, equipment_class, self.release.scoring, attributes)

    def score_windows(self, windows: pd.DataFrame) -> Scored:
        """Score described windows of one equipment class.

        Parameters
        ----------
        windows : pandas.DataFrame
            Rows of ``windows``, all of one class.

        Returns
        -------
        Scored
            The tables, sorted by asset and time.
        """
        if windows.empty:
            return _joined([], [])
        name = str(windows["equipment_class"].iloc[0])
        twin, windows = commission(self.release.twins[name], windows)
        heard = hear(twin, windows, self.release.scoring, self.label)
        states, diagnoses = diagnose(
            self.release.models[name],
            self.release.signatures,
            heard.windows,
            heard.believed,
            self.label,
            self.release.taught.get(name),
        )
        judged = (states, diagnoses)
        states, diagnoses = match_rules(self.release, heard.windows, heard.believed, judged)
        known = Known(self.release.models[name], twin, self.release.taught.get(name))
        diagnoses = with_doubts(known, heard.windows, heard.believed, diagnoses)
        diagnoses = with_marks(diagnoses, self.marks)
        old = deprecations(self.release.signatures)
        diagnoses = with_marks(diagnoses, old, "deprecated")
        detect = self.release.scoring.detect
        states = with_alarms(states, detect)
        incidents = raise_incidents(diagnoses, states, detect)
        nothing = _joined([], [])
        return replace(
            nothing,
            windows={name: heard.windows},
            residuals=heard.residuals,
            sensor_health=heard.drifts,
            states=states,
            diagnoses=diagnoses,
            incidents=incidents,
        )

    def _with_health(self, asset: str, described: Described, scored: Scored) -> Scored:
        """Add when the readings showed that a sensor of the asset was bad."""
        found = spells_table(asset, described.spells, self.label)
        both = [table for table in (found, scored.sensor_health) if len(table)] or [found]
        keys = ["sensor", "since", "kind"]
        health = pd.concat(both, ignore_index=True).sort_values(keys, ignore_index=True)
        return replace(scored, sensor_health=health)

    def _refusal(self, asset: str, classes: dict[str, str]) -> str:
        """Say why an asset cannot be judged by this release, or nothing."""
        if asset not in classes:
            return "not in the asset register, so its equipment class is unknown"
        if classes[asset] not in self.release.models:
            known = ", ".join(sorted(self.release.models)) or "none"
            return f"release {self.label} knows no {classes[asset]!r}; it knows: {known}"
        return ""


def readable_release(parts: Mapping[str, bytes], manifest: Manifest) -> Release:
    """Read a release from its verified parts.

    Parameters
    ----------
    parts : Mapping[str, bytes]
        Path -> content.
    manifest : Manifest
        Of the same folder.

    Returns
    -------
    Release
        Ready to score with.

    Raises
    ------
    ReleaseError
        If this version of Faultprint cannot read it; the layout that it was written in is told.
    """
    try:
        return release_from_parts(parts)
    except ReleaseError as error:
        raise ReleaseError.because(
            f"release {manifest.label}, written in protocol {manifest.protocol}, with {error.got}",
            error.expected,
            error.do,
        ) from error


def _joined(parts: list[Scored], refused: list[dict[str, str]]) -> Scored:
    windows: dict[str, list[pd.DataFrame]] = {}
    for part in parts:
        for name, frame in part.windows.items():
            windows.setdefault(name, []).append(frame)
    return Scored(
        {name: pd.concat(frames, ignore_index=True) for name, frames in windows.items()},
        refused=pd.DataFrame(refused, columns=["asset", "reason"]).astype("str"),
        **{name: _stacked(name, parts) for name in _TABLES},
    )


_TABLES = tuple(f.name for f in fields(Scored) if f.name not in {"windows", "refused"})


def _stacked(name: str, parts: list[Scored]) -> pd.DataFrame:
    frames: Iterator[pd.DataFrame] = (getattr(part, name) for part in parts)
    full = [frame for frame in frames if not frame.empty]
    return pd.concat(full, ignore_index=True) if full else tables.empty(name)
