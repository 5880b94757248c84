"""Settings of what lies around learning: tracker, database, experts, the simulated fleet."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from faultprint.config.strict import Duration, Strict


class Tracking(Strict):
    """MLflow."""

    uri: str | None = None
    """Server URL; a SQLite file in the repository when left out."""
    experiment: str = "faultprint"
    """Name of the experiment."""
    model: str = "faultprint"
    """Registered as ``<model>-<equipment class>``."""


class Policy(Strict):
    """Who may decide what in the signature database."""

    second_person: bool = False
    """A signature becomes stable only by the hand of somebody who did not teach it."""


class Database(Strict):
    """The signature database."""

    url: str = "sqlite:///models/signatures.db"
    """SQLAlchemy URL: SQLite file (relative to the project folder) or PostgreSQL."""
    policy: Policy = Policy()
    """Who may decide what."""


Mix = Literal["any", "confirm", "learnt"]
"""How a rule mixes with a learnt signature of the same fault."""


class Expert(Strict):
    """What experts write by hand."""

    rules: str = "data/expert/rules"
    """Folder of rule files, YAML; relative to the project folder."""
    opinions: str = "data/expert/opinions.yaml"
    """File of opinions on incidents, YAML or CSV; relative to the project folder."""
    mix: Mix = "any"
    """Where a fault has both, a rule and a learnt signature: ``any``: either names it;
    ``confirm``: the learnt one names it, unless the rule says no; ``learnt``: the rule is evidence
    only. A rule may say otherwise for itself."""


class Simulate(Strict):
    """The simulated fleet."""

    days: int = Field(240, ge=20)
    """Length of the history."""
    start: str = "2025-01-06T00:00:00+00:00"
    """First instant, with its zone."""
    period: Duration = timedelta(minutes=15)
    """Between two readings of the fast systems."""
    pumps: int = Field(14, ge=1)
    """Centrifugal pumps."""
    compressors: int = Field(12, ge=1)
    """Screw compressors."""
    held_back: str | None = None
    """A failure mode that appears only after ``held_back_until`` of the history."""
    held_back_until: float = Field(0.75, ge=0, le=1)
    """Share of the history before which the held-back mode does not occur."""
    sensor_defects: bool = True
    """Whether sensors stick, drift, drop out, spike, and clocks jump."""
