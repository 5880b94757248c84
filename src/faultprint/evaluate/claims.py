"""What one incident can foretell: from its opening until the failure or the repair that ends it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from faultprint.config import Detect, Labels
from faultprint.evaluate.truth import FOREVER, Truth

Row = Mapping[Hashable, Any]
"""A row of ``incidents``, or of the failures of :class:`faultprint.evaluate.truth.Truth`."""


@dataclass(frozen=True, eq=False)
class Claims:
    """The story of one asset, and the rules by which an incident belongs to a failure."""

    failures: Sequence[Row]
    """In order of time."""
    replaced: Sequence[Row]
    items: Mapping[str, set[str]]
    """Failure mode -> items that its failures name."""
    periods: Sequence[Row]
    """Judged: start, end; in order of time."""
    detect: Detect
    labels: Labels

    def period(self, time: pd.Timestamp) -> pd.Timestamp | None:
        """Look up the judged period that holds an instant.

        Parameters
        ----------
        time : pd.Timestamp
            The instant.

        Returns
        -------
        pd.Timestamp | None
            Its start; none if the instant is not judged.
        """
        inside = [one["start"] for one in self.periods if one["start"] < time <= one["end"]]
        return inside[-1] if inside else None

    def until(self, opened: pd.Timestamp) -> pd.Timestamp:
        """Say when the claim of an incident is over, if no repair ends it.

        Parameters
        ----------
        opened : pd.Timestamp
            When it opened.

        Returns
        -------
        pd.Timestamp
            The next failure of the asset, ``max_lead`` later at most.
        """
        later = (one["time"] for one in self.failures if one["time"] > opened)
        return min(opened + self.detect.max_lead, next(later, FOREVER))

    def reaches(self, incident: Row, failure: Row) -> bool:
        """Tell whether a failure, and not a repair before it, ends the claim of an incident.

        Parameters
        ----------
        incident : Row
            The incident.
        failure : Row
            A failure of its asset.

        Returns
        -------
        bool
            Whether the incident may foretell it; whether it does, :meth:`stood` says.
        """
        opened, time = incident["opened"], failure["time"]
        if opened > time or self.until(opened) != time:
            return False
        failed = self.items.get(failure["failure_mode"], set()) | {failure["item"]} - {""}
        renewed = failed | self.items.get(incident["failure_mode"], set())
        return not any(  # where nobody knows what failed, any replacement may have renewed it
            opened < work["time"] < time and (not failed or work["item"] in renewed)
            for work in self.replaced
        )

    def stood(self, incident: Row, time: pd.Timestamp, *, named: bool) -> bool:
        """Tell whether an incident stood until shortly before an instant, or long before it.

        Parameters
        ----------
        incident : Row
            The incident.
        time : pd.Timestamp
            The instant of a failure, or of the work that prevented one.
        named : bool
            Whether it names what failed.

        Returns
        -------
        bool
            Whether it was still open within the horizon before; or, if it names what failed, was
            open for at least half of the time from its opening.
        """
        opened, cleared = incident["opened"], incident["cleared"]
        if pd.isna(cleared) or cleared >= time - self.labels.horizon:
            return True
        return named and bool(2 * (cleared - opened) >= time - opened)

    def is_late(self, incident: Row, failure: Row) -> bool:
        """Tell whether an incident opened too late to be of use, or in the aftermath.

        Parameters
        ----------
        incident : Row
            The incident.
        failure : Row
            A failure of its asset.

        Returns
        -------
        bool
            Whether it opened between ``gap`` before the failure and ``recovery`` after its end; one
            that opened at the very instant of the failure foretold nothing, with a gap or without.
        """
        opened, time = incident["opened"], failure["time"]
        late = opened > time - self.labels.gap or opened == time
        return bool(late and opened <= failure["end"] + self.labels.recovery)

    def saw(self, incident: Row, interval: Row) -> bool:
        """Tell whether an incident was open in an interval of fault, the first spell it saw.

        Parameters
        ----------
        incident : Row
            The incident.
        interval : Row
            A labelled interval of fault of its asset.

        Returns
        -------
        bool
            False also if the interval begins more than ``recovery`` after the intervals that the
            incident saw before.
        """
        if incident["opened"] > interval["end"] or incident["cleared"] < interval["time"]:
            return False
        reached = None
        for one in self.failures:
            if one["end"] < incident["opened"] or one["time"] > interval["time"]:
                continue
            if reached is not None and one["time"] > reached + self.labels.recovery:
                return False
            reached = one["end"] if reached is None else max(reached, one["end"])
        return True

    def is_judged(self, incident: Row) -> bool:
        """Tell whether an incident opened in a judged period, or could still come true in one.

        Parameters
        ----------
        incident : Row
            The incident.

        Returns
        -------
        bool
            True also if it stood at the start of a period and its claim was not over by then.
        """
        opened, cleared = incident["opened"], incident["cleared"]
        if self.period(opened) is not None:
            return True
        starts = [
            one["start"]
            for one in self.periods
            if one["start"] >= opened and not one["start"] >= cleared
        ]
        if not starts:
            return False
        if self.labels.source == "intervals":
            return not any(opened <= one["end"] <= starts[0] for one in self.failures)
        return bool(starts[0] < self.until(opened))

    def unmatched(self, incident: Row) -> tuple[str, str]:
        """Say what became of an incident that foretold no failure.

        Parameters
        ----------
        incident : Row
            The incident.

        Returns
        -------
        outcome : str
            ``censored`` or ``false``.
        why : str
            ``end``, ``preventive``, or empty.
        """
        opened, mode = incident["opened"], incident["failure_mode"]
        ends = [one["end"] for one in self.periods if one["end"] >= opened]
        if opened > min(ends) - self.labels.horizon:
            return "censored", "end"
        until = self.until(opened)
        items = self.items.get(mode) or set().union(*self.items.values())
        for work in self.replaced:
            plausible = work["preventive"] and (not items or work["item"] in items)
            if (
                plausible
                and opened <= work["time"] <= until
                and self.stood(incident, work["time"], named=mode != "")
            ):
                return "censored", "preventive"
        return "false", ""


def claims_of(
    asset: str, told: Truth, periods: pd.DataFrame, rules: tuple[Detect, Labels]
) -> Claims:
    """Gather the story of one asset.

    Parameters
    ----------
    asset : str
        The asset.
    told : Truth
        What happened to the fleet.
    periods : pd.DataFrame
        ``asset``, ``start``, ``end`` of the judged periods.
    rules : tuple[Detect, Labels]
        ``max_lead``; ``source``, ``gap``, ``horizon``, ``recovery``.

    Returns
    -------
    Claims
        Ready to judge the incidents of the asset.
    """
    mine = told.of(asset)
    looked = periods[periods["asset"] == asset].sort_values("start", kind="stable")
    return Claims(
        failures=mine.failures.to_dict("records"),
        replaced=mine.replaced.to_dict("records"),
        items=told.items,
        periods=looked.to_dict("records"),
        detect=rules[0],
        labels=rules[1],
    )
