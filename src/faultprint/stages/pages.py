"""What stands around a signature, gathered from the project folder; and its pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from faultprint.config import settings_from
from faultprint.faults.learning.design import DEVIANCE, design
from faultprint.faults.pages.around import Around
from faultprint.faults.pages.contrasts import Contrast, confusable, tell_apart
from faultprint.faults.pages.course import typical_course
from faultprint.faults.release import Release
from faultprint.records import Signature
from faultprint.serve.signature_page import render_signature
from faultprint.stages.held import is_there
from faultprint.stages.voices import said_of
from faultprint.stages.workspace import Workspace
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import read_parquet
from faultprint.store.signature_db import SignatureDatabase

Described = tuple[pd.DataFrame, pd.DataFrame]
"""Windows of a class, and the table that a model reads of them."""

SPAN = pd.Timedelta(days=10)
"""How long before the failure a course begins, at most."""
_FOUR = 4
"""Horizons of the labels that a course shows: the fault, and what was before it."""


def around_signature(
    signature: Signature, release: Release, seen: Described | None, url: str = ""
) -> Around:
    """Gather what is known of a signature beside what it says itself.

    Parameters
    ----------
    signature : Signature
        The signature.
    release : Release
        Its release.
    seen : Described | None
        From :func:`described`; without it there is no course.
    url : str, default ''
        SQLAlchemy URL of the database, which knows opinions and history; none without one.

    Returns
    -------
    Around
        How it is told from what it is confused with, its typical course, opinions, history.
    """
    mine = {
        s.failure_mode: s
        for s in release.signatures
        if s.equipment_class == signature.equipment_class
    }
    model = release.models[signature.equipment_class]
    apart = {
        mode: tell_apart(model, signature, mine[mode])
        for mode in confusable(signature, mine.values())
        if mode in mine
    }
    equipment = release.scoring.equipment[signature.equipment_class]
    twins = release.twins[signature.equipment_class].sensors
    scales = {name: (twin.scale, equipment.sensors[name].unit) for name, twin in twins.items()}
    course = _course(signature, release, seen)
    if course is not None:
        factors = course["descriptor"].map(lambda name: _factor(name, scales))
        for column in ("low", "median", "high"):
            course[column] = course[column].astype("float64") * factors
    apart = {mode: tuple(_scaled(c, scales) for c in found) for mode, found in apart.items()}
    said = said_of(signature, url)
    return Around(
        apart=apart,
        course=course,
        opinions=said.lines,
        heard=said.heard,
        confirmed=said.confirmed,
        history=signature_history(signature, url) if url else (),
        scales=scales,
    )


def _factor(descriptor: str, scales: dict[str, tuple[float, str]]) -> float:
    deviance = descriptor.endswith(DEVIANCE)
    return scales.get(descriptor.removesuffix(DEVIANCE), (1.0, ""))[0] if deviance else 1.0


def _scaled(one: Contrast, scales: dict[str, tuple[float, str]]) -> Contrast:
    sensor = one.descriptor.removesuffix(DEVIANCE)
    if sensor == one.descriptor or sensor not in scales:
        return one
    scale, unit = scales[sensor]
    return replace(one, unit=unit, here=one.here * scale, there=one.there * scale)


def write_pages(release: Release, label: str, workspace: Workspace, url: str) -> dict[str, str]:
    """Write the pages of all signatures into ``reports/signatures``.

    Parameters
    ----------
    release : Release
        The release.
    label : str
        Its name.
    workspace : Workspace
        Where they go.
    url : str
        SQLAlchemy URL of the database, which knows the history.

    Returns
    -------
    dict[str, str]
        Identity of each signature -> its page, relative to ``reports``.
    """
    places = {}
    classes = sorted({signature.equipment_class for signature in release.signatures})
    seen = {name: described(name, workspace) for name in classes}
    with staged_folder(workspace.reports / "signatures") as folder:
        for signature in release.signatures:
            around = around_signature(signature, release, seen[signature.equipment_class], url)
            page = render_signature(signature, label, around)
            name = page_name(signature)
            (folder / name).write_text(page, "utf-8")
            places[signature.id] = f"signatures/{quote(name)}"
    return places


def signature_history(signature: Signature, url: str) -> tuple[str, ...]:
    """Tell what became of a signature from release to release.

    Parameters
    ----------
    signature : Signature
        The signature.
    url : str
        SQLAlchemy URL of the database; one that is not there yet has no history.

    Returns
    -------
    tuple[str, ...]
        A line per release that brought, changed or dropped it, oldest first.
    """
    if not is_there(url):
        return ()
    database = SignatureDatabase(url)
    lines: list[str] = []
    before: dict[str, Any] | None = None
    for row in database.releases():
        found = [s for s in database.signatures(row.version) if s.id == signature.id]
        said = found[0].to_dict() if found else None
        if said != before:
            by = f"release {row.label}, {row.created:%Y-%m-%d}, {row.author}"
            lines.append(f"{by}: {_became(before, said)}")
        before = said
    return tuple(lines)


def _became(before: dict[str, Any] | None, said: dict[str, Any] | None) -> str:
    if said is None:
        return "retired"
    if before is None:
        return f"version {said['version']}, {said['status']}"
    fields = sorted(k for k in said.keys() | before.keys() if said.get(k) != before.get(k))
    return f"version {said['version']}, {said['status']}; other {', '.join(fields)}"


def page_name(signature: Signature) -> str:
    """Name the file of a signature's page.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    str
        ``<class>-<mode>.html``, whatever characters their names have.
    """
    return (
        f"{quote(signature.equipment_class, safe='')}-{quote(signature.failure_mode, safe='')}.html"
    )


def described(equipment_class: str, workspace: Workspace) -> Described | None:
    """Read the windows of a class that courses are made of.

    Parameters
    ----------
    equipment_class : str
        The class.
    workspace : Workspace
        Where ``data/expected`` is read.

    Returns
    -------
    Described | None
        Windows, and the table a model reads of them; None where they are not there.
    """
    name = f"{equipment_class}.parquet"
    files = [workspace.expected / table / name for table in ("windows", "residuals")]
    if not all(map(Path.is_file, files)):
        return None
    windows, residuals = (read_parquet(file) for file in files)
    return windows, design(windows, residuals)


def _course(signature: Signature, release: Release, seen: Described | None) -> pd.DataFrame | None:
    if seen is None:
        return None
    windows, values = seen
    return typical_course(values, windows, signature, _span(release))


def _span(release: Release) -> pd.Timedelta:
    """Show a few times the time in which the fault is expected to show, where that is known."""
    if release.made_from is None:
        return SPAN
    horizon = settings_from(release.made_from.params).labels.horizon
    return min(SPAN, _FOUR * pd.Timedelta(horizon))
