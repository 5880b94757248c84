"""Why a diagnosis says what it says: evidence in units, the second best, and similar incidents."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from faultprint.faults.diagnosis.evidence import Observation, evidence
from faultprint.faults.diagnosis.similar import most_similar
from faultprint.faults.learning.design import DEVIANCE, design, values_of
from faultprint.faults.opinions import Judged, settle
from faultprint.faults.release import Release
from faultprint.records import Opinion
from faultprint.serve.describing import attributes_of
from faultprint.serve.score import Scorer
from faultprint.stages.desk import Desk
from faultprint.stages.finding import Found, Row
from faultprint.stages.held import is_there
from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import list_assets, read_readings, read_table

HEALTHY = "healthy"
_SIDES = {"for", "against"}


@dataclass(frozen=True)
class Again:
    """The same window scored again from its readings."""

    verdict: str
    failure_mode: str
    p_value: float
    told: dict[str, Any]
    """Failure mode -> what speaks for and against it, for the best two."""
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Explanation:
    """Why a diagnosis says what it says."""

    asset: str
    equipment_class: str
    end: str
    """End of the window [UTC, ISO 8601]."""
    verdict: str
    failure_mode: str
    reason: str
    """Why it, or a fault in it, was not judged."""
    release: str
    signature: str
    incident: dict[str, Any] | None
    """Identity, opened, cleared, windows."""
    p_healthy: float | None
    limit: float | None
    """P-value against healthy below which a window is abnormal."""
    significance: float | None
    """P-value below which a failure mode is struck off."""
    p_values: dict[str, float | None]
    """Failure mode -> p-value; none: not judged."""
    evidence: dict[str, Any]
    """Failure mode or ``healthy`` -> ``for``, ``against``; deviances in the sensors' units."""
    second: dict[str, Any] | None
    """Next best failure mode: ``failure_mode``, ``p_value``, ``why``, ``for``, ``against``."""
    similar: tuple[dict[str, Any], ...]
    opinions: tuple[dict[str, Any], ...]
    settled: str
    """What stands of the opinions."""
    again: Again | None
    """None where the readings are not here."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return asdict(self)


def explain(found: Found, release: Release | None, workspace: Workspace, url: str) -> Explanation:
    """Explain a diagnosis.

    Parameters
    ----------
    found : Found
        The diagnosis.
    release : Release | None
        The release that made it, if it is still there.
    workspace : Workspace
        Where the readings are; without them nothing is scored again.
    url : str
        SQLAlchemy URL of the database, for opinions.

    Returns
    -------
    Explanation
        What speaks for and against it, the second best and why not, similar past incidents, what
        experts said.
    """
    row, incident = found.diagnosis, found.incident
    p_values = {k: v for k, v in json.loads(row["p_values"]).items() if k != HEALTHY}
    ranked = sorted((m for m, p in p_values.items() if p is not None), key=lambda m: -p_values[m])
    first = str(row["failure_mode"])
    rivals = [mode for mode in ranked if mode != first]
    asked = [mode for mode in (first, *rivals[:1]) if mode]
    model = release.models.get(str(row["equipment_class"])) if release else None
    again = score_again(row, release, workspace, asked) if release else None
    told = _in_units(json.loads(row["evidence"]), row, release)
    if again and release:
        again = replace(again, told=_in_units(again.told, row, release))
    opinions = _opinions(found, workspace, url)
    settled = settle(opinions)
    return Explanation(
        asset=str(row["asset"]),
        equipment_class=str(row["equipment_class"]),
        end=row["end"].isoformat(),
        verdict=str(row["verdict"]),
        failure_mode=first,
        reason=str(row["reason"]),
        release=str(row["release"]),
        signature=str(row["signature"]),
        incident=_incident(incident) if incident else None,
        p_healthy=_number(found.state["p_value"]),
        limit=_number(found.state["limit"]),
        significance=model.significance if model else None,
        p_values=p_values,
        evidence=told,
        second=_second(rivals[:1], p_values, model.significance if model else None, told, again),
        similar=_similar(found),
        opinions=tuple(_said(one) for one in opinions),
        settled=f"{settled.opinion.verdict} {settled.opinion.failure_mode}".strip()
        if settled.opinion
        else settled.reason,
        again=again,
    )


def _in_units(told: dict[str, Any], row: Row, release: Release | None) -> dict[str, Any]:
    """Say in the sensors' units how far readings lie from what is expected."""
    name = str(row["equipment_class"])
    if release is None or name not in release.twins:
        return told
    sensors, scoring = release.twins[name].sensors, release.scoring.equipment[name].sensors
    scales = {
        f"{sensor}{DEVIANCE}": (twin.scale, scoring[sensor].unit)
        for sensor, twin in sensors.items()
    }
    return {
        mode: {
            side: [_item(item, scales) for item in items] if side in _SIDES else items
            for side, items in sides.items()
        }
        for mode, sides in told.items()
    }


