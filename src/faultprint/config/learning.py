"""Settings of learning, of what is asked of alarms, and of the gate."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from faultprint.config.strict import Duration, Strict


class TwinSettings(Strict):
    """How expected behaviour is learnt."""

    ridge: float = 1e-3
    """Weight of the ridge penalty."""
    shrinkage: float = 20.0
    """Healthy windows an asset needs before its own offset counts half."""
    drift_sigma: float = 4.0
    """Trend over the reference, in healthy scales, above which the later part is not learnt."""
    drift_reference: Duration = timedelta(days=30)
    """The earliest part of a drifting history that is still taken as its reference."""


class Split(Strict):
    """How the judged part of the history is kept apart."""

    holdout: float | str = 0.3
    """Share of the time range at its end, or the ISO date with zone at which it starts."""
    holdout_assets: float = Field(0.0, ge=0, lt=1)
    """Share of the assets judged only, never learnt from."""
    folds: int = Field(5, ge=2)
    """Folds for what is judged out of fold."""
    by: Literal["auto", "asset", "run"] = "auto"
    """What a fold takes as a whole: ``asset``, ``run`` (each run, cut where a fault ends), or
    ``auto``: by asset where a class has two or more, else by run."""
    embargo: Duration = timedelta(hours=48)
    """Cut out before the held-out part; by default at least a window and the labels' horizon."""


class Classifier(Strict):
    """Trees (LightGBM) and lines, each failure mode by itself."""

    rounds: int = 150
    """Boosting rounds."""
    learning_rate: float = 0.08
    """Shrinkage of each tree."""
    leaves: int = 15
    """Leaves of a tree."""
    min_leaf: int = 10
    """Windows in a leaf at least."""
    feature_fraction: float = 0.5
    """Share of the descriptors each tree may use."""
    l2: float = 1.0
    """L2 penalty on leaf values."""
    min_episodes: int = 3
    """A failure mode with fewer episodes gets no signature; the reason is reported."""


class Signatures(Strict):
    """How signatures are condensed from what was learnt."""

    descriptors: int = 8
    """How many descriptors a signature names."""
    prototypes: int = 3
    """Typical pictures of a fault at most."""
    min_effect: float = 1.0
    """Smallest contrast to healthy, in robust standard deviations, worth naming."""


class Costs(Strict):
    """What errors cost, in any currency; only their ratio matters."""

    missed_failure: float = Field(gt=0)
    """A failure that no alarm foretold."""
    false_alarm: float = Field(gt=0)
    """An alarm on healthy equipment."""


class Detect(Strict):
    """What the user asks of alarms: a budget and delays, never a threshold."""

    false_alarms_per_asset_month: float = Field(0.5, gt=0)
    """Budget: incidents per 30 days of a healthy asset that are accepted."""
    costs: Costs | None = None
    """Instead of the budget: what errors cost. The limit is then the one whose errors on training
    history, out of fold, cost least."""
    significance: float = Field(0.05, gt=0, lt=1)
    """Error rate at which a signature is struck off the list of candidates."""
    on_delay: Duration = timedelta(hours=6)
    """How long abnormal before an incident opens."""
    off_delay: Duration = timedelta(hours=24)
    """How long normal before it clears."""
    max_lead: Duration = timedelta(days=14)
    """An incident opened earlier than this before a failure did not foretell it."""


class Discover(Strict):
    """How incidents that fit no signature are grouped."""

    min_incidents: int = Field(2, ge=2)
    """Fewer incidents that look alike are not a group."""
    max_distance: float | None = Field(None, ge=0, le=1)
    """Mean distance within a group, 0 same symptoms, 1 none; learnt of known faults if left out."""


class Gate(Strict):
    """When a candidate replaces the incumbent."""

    metric: Literal["macro_recall", "f1_events", "f1_named"] = "f1_events"
    """What candidate and incumbent are compared by."""
    min_gain: float = 0.0
    """By how much the candidate must be better; an equal one passes only if this is negative."""
    recall_floor: float = Field(0.0, ge=0, le=1)
    """Smallest event recall of any fault the incumbent knows."""
    recall_drop: float = Field(0.2, ge=0, le=1)
    """By how much the share of a fault's failures named rightly may fall below the incumbent's."""
    first_floor: float = Field(0.1, ge=0, le=1)
    """Smallest ``f1_events`` of a first release; below it, it is not better than nothing."""
