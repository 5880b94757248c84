"""How numbers, instants and names are put into words for people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from faultprint.state.distrust import SENSOR

NONE = "-"
"""Stands where there is nothing to say."""

MEANS = {
    "known": "known fault",
    "ambiguous": "one of several faults",
    "deviation": "unknown deviation",
    "healthy": "healthy",
    "not_evaluable": "not evaluable",
}

OR_SENSOR = "or a bad sensor"
"""What is said, instead, of a fault that rests on a sensor."""

OUTCOMES = {
    "true": "foretold a failure",
    "false": "false alarm",
    "duplicate": "repeats an incident",
    "censored": "repaired first",
    "": "not yet known",
}

TRIVIAL = {
    "always_on": "always on: one incident on each asset",
    "every_max_lead": "always on, raised anew each max_lead",
    "random": "as many incidents at random times",
}
"""Detectors that look at nothing."""


def is_given(value: Any) -> bool:
    """Tell whether a value says something.

    Parameters
    ----------
    value : Any
        A scalar.

    Returns
    -------
    bool
        False for None, NaN, NaT.
    """
    return value is not None and not pd.isna(value)


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with a few significant digits.

    Parameters
    ----------
    value : float | None
        The number.
    digits : int, default 3
        Significant digits; whole numbers keep all of theirs.

    Returns
    -------
    str
        For example ``0.0123``, ``1234``; a dash for none.
    """
    if value is None or not math.isfinite(value):
        return NONE
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def percent(proportion: Mapping[str, Any]) -> str:
    """Write a proportion with its interval and what it was counted on.

    Parameters
    ----------
    proportion : Mapping[str, Any]
        ``value``, ``low``, ``high``, ``hits``, ``n``.

    Returns
    -------
    str
        For example ``9 of 12: 75 % (47 to 91 %)``.
    """
    counted = f"{proportion['hits']} of {proportion['n']}: " if proportion["n"] else ""
    return counted + share(proportion)


def share(proportion: Mapping[str, Any]) -> str:
    """Write a proportion with its interval only.

    Parameters
    ----------
    proportion : Mapping[str, Any]
        ``value``, ``low``, ``high``, ``n``.

    Returns
    -------
    str
        For example ``75 % (47 to 91 %)``.
    """
    if not proportion["n"]:
        return "none to count"
    value, low, high = (100 * proportion[key] for key in ("value", "low", "high"))
    return f"{value:.0f} % ({low:.0f} to {high:.0f} %)"


def rate(value: Mapping[str, Any]) -> str:
    """Write a rate with its interval.

    Parameters
    ----------
    value : Mapping[str, Any]
        ``value``, ``low``, ``high``.

    Returns
    -------
    str
        For example ``0.12 (0.05 to 0.25)``.
    """
    low, high = number(value["low"], 2), number(value["high"], 2)
    return f"{number(value['value'], 2)} ({low} to {high})"


def span(hours: float | None) -> str:
    """Write a length of time as people say it.

    Parameters
    ----------
    hours : float | None
        Length [h].

    Returns
    -------
    str
        For example ``40 min``, ``18 h``, ``3.5 d``.
    """
    if hours is None or not math.isfinite(hours):
        return NONE
    if abs(hours) < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.0f} h" if abs(hours) < 72 else f"{hours / 24:.1f} d"


def instant(when: Any) -> str:
    """Write an instant to the minute.

    Parameters
    ----------
    when : Any
        UTC instant, or nothing.

    Returns
    -------
    str
        For example ``2025-03-01 14:30``; a dash for none.
    """
    return f"{pd.Timestamp(when):%Y-%m-%d %H:%M}" if is_given(when) else NONE


def plain(name: str) -> str:
    """Write a name of the code as words.

    Parameters
    ----------
    name : str
        For example ``bearing_wear``.

    Returns
    -------
    str
        For example ``bearing wear``.
    """
    return name.replace("_", " ")


def resting_on(evidence: Mapping[str, Any], most: int = 3) -> str:
    """Name the sensors without which a diagnosis would fall.

    Parameters
    ----------
    evidence : Mapping[str, Any]
        Of a diagnosis or an incident.
    most : int, default 3
        How many are named.

    Returns
    -------
    str
        For example ``discharge pressure, speed``, ``... and 4 more``; empty if there is none.
    """
    found = [plain(name.removeprefix(SENSOR)) for name in evidence if name.startswith(SENSOR)]
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(sorted(found)[:most]) + rest


def beside(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put what a release scored above what detectors score that look at nothing.

    Parameters
    ----------
    metrics : Mapping[str, Any]
        Numbers by event, with ``baselines``.

    Returns
    -------
    list[dict[str, Any]]
        ``name``, ``found``, ``named``, ``precision``, ``f1_events``, ``rate`` of each, the release
        first; empty if there are no ``baselines``.
    """
    if "baselines" not in metrics:
        return []
    whole = {name: metrics[name]["value"] for name in ("found", "named", "precision")}
    rate = metrics["false_alarms_per_asset_month"]["value"]
    others = [
        {**one, "name": TRIVIAL.get(name, name), "rate": one["false_alarms_per_asset_month"]}
        for name, one in metrics["baselines"].items()
    ]
    return [
        {"name": "this release", **whole, "f1_events": metrics["f1_events"], "rate": rate},
        *others,
    ]


def evidence(text: str, failure_mode: str, most: int = 3) -> list[str]:
    """Put the evidence of an incident into words.

    Parameters
    ----------
    text : str
        The column ``evidence``: failure mode or ``healthy`` -> ``for`` and ``against``.
    failure_mode : str
        What the incident was taken for; empty for an unknown deviation.
    most : int, default 3
        How many descriptors at most.

    Returns
    -------
    list[str]
        What speaks for the failure mode, or else against healthy, for example
        ``vibration.rms 4.1 mm/s (healthy 1.9)``; first the sensors it rests on, then the parts of
        a rule that holds, last what replaces a deprecated signature.
    """
    found = json.loads(text) if text else {}
    sensors = resting_on(found)
    checked = "these sensors" if "," in sensors else "the sensor"
    rests = [f"rests on {sensors}: check {checked} first"] if sensors else []
    mine = found.get(failure_mode, {})
    items = mine.get("for") or found.get("healthy", {}).get("against", [])
    said = []
    for item in items[:most]:
        unit = f" {item['unit']}" if item.get("unit") not in (None, "", "1") else ""
        observed, healthy = number(item["observed"]), number(item["healthy"])
        said.append(f"{item['descriptor']} {observed}{unit} (healthy {healthy})")
    old = [f"deprecated: {why}" for why in mine.get("deprecated", [])]
    return [*rests, *[*_by_rule(mine.get("rules", [])), *said][:most], *old]


def _by_rule(rules: list[dict[str, Any]]) -> list[str]:
    """Say which rules hold, part by part."""
    parts = [(part, one["rule"]) for one in rules if one["holds"] for part in one["parts"]]
    return [
        f"{part['part']}: {number(part['observed'])} {part['unit']} (rule {name})"
        for part, name in parts
        if part["holds"]
    ]
