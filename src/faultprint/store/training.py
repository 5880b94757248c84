"""What is remembered of a training, in plain words; the tracker makes its own of it."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faultprint.config import Tracking

_LONGEST = 6000
"""Characters the tracker keeps of a parameter's value; the whole stands in ``params.json``."""
_BARRED = re.compile(r"[^\w\-. /:]", re.ASCII)


@dataclass(frozen=True)
class TrainedModel:
    """The classifier of one equipment class."""

    equipment_class: str
    booster: str
    """LightGBM's text."""
    features: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What is worth remembering of one training."""

    params: Mapping[str, Any]
    """Nested; logged flat, with dots."""
    metrics: Mapping[str, Any]
    """Nested; what is not a number is left out."""
    fingerprints: Mapping[str, str]
    """Name of a table or folder -> sha256."""
    files: Mapping[str, bytes]
    """Path -> content: pictures, tables, the parts of the candidate."""
    models: Sequence[TrainedModel]
    tags: Mapping[str, str] = field(default_factory=dict)


def model_name(tracking: Tracking, equipment_class: str) -> str:
    """Name the registered classifier of an equipment class.

    Parameters
    ----------
    tracking : Tracking
        Settings.
    equipment_class : str
        Equipment class.

    Returns
    -------
    str
        ``<model>-<class>``.
    """
    return f"{tracking.model}-{equipment_class}"


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Spell nested settings as one level.

    Parameters
    ----------
    nested : Mapping[str, Any]
        Objects in objects.
    prefix : str, default ''
        What every name begins with.

    Returns
    -------
    dict[str, Any]
        Names joined by dots; an empty object stays as it is.

    Examples
    --------
    >>> flatten({"twin": {"ridge": 0.1}, "seed": 7})
    {'twin.ridge': 0.1, 'seed': 7}
    """
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{prefix}{key}"
        inner = isinstance(value, Mapping) and value
        flat.update(flatten(value, f"{name}.") if inner else {name: value})
    return flat


def spelled_params(params: Mapping[str, Any]) -> dict[str, str]:
    """Write parameters as the tracker takes them.

    Parameters
    ----------
    params : Mapping[str, Any]
        Nested.

    Returns
    -------
    dict[str, str]
        Flat names without barred characters; values as JSON, cut at what the tracker keeps.
    """
    return {
        _BARRED.sub("_", name): (value if isinstance(value, str) else _json(value))[:_LONGEST]
        for name, value in flatten(params).items()
    }


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Pick the finite numbers among metrics.

    Parameters
    ----------
    metrics : Mapping[str, Any]
        Nested.

    Returns
    -------
    dict[str, float]
        Flat; what is text, a list, missing or not finite is left out.
    """
    return {
        _BARRED.sub("_", name): float(value)
        for name, value in flatten(metrics).items()
        if isinstance(value, (int, float)) and math.isfinite(value)
    }


def run_tags() -> dict[str, str]:
    """Say who runs this, from the environment of DVC or Prefect.

    Returns
    -------
    dict[str, str]
        Tags ``runner``, and ``dvc.stage``, ``dvc.exp`` or ``prefect.flow_run`` where they apply.
    """
    names = {
        "DVC_STAGE": "dvc.stage",
        "DVC_EXP_NAME": "dvc.exp",
        "PREFECT__FLOW_RUN_ID": "prefect.flow_run",
    }
    tags = {tag: os.environ[name] for name, tag in names.items() if os.environ.get(name)}
    runner = next((tag.partition(".")[0] for tag in sorted(tags)), "hand")
    return {"runner": runner, **tags}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
