"""params.yaml as typed settings; an unknown key is an error that names the nearest known key.

Longer than other modules on purpose: what params.yaml may say is read best in one place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from faultprint.errors import ConfigError


def _duration(value: object) -> timedelta:
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


def _spell(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s"


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(_spell)]
"""A length of time written with its unit: ``'24h'``, ``'10min'``, ``'7d'``."""


class Strict(BaseModel):
    """Settings that refuse keys they do not know."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


class Sensor(Strict):
    """One sensor of an equipment class."""

    unit: str
    """Unit its readings are stored in, e.g. ``bar``; files in another unit are converted."""
    type: str = "generic"
    """What it measures (pressure, temperature, vibration ...); chooses the descriptors."""
    role: Literal["symptom", "condition"] = "symptom"
    """``condition``: an operating condition, an input of the twin; ``symptom``: predicted by it."""
    valid: tuple[float, float] | None = None
    """Physical range [unit]; values outside are flagged, not used."""
    required: bool = True
    """Whether a window without it can still be evaluated."""
    fastest: float | None = Field(None, gt=0)
    """Fastest change that is physically possible [unit/h]; faster steps speak against it."""


class Running(Strict):
    """When the equipment counts as running: ``sensor > above``."""

    sensor: str
    """A sensor of the class."""
    above: float
    """Level above which it runs [unit of the sensor]."""


class Equipment(Strict):
    """One equipment class: what is measured on it and how often."""

    sensors: dict[str, Sensor]
    """Sensor name -> what it is."""
    period: Duration = timedelta(hours=1)
    """Usual time between two readings; for coverage, a reading stands for at most this long."""
    running: Running | None = None
    """When it counts as running; always, when left out."""
    attributes: dict[str, str | int | float] = Field(default_factory=dict)
    """What all assets of the class share, e.g. the geometry of a bearing; an asset's own attributes
    come first."""

    @model_validator(mode="after")
    def _running_sensor_exists(self) -> Equipment:
        if self.running and self.running.sensor not in self.sensors:
            raise ValueError(f"running.sensor {self.running.sensor!r} is not among the sensors")
        return self

    def named(self, role: Literal["symptom", "condition"]) -> list[str]:
        """List the sensors of one role.

        Parameters
        ----------
        role : Literal['symptom', 'condition']
            The role.

        Returns
        -------
        list[str]
            Sensor names in the order of params.yaml.
        """
        return [name for name, sensor in self.sensors.items() if sensor.role == role]


class SensorColumn(Strict):
    """Where a sensor stands in a file."""

    sensor: str
    """Sensor of the equipment class."""
    unit: str | None = None
    """Unit in the file; the sensor's own when left out."""


class ReadingsMap(Strict):
    """How one kind of readings file (or query) is laid out."""

    path: str | None = None
    """File, folder or glob below the source's path, or any fsspec URL."""
    query: str | None = None
    """SQL instead of a path; the source's ``url`` is the SQLAlchemy URL."""
    equipment_class: str | None = None
    """Equipment class of its assets; else as in the asset register."""
    asset: str | None = None
    """Column that names the asset."""
    asset_from: str | None = None
    """Regular expression with a group ``asset``, matched against the file's name."""
    time: str = "time"
    """Column of the instant."""
    time_format: str = "ISO8601"
    """``ISO8601``, a strptime format, or ``epoch_s`` / ``epoch_ms``."""
    timezone: str | None = None
    """IANA zone of times written without one; without it such times are an error."""
    separator: str = ","
    """Between two columns of a CSV."""
    decimal: str = "."
    """Decimal mark of a CSV."""
    encoding: str = "utf-8"
    """Encoding of a CSV."""
    form: Literal["wide", "long"] = "wide"
    """``wide``: a column per sensor; ``long``: a row per sensor and instant."""
    sensors: dict[str, SensorColumn] = Field(default_factory=dict)
    """Column (wide) or name in ``sensor_column`` (long) -> sensor."""
    sensor_column: str = "sensor"
    """Long form: column that names the sensor."""
    value_column: str = "value"
    """Long form: column of the value."""
    segment: str | None = None
    """Column that numbers cycles or recordings."""


class EventsMap(Strict):
    """How one kind of events file (or query) is laid out."""

    path: str | None = None
    """File, folder or glob below the source's path, or any fsspec URL."""
    query: str | None = None
    """SQL instead of a path."""
    asset: str = "asset"
    """Column that names the asset."""
    time: str = "time"
    """Column of the instant."""
    time_format: str = "ISO8601"
    """``ISO8601``, a strptime format, or ``epoch_s`` / ``epoch_ms``."""
    timezone: str | None = None
    """IANA zone of times written without one."""
    separator: str = ","
    """Between two columns of a CSV."""
    encoding: str = "utf-8"
    """Encoding of a CSV."""
    kind: str | None = None
    """Column with the kind; or state ``constant_kind``."""
    constant_kind: str | None = None
    """Kind of every event of the file."""
    kinds: dict[str, str] = Field(default_factory=dict)
    """The plant's words -> failure, maintenance, error, inspection, restart or fault."""
    code: str | None = None
    """Column of the plant's code."""
    failure_mode: str | None = None
    """Column from which the failure mode is read."""
    modes: dict[str, str] = Field(default_factory=dict)
    """The plant's words or codes -> failure mode."""
    item: str | None = None
    """Column from which the maintainable item is read."""
    items: dict[str, str] = Field(default_factory=dict)
    """The plant's words -> maintainable item."""
    end: str | None = None
    """Column of the end of an interval."""
    text: str | None = None
    """Column of free text."""


