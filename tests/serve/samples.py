"""A small judged history for the report: a failure found, one missed, a false alarm."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from faultprint import tables
from faultprint.evaluate.metrics import event_metrics
from faultprint.records import (
    LeadTime,
    Origin,
    Performance,
    Proportion,
    Prototype,
    Signature,
    Symptom,
)
from faultprint.serve.report import ReportContext
from faultprint.store.manifest import Manifest

START = pd.Timestamp("2025-03-01", tz="UTC")
RELEASE = "1.0.0+0123456789ab"


def at(days: float) -> pd.Timestamp:
    return (START + pd.Timedelta(days=days)).as_unit("ns")


def signature() -> Signature:
    symptoms = tuple(
        Symptom(
            name, unit, "up" if effect > 0 else "down", effect, typical, low, high, healthy, 0.9
        )
        for name, unit, effect, typical, low, high, healthy in (
            ("vibration.rms", "mm/s", 6.1, 4.4, 3.1, 6.0, 1.9),
            ("temperature.mean", "degC", 2.8, 71.0, 66.0, 80.0, 58.0),
            ("flow.mean", "m3/h", -1.4, 92.0, 88.0, 97.0, 101.0),
        )
    )
    return Signature(
        id="5b0c3f5e-6a43-5d2e-9a39-0d9f57f2a0aa",
        version="1.0.0",
        status="test",
        title="Bearing wear of the pump",
        equipment_class="centrifugal_pump",
        failure_mode="bearing_wear",
        item="bearing",
        severity=3,
        recommended_action="Regrease and plan a change of the bearing within the lead time.",
        symptoms=symptoms,
        prototypes=(Prototype((6.0, 2.7, -1.3), 1.0),),
        accept_distance=2.2,
        required_sensors=("vibration", "temperature", "flow"),
        conditions={"speed": (1200.0, 2950.0)},
        performance=Performance(
            "later time",
            Proportion(0.75, 0.41, 0.93, 6, 8),
            4,
            2,
            31.5,
            LeadTime(6, 61.0, 20.0, 130.0),
        ),
        confused_with={"misalignment": 0.125},
        origin=Origin("d" * 64, "c" * 64, "a" * 64, ("P-01@2025-01-10", "P-02@2025-02-01"), ()),
    )


def residuals() -> pd.DataFrame:
    random = np.random.default_rng(3)
    frames = []
    for asset, onset in (("P-01", 18.0), ("P-02 <b>", 99.0)):
        days = np.arange(0, 30, 0.25)
        for sensor, level in (("vibration", 1.9), ("temperature", 58.0), ("flow", 101.0)):
            expected = level * (1 + 0.05 * np.sin(days))
            worn = np.clip(days - onset, 0, None) * 0.08 * level * (sensor != "flow")
            noise = 0.02 * level * random.standard_normal(days.size)
            frames.append(
                pd.DataFrame(
                    {
                        "asset": asset,
                        "end": [at(d) for d in days],
                        "sensor": sensor,
                        "observed": expected + noise + worn,
                        "expected": expected,
                        "deviance": (noise + worn) / (0.02 * level),
                        "baseline": "asset",
                    }
                )
            )
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.astype({"asset": "str", "sensor": "str", "baseline": "str"})
    return tables.check("residuals", frame.assign(end=frame["end"].astype(tables.UTC_TIME)))


def incidents() -> pd.DataFrame:
    item = {
        "descriptor": "vibration.rms",
        "observed": 4.13,
        "typical": 4.4,
        "healthy": 1.9,
        "unit": "mm/s",
    }
    told = {
        "bearing_wear": {"for": [item], "against": []},
        "healthy": {"for": [], "against": [item]},
    }
    rows = [
        ("i1", "P-01", 20.0, 19.0, 25.0, "known", "bearing_wear", "true"),
        ("i2", "P-02 <b>", 8.0, 7.5, 10.0, "deviation", "", "false"),
        ("i3", "P-01", 29.0, 28.5, None, "ambiguous", "misalignment", ""),
    ]
    frame = pd.DataFrame(
        [
            {
                "incident": name,
                "asset": asset,
                "equipment_class": "centrifugal_pump",
                "opened": at(opened),
                "first_seen": at(seen),
                "cleared": pd.NaT if cleared is None else at(cleared),
                "verdict": verdict,
                "failure_mode": mode,
                "signature": "",
                "windows": 9,
                "p_value": 0.0008,
                "evidence": json.dumps(told),
                "release": RELEASE,
                "outcome": outcome,
            }
            for name, asset, opened, seen, cleared, verdict, mode, outcome in rows
        ]
    )
    text = [c.name for c in tables.table("incidents").columns if c.kind in {"text", "json"}]
    frame = frame.astype(dict.fromkeys([*text, "outcome"], "str"))
    return frame.assign(
        **{c: frame[c].astype(tables.UTC_TIME) for c in ("opened", "first_seen", "cleared")}
    )


def failures() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "asset": ["P-01", "P-02 <b>"],
            "time": pd.Series([at(25.0), at(21.0)], dtype=tables.UTC_TIME),
            "failure_mode": ["bearing_wear", "seal_leak"],
            "found": [True, False],
            "mode_right": [True, False],
            "lead_hours": [120.0, np.nan],
        }
    ).astype({"asset": "str", "failure_mode": "str"})


def observed() -> pd.DataFrame:
    return pd.DataFrame({"asset": ["P-01", "P-02 <b>"], "start": [at(0)] * 2, "end": [at(30)] * 2})


def context(**changes: object) -> ReportContext:
    manifest = Manifest(1, "1.0.0", "", "0123456789ab" + "0" * 52, (), {"code_commit": "4b825dc"})
    judged = incidents()
    known: dict[str, object] = {
        "title": "Faultprint report",
        "manifest": manifest,
        "metrics": event_metrics(failures(), judged, observed()),
        "incidents": judged,
        "failures": failures(),
        "residuals": residuals(),
        "signatures": (signature(),),
    }
    return ReportContext(**{**known, **changes})  # type: ignore[arg-type]
