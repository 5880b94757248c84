"""What experts taught since a release was learnt: recognisers that speak beside the models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from faultprint.errors import ReleaseError
from faultprint.faults.teaching.telling import Telling, telling_from

Floats = NDArray[np.float64]

Kind = Literal["fault", "normal"]


@dataclass(frozen=True, eq=False)
class Picture:
    """What one judged incident showed."""

    incident: str
    asset: str
    first: str
    """End of its first abnormal window (UTC, ISO 8601)."""
    last: str
    """End of its last abnormal window."""
    matrix: Floats
    """Some of its windows, evenly spread: shape (windows, features), NaN where not measured."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON; NaN becomes None.
        """
        rows = [[v if np.isfinite(v) else None for v in row] for row in self.matrix.tolist()]
        return {
            "incident": self.incident,
            "asset": self.asset,
            "first": self.first,
            "last": self.last,
            "values": rows,
        }


@dataclass(frozen=True, eq=False)
class Taught:
    """A recogniser made from judged incidents, without training."""

    name: str
    """Failure mode; of normal behaviour a name made from its incident."""
    kind: Kind
    id: str
    version: str
    centre: Floats
    """Where its windows lie, as seen from the healthy mean: one number per coordinate."""
    spread: tuple[float, float]
    """Its own spread within and beyond the pictures that are known [shared standard deviations]."""
    accept: float
    """Nonconformity up to which a window is accepted."""
    margin: float
    """Share of the distance to the nearest other picture within which it must lie; at most 1."""
    scores: tuple[Floats, ...]
    """Nonconformity of the windows of each occasion when that was left out, ascending."""
    pictures: tuple[Picture, ...]
    """By incident."""
    grows: bool = True
    """Whether fainter and stronger windows belong to it; else it is a grade of a fault."""
    parent: str = ""
    """Failure mode it was split from, with which it is not compared."""
    reaches: tuple[float, ...] = ()
    """Of a grade: how far each known class, healthy first, reaches towards it."""
    telling: Telling | None = None
    """What a window must read besides, where looking like the picture is not enough."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {
            "name": self.name,
            "kind": self.kind,
            "id": self.id,
            "version": self.version,
            "centre": self.centre.tolist(),
            "spread": list(self.spread),
            "accept": self.accept,
            "margin": self.margin,
            "scores": [one.tolist() for one in self.scores],
            "pictures": [picture.to_dict() for picture in self.pictures],
            "grows": self.grows,
            "parent": self.parent,
            "reaches": list(self.reaches),
            "telling": self.telling.to_dict() if self.telling else None,
        }


@dataclass(frozen=True, eq=False)
class TaughtSet:
    """All that experts taught of one equipment class."""

    equipment_class: str
    features: tuple[str, ...]
    """Columns of the pictures: those of the model they were taught beside."""
    recognisers: tuple[Taught, ...]
    """By kind and name."""
    renamed: Mapping[str, str]
    """Failure mode -> the one it was merged into; empty: retired."""
    recorded: Mapping[str, str]
    """Incident -> what was said of it, where that teaches nothing."""

    @property
    def faults(self) -> tuple[Taught, ...]:
        """List the recognisers of faults.

        Returns
        -------
        tuple[Taught, ...]
            By name.
        """
        return tuple(one for one in self.recognisers if one.kind == "fault")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; what stands under ``words`` changes no decision.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {
            "equipment_class": self.equipment_class,
            "features": list(self.features),
            "recognisers": [one.to_dict() for one in self.recognisers],
            "renamed": dict(sorted(self.renamed.items())),
            "words": dict(sorted(self.recorded.items())),
        }


def taught_from(data: Mapping[str, Any]) -> TaughtSet:
    """Build what was taught from what :meth:`TaughtSet.to_dict` gave.

    Parameters
    ----------
    data : Mapping[str, Any]
        Plain data.

    Returns
    -------
    TaughtSet
        Speaks as the one that was written.

    Raises
    ------
    ReleaseError
        If something it needs is missing.
    """
    try:
        width = len(data["features"])
        return TaughtSet(
            data["equipment_class"],
            tuple(data["features"]),
            tuple(_recogniser(one, width) for one in data["recognisers"]),
            dict(data["renamed"]),
            dict(data["words"]),
        )
    except KeyError as error:
        raise ReleaseError.because(
            f"what was taught without {error.args[0]!r}",
            "every field that TaughtSet.to_dict writes",
            "publish the release again",
        ) from error


def _recogniser(data: Mapping[str, Any], width: int) -> Taught:
    pictures = tuple(_picture(one, width) for one in data["pictures"])
    return Taught(
        **{
            **data,
            "centre": np.array(data["centre"], dtype=np.float64),
            "spread": tuple(data["spread"]),
            "scores": tuple(np.array(one, dtype=np.float64) for one in data["scores"]),
            "pictures": pictures,
            "reaches": tuple(data.get("reaches", ())),
            "telling": telling_from(data.get("telling")),
        }
    )


def _picture(data: Mapping[str, Any], width: int) -> Picture:
    matrix = np.array(data["values"], dtype=np.float64).reshape(-1, width)
    return Picture(data["incident"], data["asset"], data["first"], data["last"], matrix)