class AssetsMap(Strict):
    """How the asset register is laid out."""

    path: str | None = None
    """File, folder or glob below the source's path, or any fsspec URL."""
    query: str | None = None
    """SQL instead of a path."""
    asset: str = "asset"
    """Column that names the asset."""
    separator: str = ","
    """Between two columns of a CSV."""
    encoding: str = "utf-8"
    """Encoding of a CSV."""
    equipment_class: str | None = None
    """Column of the equipment class."""
    constant_class: str | None = None
    """Equipment class of every asset of the file."""
    attributes: list[str] = Field(default_factory=list)
    """Columns kept as attributes."""


Layout = Literal["generic", "sql", "azure_pdm", "cmapss", "hydraulic", "skab", "cwru"]


class Source(Strict):
    """Where histories come from."""

    kind: Layout = "generic"
    """``generic`` (files), ``sql``, or a built-in layout of a public data set."""
    path: str = "data/raw"
    """Folder or fsspec URL that paths start from; relative to the project folder."""
    url: str | None = None
    """SQLAlchemy URL for queries."""
    timezone: str | None = None
    """IANA zone of times written without one, for all files that state none."""
    readings: list[ReadingsMap] = Field(default_factory=list)
    """Kinds of readings files."""
    events: list[EventsMap] = Field(default_factory=list)
    """Kinds of events files."""
    assets: list[AssetsMap] = Field(default_factory=list)
    """Asset registers."""
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Choices of a built-in layout, e.g. ``target: valve`` for the hydraulic rig."""


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
    redundant: list[list[str]] = []
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
    descriptors: list[Literal["correlation", "regression_slope"]] = ["correlation"]
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
    """LightGBM multi-class."""

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


class Settings(Strict):
    """Everything params.yaml may say."""

    seed: int = 7
    """Of all randomness: simulation, folds, classifier."""
    equipment: dict[str, Equipment]
    """Equipment class -> its sensors."""
    simulate: Simulate = Simulate()
    """The simulated fleet."""
    source: Source = Source()
    """Where histories come from, in the plant's own words."""
    cleaning: Cleaning = Cleaning()
    """When a value is flagged at the door."""
    sensor_health: SensorHealth = SensorHealth()
    """When a sensor is bad, and when it is trusted again."""
    windows: Windows = Windows()
    """How histories are cut."""
    descriptors: Descriptors = Descriptors()
    """What is computed of each window."""
    labels: Labels = Labels()
    """How windows get their label."""
    twin: TwinSettings = TwinSettings()
    """How expected behaviour is learnt."""
    split: Split = Split()
    """What is learnt from and what is judged."""
    classifier: Classifier = Classifier()
    """The classifier."""
    signatures: Signatures = Signatures()
    """How signatures are condensed."""
    detect: Detect = Detect()
    """What is asked of alarms."""
    discover: Discover = Discover()
    """How unknown incidents are grouped."""
    gate: Gate = Gate()
    """When a candidate replaces the incumbent."""
    tracking: Tracking = Tracking()
    """The experiment tracker."""
    database: Database = Database()
    """The signature database."""
    expert: Expert = Expert()
    """What experts write by hand."""

    @model_validator(mode="after")
    def _pairs_are_of_sensors(self) -> Settings:
        """Refuse a relation of a sensor that no equipment class has."""
        known = sorted({name for each in self.equipment.values() for name in each.sensors})
        for pair in self.descriptors.pairs:
            for name in (pair.of, pair.against):
                if name not in known:
                    problem = ConfigError.unknown("sensor", name, known)
                    raise ValueError(f"descriptors.pairs: {problem}")
        return self

    @model_validator(mode="after")
    def _sensors_are_judged_in_time(self) -> Settings:
        """Refuse alarms that open on a sensor before it can have been found bad."""
        penalty, delay = self.sensor_health.penalty, self.detect.on_delay
        if self.sensor_health.enabled and penalty > delay:
            raise ValueError(
                f"sensor_health.penalty is {_spell(penalty)}; expected at most detect.on_delay, "
                f"which is {_spell(delay)}, so that a bad sensor is left out before an alarm opens "
                f"on it; lengthen the delay, shorten the penalty, or set sensor_health.enabled: "
                f"false"
            )
        return self

    @model_validator(mode="after")
    def _embargo_covers_labels(self) -> Settings:
        """Keep windows and labels of the learnt part out of the judged part."""
        spans = [self.windows.length] if self.windows.by == "time" else []
        spans += [self.labels.horizon] if self.labels.source == "failures" else []
        least = max(spans, default=timedelta(0))
        if self.split.embargo >= least:
            return self
        if "embargo" in self.split.model_fields_set:
            raise ValueError(
                f"split.embargo is {_spell(self.split.embargo)}; expected at least "
                f"{_spell(least)}, the longer of labels.horizon and windows.length"
            )
        wider = self.split.model_copy(update={"embargo": least})
        return self.model_copy(update={"split": wider})


def _models(kind: object) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in get_args(kind) for model in _models(part)]


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys allowed at ``location``, walking the models by field."""
    models = [model]
    for step in location:
        fields = [m.model_fields[step] for m in models if step in m.model_fields]
        if fields:
            models = [inner for field in fields for inner in _models(field.annotation)]
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


def settings_from(params: Mapping[str, Any]) -> Settings:
    """Check the contents of params.yaml and type them.

    Parameters
    ----------
    params : Mapping[str, Any]
        What the YAML file holds.

    Returns
    -------
    Settings
        Typed, frozen settings with every default filled in.

    Raises
    ------
    ConfigError
        If a key is unknown (the nearest known one is named) or a value is of the wrong kind; all
        offenders are listed.
    """
    try:
        return Settings.model_validate(dict(params))
    except ValidationError as error:
        raise ConfigError(complaints(error, Settings, "wrong settings")) from error