def _item(item: dict[str, Any], scales: dict[str, tuple[float, str]]) -> dict[str, Any]:
    if item["descriptor"] not in scales:
        return item
    scale, unit = scales[item["descriptor"]]
    names = [name for name in ("observed", "typical", "healthy") if item.get(name) is not None]
    return {**item, "unit": unit, **{n: float(f"{item[n] * scale:.5g}") for n in names}}


def score_again(row: Row, release: Release, workspace: Workspace, modes: list[str]) -> Again | None:
    """Score the window of a diagnosis again from its readings.

    Parameters
    ----------
    row : Row
        Row of ``diagnoses``.
    release : Release
        The release that made it.
    workspace : Workspace
        Where ``data/tables`` are read.
    modes : list[str]
        Failure modes whose evidence is asked for.

    Returns
    -------
    Again | None
        What is said now; None where readings, class or window are not there any more.
    """
    name, asset = str(row["equipment_class"]), str(row["asset"])
    there = workspace.tables.is_dir() and (name, asset) in list_assets(workspace.tables)
    if not there or name not in release.models:
        return None
    scorer = Scorer(release, str(row["release"]))
    assets, events = (read_table(workspace.tables, t) for t in ("assets", "events"))
    readings = read_readings(workspace.tables, name, asset)
    own = attributes_of(assets).get(asset)
    described = scorer.describe(readings, events[events["asset"] == asset], name, own)
    scored = scorer.score_windows(described.windows)
    said = scored.diagnoses[scored.diagnoses["end"] == row["end"]]
    if said.empty:
        return None
    state = scored.states[scored.states["end"] == row["end"]].iloc[0]
    window = scored.windows[name]
    window = window[window["end"] == row["end"]]
    told, probabilities = _told(release, name, window, scored.residuals, modes)
    return Again(
        str(said["verdict"].iloc[0]),
        str(said["failure_mode"].iloc[0]),
        float(state["p_value"]),
        told,
        probabilities,
    )


def _told(
    release: Release, name: str, window: pd.DataFrame, residuals: pd.DataFrame, modes: list[str]
) -> tuple[dict[str, Any], dict[str, float]]:
    model = release.models[name]
    mine = residuals[residuals["end"].isin(window["end"])]
    values = values_of(design(window, mine), model.features)
    gains = model.contributions(values)[0]
    shares = model.probabilities(values)[0]
    signatures = {s.failure_mode: s for s in release.signatures if s.equipment_class == name}
    seen = Observation(values[0], np.asarray(gains))
    known = [mode for mode in modes if mode in model.classes]
    told = evidence(model, signatures, seen, known)
    return told, {m: float(f"{p:.4g}") for m, p in zip(model.classes, shares, strict=True)}


def _second(
    rivals: list[str],
    p_values: dict[str, float | None],
    significance: float | None,
    told: dict[str, Any],
    again: Again | None,
) -> dict[str, Any] | None:
    """Say what the next best signature is and why it is not the first."""
    if not rivals:
        return None
    mode = rivals[0]
    p = p_values[mode]
    assert p is not None
    sides = told.get(mode) or (again.told.get(mode) if again else None) or {}
    why = "ranked after the first"
    if significance is not None:
        struck = p < significance
        bound = f"p-value {p:.3g}, {'below' if struck else 'not below'} {significance:g}"
        why = f"{bound}: {'struck off' if struck else 'still possible'}"
    if again and mode in again.probabilities:
        why = f"{why}; the classifier gives it {again.probabilities[mode]:.2g}"
    return {
        "failure_mode": mode,
        "p_value": p,
        "why": why,
        "for": sides.get("for", []),
        "against": sides.get("against", []),
    }


def _similar(found: Found) -> tuple[dict[str, Any], ...]:
    if found.incident is None:
        return ()
    alike = most_similar(found.incidents, str(found.incident["incident"]))
    every = found.incidents.to_dict("records")
    rows = {row["incident"]: {str(k): v for k, v in row.items()} for row in every}
    return tuple({**_incident(rows[name]), "similarity": value} for name, value in alike.items())


def _incident(row: Row) -> dict[str, Any]:
    cleared = row["cleared"]
    return {
        "incident": row["incident"],
        "asset": row["asset"],
        "verdict": row["verdict"],
        "failure_mode": row["failure_mode"],
        "opened": row["opened"].isoformat(),
        "cleared": "" if pd.isna(cleared) else cleared.isoformat(),
        "windows": int(row["windows"]),
    }


def _opinions(found: Found, workspace: Workspace, url: str) -> tuple[Opinion, ...]:
    if found.incident is None or not is_there(url):
        return ()
    judged: dict[str, Judged] = {
        one.incident.incident: one for one in Desk(workspace.results, url).judged()
    }
    one = judged.get(str(found.incident["incident"]))
    return one.opinions if one else ()


def _said(one: Opinion) -> dict[str, Any]:
    return {**asdict(one), "id": one.id, "time": one.time.isoformat()}


def _number(value: Any) -> float | None:
    return float(value) if pd.notna(value) else None
