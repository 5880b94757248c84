"""A group of unknown incidents as a page an expert can judge it by."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from faultprint.faults.discovery.archive import GroupedIncident
from faultprint.faults.discovery.change_points import Onset
from faultprint.faults.discovery.group_story import ConditionRange, GroupStory, GroupSymptom
from faultprint.faults.discovery.likeness import Likeness, moved

NEAREST = 2
"""Known faults it is held against on a page."""


def group_page(story: GroupStory) -> str:
    """Print a group as plain text.

    Parameters
    ----------
    story : GroupStory
        The group.

    Returns
    -------
    str
        What its incidents have in common, where and when they were, how they differ from the
        nearest known faults, and what to look at.
    """
    n = len(story.incidents)
    head = (
        f"{story.name}: {n} incidents of {story.equipment_class} that fit no signature, "
        f"stability {story.stability:.2f}"
    )
    parts = [
        ("Look at", look_at(story)),
        ("Common symptoms", [symptom_line(s) for s in story.symptoms]),
        ("Incidents", [incident_line(i) for i in story.incidents]),
        ("Conditions", [condition_line(c) for c in story.conditions]),
        ("Error codes", [f"{code}: in {k} of {n}" for code, k in story.codes.items()]),
        ("Nearest known faults", [likeness_line(k) for k in story.known[:NEAREST]]),
    ]
    lines = [head]
    for title, body in parts:
        if body:
            lines += [f"  {title}", *(f"    {line}" for line in body)]
    return "\n".join(lines)


def look_at(story: GroupStory) -> list[str]:
    """Say what an expert should look at first.

    Parameters
    ----------
    story : GroupStory
        The group.

    Returns
    -------
    list[str]
        One sentence each.
    """
    lines = []
    if story.symptoms:
        first = story.symptoms[0]
        lines.append(f"what can make it that {_moved(first)}: the strongest common symptom")
    if story.known:
        near = story.known[0]
        against = listed(near.unlike[:2])
        if near.distance < 1 and against:
            lines.append(f"whether it is {_plain(near.failure_mode)} after all, though {against}")
    if len(story.assets) == 1:
        lines.append(f"{story.assets[0]} itself: no other asset shows it")
    outside = [c for c in story.conditions if c.low < c.usual_low or c.high > c.usual_high]
    return [*lines, *(f"the operation: unusual {_plain(c.sensor)}" for c in outside)]


def symptom_line(symptom: GroupSymptom) -> str:
    """Put a common symptom into words.

    Parameters
    ----------
    symptom : GroupSymptom
        The symptom.

    Returns
    -------
    str
        For example ``flow is down: 8.1 m^3/min instead of 9.8, -5.2 healthy scales (4 of 4)``.
    """
    unit = "" if symptom.unit in {"", "1"} else f" {symptom.unit}"
    return (
        f"{_moved(symptom)}: {symptom.observed:.4g}{unit} instead of {symptom.healthy:.4g}, "
        f"{symptom.size:+.1f} healthy scales ({symptom.shown_by} of {symptom.measured})"
    )


def incident_line(incident: GroupedIncident) -> str:
    """Put an incident of a group into words.

    Parameters
    ----------
    incident : GroupedIncident
        The incident.

    Returns
    -------
    str
        Asset, when the alarm was on, when the deviation began.
    """
    until = "still open" if incident.cleared is None else f"to {_instant(incident.cleared)}"
    said = f"{incident.asset}: {_instant(incident.opened)} {until}"
    return f"{said}; {onset_words(incident.onset)}; {incident.incident}"


def onset_words(onset: Onset | None) -> str:
    """Put an onset into words.

    Parameters
    ----------
    onset : Onset | None
        The onset.

    Returns
    -------
    str
        With its interval, or that it cannot be told.
    """
    if onset is None:
        return "when it began cannot be told"
    span = f"{_instant(onset.earliest)} to {_instant(onset.latest)}"
    return f"began about {_instant(onset.likely)} ({span})"


def condition_line(condition: ConditionRange) -> str:
    """Put an operating condition into words.

    Parameters
    ----------
    condition : ConditionRange
        Its range in the group.

    Returns
    -------
    str
        For example ``speed 1310 to 1430 rpm (usually 1220 to 1460)``.
    """
    c = condition
    return (
        f"{_plain(c.sensor)} {c.low:.4g} to {c.high:.4g} {c.unit} "
        f"(usually {c.usual_low:.4g} to {c.usual_high:.4g})"
    )


def likeness_line(likeness: Likeness) -> str:
    """Say how a group differs from a known fault.

    Parameters
    ----------
    likeness : Likeness
        The comparison.

    Returns
    -------
    str
        For example ``bearing wear (distance 0.61): like it, vibration is up; but temperature is
        not up``.
    """
    said = f"{_plain(likeness.failure_mode)} (distance {likeness.distance:.2f})"
    like = f"like it, {listed(likeness.like)}" if likeness.like else "no symptom in common"
    return f"{said}: {like}" + (f"; but {listed(likeness.unlike)}" if likeness.unlike else "")


def listed(words: Iterable[str]) -> str:
    """Join words as people do.

    Parameters
    ----------
    words : Iterable[str]
        The words.

    Returns
    -------
    str
        For example ``a, b and c``, with spaces for underscores.

    Examples
    --------
    >>> listed(["oil_temperature is up", "b", "c"])
    'oil temperature is up, b and c'
    """
    *rest, last = [_plain(word) for word in words] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def _moved(symptom: GroupSymptom) -> str:
    return _plain(moved(symptom.descriptor, symptom.size))


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _instant(when: pd.Timestamp) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
