"""How a signature stands: what it found lately, and when the field last confirmed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from faultprint.evaluate.exposure import false_alarm_rate
from faultprint.records import Signature
from faultprint.state.intervals import wilson


@dataclass(frozen=True)
class Confirmation:
    """Somebody or something said that it was this fault."""

    failure_mode: str
    asset: str
    time: pd.Timestamp
    by: str
    """``failure``, or the author of an opinion."""


@dataclass(frozen=True)
class Standing:
    """How one signature stands."""

    equipment_class: str
    failure_mode: str
    version: str
    status: str
    episodes: int
    """Occurrences it was learnt from."""
    assets: int
    """Assets they are of."""
    judged: int
    """Failures of this mode that it was not learnt from."""
    named: dict[str, float]
    """Share of them rightly named, with its 95 % interval."""
    false_alarms: dict[str, Any]
    """Incidents that named it falsely in exposed time, by that time, with the 95 % interval."""
    lead_hours: float | None
    """Median lead time of those rightly named [h]."""
    confirmed: int
    """Times it was confirmed on what it was not learnt from, or by an expert."""
    confirmed_assets: int
    last_confirmed: str
    """Instant [UTC, ISO 8601]; empty if never."""
    last_confirmed_by: str
    days_since: float | None
    """From the last confirmation to the end of the record."""
    missed_since: int
    """Failures of this mode after the last confirmation that it did not name."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return asdict(self)


def standing(
    signature: Signature,
    failures: pd.DataFrame,
    incidents: pd.DataFrame,
    exposed: pd.DataFrame,
    end: pd.Timestamp,
    opinions: Iterable[Confirmation] = (),
) -> Standing:
    """Count what a signature did on what it was not learnt from.

    Parameters
    ----------
    signature : Signature
        The signature.
    failures : pandas.DataFrame
        Judged failures of its equipment class, as from ``evaluate.metrics.match_incidents``.
    incidents : pandas.DataFrame
        Judged incidents of its equipment class, with ``outcome``.
    exposed : pandas.DataFrame
        Time in which an incident could have been false, of its equipment class, as from
        :func:`faultprint.evaluate.exposure.exposed_time`.
    end : pandas.Timestamp
        End of the record.
    opinions : Iterable[Confirmation], default ()
        Experts' opinions that an incident was this fault; those of other modes are passed over.

    Returns
    -------
    Standing
        Numbers by event. A failure confirms it when the signature had named it before.
    """
    mode = signature.failure_mode
    mine = failures[failures["failure_mode"] == mode]
    right = mine[mine["mode_right"].astype(bool)]
    seen = [
        Confirmation(mode, str(row["asset"]), row["time"], "failure")
        for row in right.to_dict("records")
    ]
    seen += [one for one in opinions if one.failure_mode == mode]
    last = max(seen, key=lambda one: (one.time, one.by), default=None)
    after = mine if last is None else mine[mine["time"] > last.time]
    hours = right["lead_hours"].dropna()
    episodes = signature.origin.episodes
    return Standing(
        equipment_class=signature.equipment_class,
        failure_mode=mode,
        version=signature.version,
        status=signature.status,
        episodes=len(episodes),
        assets=len({episode.rpartition("@")[0] for episode in episodes}),
        judged=len(mine),
        named=asdict(wilson(len(right), len(mine))),
        false_alarms=asdict(
            false_alarm_rate(incidents[incidents["failure_mode"] == mode], exposed)
        ),
        lead_hours=float(f"{hours.median():.6g}") if len(hours) else None,
        confirmed=len(seen),
        confirmed_assets=len({one.asset for one in seen}),
        last_confirmed=last.time.isoformat() if last else "",
        last_confirmed_by=last.by if last else "",
        days_since=float(f"{(end - last.time) / pd.Timedelta(days=1):.4g}") if last else None,
        missed_since=int((~after["mode_right"].astype(bool)).sum()),
    )
