"""Settings from readings to labelled windows: cleaning, sensor health, windows, labels."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from faultprint.config.strict import Duration, Strict


class Cleaning(Strict):
    """When a value is flagged at the door."""

    stuck_for: int = 30
    """Equal values in a row, on a sensor that otherwise varies, before they count as stuck."""
    spike_sigma: float = 8.0
    """Distance from the running median, in robust standard deviations, of a lone outlier."""
    unit_ratio: float = 5.0
    """Lasting jump of the level by at least this factor that makes the unit suspect."""
    min_rows: int = 24
    """An asset with fewer readings is reported as too short."""


class SensorHealth(Strict):
    """When a sensor is no longer believed, and when it is trusted again."""

    enabled: bool = True
    """Whether sensors are judged at all."""
    penalty: Duration = timedelta(hours=6)
    """A check must fail over this look-back before the sensor is bad; at most detect.on_delay, so
    that it is left out before an alarm opens on it."""
    reward: Duration = timedelta(hours=24)
    """Every check must have passed for this long before it is trusted again."""
    missing_share: float = Field(0.5, gt=0, lt=1)
    """Share of its usual number of values below which a sensor counts as missing."""
    spikes: int = Field(4, ge=2)
    """Lone spikes, or impossibly fast steps, in a look-back that make it bad."""
    noise_low: float = Field(0.2, ge=0, lt=1)
    """Share of the lowest usual noise below which the noise has collapsed."""
    noise_high: float = Field(3.0, gt=1)
    """Multiple of the highest usual noise above which it is a burst."""
    drift_window: Duration = timedelta(days=3)
    """Look-back over which a sensor must disagree with the twin and with the other sensors."""
    drift_sigma: float = Field(4.0, gt=0)
    """Mean disagreement of a drifting sensor, in healthy scales of that disagreement ..."""
    drift_quiet: float = Field(1.0, gt=0)
    """... while the others, without it, stay within this multiple of their usual distance."""
    related: float = Field(1.0, ge=0, le=1)
    """Share of a sensor's variation that others must share for its drift to silence it; 1: never,
    drifts are reported alone."""
    redundant: list[list[str]] = Field([])
    """Groups of sensors that measure the same; a drift of one is silenced, whatever they share."""


class Windows(Strict):
    """How histories are cut into causal windows."""

    by: Literal["time", "count", "segment"] = "time"
    """``time``: a fixed grid; ``count``: so many rows; ``segment``: a cycle or recording each."""
    length: Duration = timedelta(hours=24)
    """How far a window looks back."""
    step: Duration = timedelta(hours=6)
    """Distance between two windows; ends lie on multiples of it since 1970, UTC."""
    count: int = 100
    """Rows of a window, when cut by count."""
    count_step: int = 100
    """Rows between two windows, when cut by count."""
    whole_segments: bool = False
    """Segments arrive whole; if not, the last one is judged only once a later one has begun."""
    recent: Duration | None = None
    """A second, shorter look-back to the same end; its descriptors end in ``@recent``."""
    max_gap: Duration = timedelta(hours=12)
    """A longer silence starts a new run; windows never cross runs."""
    min_coverage: float = Field(0.5, ge=0, le=1)
    """Share of a window that good readings must cover; below it is not evaluated."""


class Pair(Strict):
    """Two sensors that are looked at together, where an equipment class has both."""

    of: str
    """The sensor that answers."""
    against: str
    """The sensor it is held against."""
    descriptors: list[Literal["correlation", "regression_slope"]] = Field(["correlation"])
    """What is computed of the two."""


class Descriptors(Strict):
    """Which descriptors are computed, by sensor type."""

    default: list[str] = Field(
        default_factory=lambda: ["mean", "std", "min", "max", "slope_per_hour"]
    )
    """Descriptors of every sensor type that is not listed below."""
    by_type: dict[str, list[str]] = Field(default_factory=dict)
    """Sensor type -> its descriptors."""
    error_codes: list[str] = Field(default_factory=list)
    """Event codes of kind ``error`` counted in each window."""
    since_maintenance: list[str] = Field(default_factory=list)
    """Maintainable items whose hours since last maintenance are a descriptor; ``any`` for all."""
    pairs: list[Pair] = Field(default_factory=list)
    """Sensors whose relation is a descriptor, ``<of>~<against>.correlation``."""
    run: list[Literal["hours", "starts"]] = Field(default_factory=list)
    """Hours run within the window, and how often the equipment started in it."""


class Labels(Strict):
    """How windows get their label."""

    source: Literal["failures", "intervals"] = "failures"
    """``failures``: the time before a failure; ``intervals``: labelled intervals of fault."""
    horizon: Duration = timedelta(hours=48)
    """Windows that end this long before a failure show its fault."""
    gap: Duration = timedelta(0)
    """Just before the failure: too late to be of use, not used."""
    buffer: Duration = timedelta(0)
    """Before the horizon: the fault may already be there, not used."""
    recovery: Duration = timedelta(hours=24)
    """After a failure or maintenance: the equipment settles, not used."""
    censor: Duration | None = None
    """Before planned maintenance: neither healthy nor faulty; the horizon when left out."""
