"""What all settings share: unknown keys are refused, durations have units, errors name keys."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, get_args

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from faultprint.errors import ConfigError


def read_duration(value: object) -> timedelta:
    """Read a duration written with its unit.

    Parameters
    ----------
    value : object
        Text like ``'24h'``, or a duration.

    Returns
    -------
    datetime.timedelta
        The duration.

    Raises
    ------
    ValueError
        If it is neither, or negative.
    """
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError(f"write a duration with its unit, like '24h' or '10min', not {value!r}")
    try:
        span = pd.Timedelta(re.sub(r"(?<=[\d ])d\b", "D", value))
    except ValueError as error:
        raise ValueError(f"not a duration: {value!r}; write '24h', '10min' or '7d'") from error
    if span < pd.Timedelta(0):
        raise ValueError(f"a duration cannot be negative: {value!r}")
    return span.to_pytimedelta()


def spell(value: timedelta) -> str:
    """Write a duration as params.yaml does.

    Parameters
    ----------
    value : timedelta
        The duration.

    Returns
    -------
    str
        In the largest unit that needs no fraction: ``'7d'``, ``'24h'``, ``'10min'``.
    """
    seconds = value.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s"


Duration = Annotated[timedelta, BeforeValidator(read_duration), PlainSerializer(spell)]
"""A length of time written with its unit: ``'24h'``, ``'10min'``, ``'7d'``."""


class Strict(BaseModel):
    """Settings that refuse keys they do not know."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


def models_of(kind: object) -> list[type[BaseModel]]:
    """Find the settings classes within the type of a field.

    Parameters
    ----------
    kind : object
        A type, such as ``dict[str, Sensor] | None``.

    Returns
    -------
    list[type[BaseModel]]
        Each as often as it stands there.
    """
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in get_args(kind) for model in models_of(part)]


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys allowed at ``location``, walking the models by field."""
    models = [model]
    for step in location:
        fields = [m.model_fields[step] for m in models if step in m.model_fields]
        if fields:
            models = [inner for field in fields for inner in models_of(field.annotation)]
    return sorted({key for m in models for key in m.model_fields})


def _complaint(problem: Any, model: type[BaseModel]) -> str:
    *parents, key = problem["loc"] or ("params",)
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] != "extra_forbidden":
        said = problem["msg"].removeprefix("Value error, ")
        return f"{where}: {said} (got {str(problem['input'])[:60]!r})"
    return f"{where}: {ConfigError.unknown('key', str(key), _known_keys(model, tuple(parents)))}"


def complaints(error: ValidationError, model: type[BaseModel], what: str) -> str:
    """List what is wrong with the contents of a file.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type[BaseModel]
        The model that was read.
    what : str
        What the offenders are called, such as ``'wrong settings'``.

    Returns
    -------
    str
        All offenders, capped; for an unknown key the nearest known one.
    """
    said = [_complaint(problem, model) for problem in error.errors()]
    shown = "; ".join(f"({n}) {text}" for n, text in enumerate(said[:10], 1))
    return f"{len(said)} {what}: {shown}"
