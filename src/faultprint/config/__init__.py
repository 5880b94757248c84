"""params.yaml as typed settings; an unknown key is an error that names the nearest known key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError, model_validator

from faultprint.config.equipment import Equipment, Running, Sensor
from faultprint.config.learning import (
    Classifier,
    Costs,
    Detect,
    Discover,
    Gate,
    Signatures,
    Split,
    TwinSettings,
)
from faultprint.config.places import Database, Expert, Mix, Policy, Simulate, Tracking
from faultprint.config.sources import (
    AssetsMap,
    EventsMap,
    Layout,
    ReadingsMap,
    SensorColumn,
    Source,
)
from faultprint.config.strict import Duration, Strict, complaints, spell
from faultprint.config.windows import Cleaning, Descriptors, Labels, Pair, SensorHealth, Windows
from faultprint.errors import ConfigError

__all__ = [
    "AssetsMap",
    "Classifier",
    "Cleaning",
    "Costs",
    "Database",
    "Descriptors",
    "Detect",
    "Discover",
    "Duration",
    "Equipment",
    "EventsMap",
    "Expert",
    "Gate",
    "Labels",
    "Layout",
    "Mix",
    "Pair",
    "Policy",
    "ReadingsMap",
    "Running",
    "Sensor",
    "SensorColumn",
    "SensorHealth",
    "Settings",
    "Signatures",
    "Simulate",
    "Source",
    "Split",
    "Strict",
    "Tracking",
    "TwinSettings",
    "Windows",
    "complaints",
    "settings_from",
]


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
                f"sensor_health.penalty is {spell(penalty)}; expected at most detect.on_delay, "
                f"which is {spell(delay)}, so that a bad sensor is left out before an alarm opens "
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
                f"split.embargo is {spell(self.split.embargo)}; expected at least "
                f"{spell(least)}, the longer of labels.horizon and windows.length"
            )
        wider = self.split.model_copy(update={"embargo": least})
        return self.model_copy(update={"split": wider})


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
