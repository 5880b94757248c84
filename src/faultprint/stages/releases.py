"""Releases as people work with them: published under the policy, exported, taken in from a site."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Running, Windows
from faultprint.errors import ReleaseError
from faultprint.faults.provisional import Cover, provisional
from faultprint.faults.release import Release, ScoringSettings
from faultprint.serve.score import readable_release
from faultprint.stages.acceptance import OWN, Publication, accept, offer
from faultprint.store.bundle import read_bundle
from faultprint.store.manifest import Manifest
from faultprint.store.parquet import list_assets, read_readings
from faultprint.store.signature_db import ReleaseRow, SignatureDatabase
from faultprint.store.site_marks import write_marks
from faultprint.store.sources.units import same_unit
from faultprint.store.table_units import read_units
from faultprint.tables import QUALITY, QUALITY_SUFFIX

PROVISIONAL = "provisional"
"""Kind of the note that says which signatures are provisional at this site, and why."""

_QUANTILES = 101


def export_current(database: SignatureDatabase, folder: Path) -> Manifest:
    """Export the current release, with what holds at this site beside it.

    Parameters
    ----------
    database : SignatureDatabase
        The database.
    folder : Path
        Folder to make or replace.

    Returns
    -------
    Manifest
        Of what was exported.
    """
    current = database.current()
    marks = (database.note(current.version, PROVISIONAL) or {}).get("signatures", {})
    if marks:  # before the release: the marks of another one say nothing
        write_marks(folder, current.content_hash, marks)
    manifest = database.export(current.version, folder)
    write_marks(folder, current.content_hash, marks)
    return manifest


def publish_release(
    database_url: str, candidate: Path, folder: Path, how: Publication
) -> tuple[ReleaseRow, tuple[str, ...]]:
    """Publish a candidate that the policy allows, make it the current release and export it.

    Parameters
    ----------
    database_url : str
        SQLAlchemy URL of the signature database.
    candidate : Path
        Folder of a candidate, or of a release whose signatures move on in their life.
    folder : Path
        Where the current release is exported to.
    how : Publication
        Who publishes, and what.

    Returns
    -------
    tuple[ReleaseRow, tuple[str, ...]]
        The release, now current, and what became of the statuses of signatures made anew.
    """
    database = SignatureDatabase(database_url)
    if how.expected is None:
        there = database.current().version if database.releases() else ""
        how = replace(how, expected=there)
    manifest, given = read_bundle(candidate)
    readable_release(given, manifest)
    offered = offer(database_url, given, how)
    header = {key: said for key, said in manifest.provenance.items() if key not in OWN}
    if how.reason:
        header["adopted"] = how.reason
    row = accept(database_url, offered, header, how)
    export_current(database, folder)
    return row, offered.told


def take_in(
    database_url: str, bundle: Path, author: str, site: str, tables: Path | None
) -> tuple[ReleaseRow, dict[str, tuple[str, ...]]]:
    """Add a release that was exported elsewhere; it does not become the current one.

    Parameters
    ----------
    database_url : str
        SQLAlchemy URL of the signature database.
    bundle : Path
        Folder of the export; every byte is verified.
    author : str
        Who takes it in.
    site : str
        Where it comes from; empty for this site.
    tables : Path | None
        Folder of tables of this site: what lies outside of what they cover is provisional.

    Returns
    -------
    tuple[ReleaseRow, dict[str, tuple[str, ...]]]
        The release, and the provisional signatures with the reasons. Its content is as it was.

    Raises
    ------
    ReleaseError
        If it comes from another site and there are no tables to compare with.
    """
    manifest, parts = read_bundle(bundle)
    release = readable_release(parts, manifest)
    notes: dict[str, dict[str, Any]] = {}
    marks: dict[str, tuple[str, ...]] = {}
    if site:
        if tables is None:
            raise ReleaseError.because(
                f"a release from site {site!r} and no tables of this site",
                "readings, to see what they cover",
                "name the folder of tables",
            )
        marks = _marks(release, tables)
        told = {name: list(why) for name, why in marks.items()}
        notes[PROVISIONAL] = {"site": site, "signatures": told}
    database = SignatureDatabase(database_url)
    return database.take_in(manifest, parts, release.signatures, author, notes), marks


def covers(tables: Path, scoring: ScoringSettings) -> dict[str, Cover]:
    """Say what the readings of a site cover.

    Parameters
    ----------
    tables : Path
        Folder of tables.
    scoring : ScoringSettings
        How the release cuts windows, and when its equipment runs.

    Returns
    -------
    dict[str, Cover]
        By equipment class: units, and quantiles of the means of good readings over windows.
    """
    units = read_units(tables)
    found = {}
    for name, group in itertools.groupby(list_assets(tables), key=lambda pair: pair[0]):
        running = scoring.equipment[name].running if name in scoring.equipment else None
        means = pd.concat(
            [
                _means(read_readings(tables, name, asset), running, scoring.windows)
                for _, asset in group
            ],
            ignore_index=True,
        )
        grid = means.quantile(np.linspace(0, 1, _QUANTILES)).dropna(axis=1)
        values = {str(c): tuple(map(float, grid[c])) for c in grid.columns}
        found[name] = Cover(units.get(name, {}), values)
    return found


def _means(readings: pd.DataFrame, running: Running | None, windows: Windows) -> pd.DataFrame:
    """Average the good readings of an asset over windows, as descriptors do."""
    if running and running.sensor in readings.columns:
        readings = readings[readings[running.sensor] > running.above]
    good = pd.DataFrame(
        {
            name: readings[name].where(readings[f"{name}{QUALITY_SUFFIX}"] == QUALITY["good"])
            for name in readings.columns
            if f"{name}{QUALITY_SUFFIX}" in readings.columns
        }
    )
    if windows.by == "segment":
        return good.groupby(readings["segment"]).mean()
    if windows.by == "count":
        return good.groupby(np.arange(len(good)) // windows.count).mean()
    return good.groupby(readings["time"].dt.floor(windows.length)).mean()


def _marks(release: Release, tables: Path) -> dict[str, tuple[str, ...]]:
    here = covers(tables, release.scoring)
    equipment = release.scoring.equipment
    pairs = {
        (unit, equipment[name].sensors[sensor].unit)
        for name, cover in here.items()
        if name in equipment
        for sensor, unit in cover.units.items()
        if sensor in equipment[name].sensors
    }
    return provisional(
        release.signatures, equipment, here, {pair: same_unit(*pair) for pair in pairs}
    )
