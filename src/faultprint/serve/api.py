"""The thin HTTP service: scores readings with the current release, and says what was found."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pandas as pd
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from faultprint import tables
from faultprint.errors import FaultprintError, SourceError
from faultprint.serve.body import ScoreBody, read_body
from faultprint.serve.current import CurrentRelease, LatestResults
from faultprint.serve.problems import BodyLimit, add_problems, answer, problem, problem_of
from faultprint.serve.score import Scored, Scorer

MAX_BYTES = 16 * 2**20
"""Largest body: about half a year of hourly readings of thirty sensors."""

AT_ONCE = 2
"""Requests scored at a time; the others wait, so that memory stays bounded."""


def create_app(
    release_dir: Path, results: Path | None = None, max_bytes: int = MAX_BYTES
) -> FastAPI:
    """Build the service.

    Parameters
    ----------
    release_dir : Path
        Export directory of the current release. It may be replaced while the service runs: the
        next request uses the new one if it can be verified, and the old one if not.
    results : Path | None, default None
        Folder of results of batch scoring, for the state of assets.
    max_bytes : int, default MAX_BYTES
        Largest body of a request [bytes].

    Returns
    -------
    FastAPI
        The application; it starts without a release too, and then answers 503.
    """
    # The interactive pages of FastAPI load scripts from other addresses: they stay off.
    app = FastAPI(title="Faultprint", docs_url=None, redoc_url=None)
    add_problems(app)
    app.add_middleware(BodyLimit, max_bytes=max_bytes)
    current = CurrentRelease(release_dir)
    _add_scoring(app, current)
    _add_release(app, current)
    _add_assets(app, current, LatestResults(results))
    return app


def _add_scoring(app: FastAPI, current: CurrentRelease) -> None:
    places = threading.BoundedSemaphore(AT_ONCE)

    @app.post("/score")
    def score(body: ScoreBody) -> JSONResponse:
        """Score the readings of one asset."""
        scorer = current.scorer()
        with places:
            return JSONResponse(score_body(scorer, body))


def score_body(scorer: Scorer, body: ScoreBody) -> dict[str, Any]:
    """Score a body with a release.

    Parameters
    ----------
    scorer : Scorer
        Of the release.
    body : ScoreBody
        What was sent.

    Returns
    -------
    dict[str, Any]
        The release, the rows of ``states``, ``diagnoses`` and ``incidents``, and what was refused.

    Raises
    ------
    SourceError
        If the release does not know the equipment class.
    """
    scoring = scorer.release.scoring
    if body.equipment_class not in scorer.release.models:
        raise SourceError.unknown(
            "equipment class", body.equipment_class, sorted(scorer.release.models)
        )
    received = read_body(body, scoring.equipment[body.equipment_class])
    scored = scorer.score(received.readings, received.events, received.assets)
    return {
        "release": scorer.label,
        "asset": body.asset,
        "equipment_class": body.equipment_class,
        "states": records("states", scored.states),
        "diagnoses": records("diagnoses", scored.diagnoses),
        "incidents": records("incidents", scored.incidents),
        "sensor_health": records("sensor_health", scored.sensor_health),
        "rejects": received.rejects,
        "notes": _notes(scorer, scored),
    }


def _notes(scorer: Scorer, scored: Scored) -> list[str]:
    """Say why there is no answer, where there is none."""
    if len(scored.states):
        return []
    windows = scorer.release.scoring.windows
    return [
        f"got readings in which no window ends; expected at least one of {windows.length} "
        f"(a step of {windows.step}); send more history"
    ]


def _add_release(app: FastAPI, current: CurrentRelease) -> None:
    @app.get("/release")
    def release() -> dict[str, Any]:
        """Name the release that scores, what it knows and what it needs."""
        scorer = current.scorer()
        return {**describe_release(scorer), "problem": _said(current.problem)}

    @app.get("/health")
    def health() -> JSONResponse:
        """Tell whether the service can score, and what is wrong if not."""
        try:
            scorer = current.scorer()
        except FaultprintError as error:
            return answer({**problem_of(error), "health": "no release"})
        health = "ok" if current.problem is None else "old release"
        return JSONResponse(
            {"health": health, "release": scorer.label, "problem": _said(current.problem)}
        )


def _said(error: FaultprintError | None) -> dict[str, Any] | None:
    return None if error is None else problem_of(error)


def describe_release(scorer: Scorer) -> dict[str, Any]:
    """Say what a release knows and which sensors it needs.

    Parameters
    ----------
    scorer : Scorer
        Of the release.

    Returns
    -------
    dict[str, Any]
        Label, sensors with units by equipment class, signatures.
    """
    equipment = scorer.release.scoring.equipment
    return {
        "release": scorer.label,
        "equipment": {
            name: {
                sensor: {"unit": s.unit, "role": s.role, "required": s.required}
                for sensor, s in equipment[name].sensors.items()
            }
            for name in sorted(scorer.release.models)
        },
        "signatures": [
            {
                "id": s.id,
                "version": s.version,
                "status": s.status,
                "replaced_by": s.replaced_by,
                "title": s.title,
                "equipment_class": s.equipment_class,
                "failure_mode": s.failure_mode,
                "severity": s.severity,
                "recommended_action": s.recommended_action,
            }
            for s in scorer.release.signatures
        ],
    }


def _add_assets(app: FastAPI, current: CurrentRelease, results: LatestResults) -> None:
    @app.get("/assets/{asset:path}/state")
    def state(asset: str) -> JSONResponse:
        """Say how an asset was when it was last scored in a batch."""
        found = latest_state(results.read(), asset, current.scorer().label)
        if found is None:
            expected, do = "one that was scored", "score it first, or see the asset register"
            return answer(problem(404, f"no results of asset {asset!r}", expected, do))
        return JSONResponse(found)


def latest_state(
    found: dict[str, pd.DataFrame], asset: str, preferred: str = ""
) -> dict[str, Any] | None:
    """Find the latest state of an asset.

    Parameters
    ----------
    found : dict[str, pandas.DataFrame]
        ``states``, ``diagnoses`` and ``incidents``.
    asset : str
        Name of the asset.
    preferred : str, default ''
        Label of the release whose word counts where several scored the latest window.

    Returns
    -------
    dict[str, Any] | None
        Its latest state and diagnosis, by the release that gave them, and that release's
        incidents that are still open; None if the asset was never scored.
    """
    mine = {name: frame[frame["asset"] == asset] for name, frame in found.items()}
    if mine["states"].empty:
        return None
    states = mine["states"].assign(preferred=mine["states"]["release"] == preferred)
    state = states.sort_values(["end", "preferred"], kind="stable").iloc[-1:]
    end, release = state["end"].iloc[0], state["release"].iloc[0]
    diagnoses = mine["diagnoses"]
    diagnosis = diagnoses[(diagnoses["end"] == end) & (diagnoses["release"] == release)]
    incidents = mine["incidents"]
    still_open = incidents[incidents["cleared"].isna() & (incidents["release"] == release)]
    return {
        "asset": asset,
        "release": release,
        "state": records("states", state)[0],
        "diagnosis": next(iter(records("diagnoses", diagnosis)), None),
        "open_incidents": records("incidents", still_open),
    }


def records(name: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn rows of a table into JSON objects.

    Parameters
    ----------
    name : str
        Name of the table.
    frame : pandas.DataFrame
        Its rows.

    Returns
    -------
    list[dict[str, Any]]
        Instants as ISO 8601 in UTC, JSON columns as objects, missing values as None.
    """
    columns = {c.name: _plain(frame[c.name], c.kind) for c in tables.table(name).columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(values: pd.Series, kind: tables.Kind) -> list[Any]:
    if kind == "time":
        return [None if pd.isna(v) else v.isoformat().replace("+00:00", "Z") for v in values]
    if kind == "json":
        return [json.loads(v) if v else None for v in values]
    if kind == "float":
        return [None if pd.isna(v) else v for v in values.tolist()]
    return list(values.tolist())
