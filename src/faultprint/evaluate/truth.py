"""What happened to the equipment, as far as the log tells: what incidents are judged by."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import Any

import pandas as pd

from faultprint.config import Labels
from faultprint.tables import UTC_TIME

FOREVER = pd.Timestamp("2200-01-01", tz="UTC").as_unit("ns")
"""End of an interval of fault that nobody saw end."""

_FAILURES = {
    "asset": "str",
    "time": UTC_TIME,
    "end": UTC_TIME,
    "failure_mode": "str",
    "item": "str",
}


@dataclass(frozen=True, eq=False)
class Truth:
    """What incidents are judged by."""

    failures: pd.DataFrame
    """One row a failure (or interval of fault): asset, time, end (never missing), failure_mode,
    item."""
    replaced: pd.DataFrame
    """Maintenance that names an item: asset, time, item, preventive."""
    items: dict[str, set[str]]
    """Failure mode -> items that its failures name."""

    def of(self, asset: str) -> Truth:
        """Take what happened to one asset.

        Parameters
        ----------
        asset : str
            The asset.

        Returns
        -------
        Truth
            Its failures and replacements; the items are those of the whole fleet.
        """
        return replace(
            self,
            failures=self.failures[self.failures["asset"] == asset],
            replaced=self.replaced[self.replaced["asset"] == asset],
        )

    def items_of(self, failure_mode: str) -> set[str]:
        """Name the items that may be behind a failure mode.

        Parameters
        ----------
        failure_mode : str
            The mode; empty if it is not known.

        Returns
        -------
        set[str]
            The items its failures name; those of all modes if they name none.
        """
        return self.items.get(failure_mode) or set().union(*self.items.values())


def truth(events: pd.DataFrame, labels: Labels) -> Truth:
    """Read the log: failures, replacements, and which items belong to which failure mode.

    Parameters
    ----------
    events : pandas.DataFrame
        Table ``events``.
    labels : Labels
        ``source``, ``recovery``.

    Returns
    -------
    Truth
        Failures by asset and time. One that is logged again within ``recovery``, with the same
        mode or with none, is one failure, at the first of these times. A failure without an end
        is over at once, an interval without one lasts. Work on an item is preventive unless it
        follows a failure of the asset within ``recovery``.
    """
    events = events.reset_index(drop=True)
    kind = "failure" if labels.source == "failures" else "fault"
    some = events.loc[events["kind"] == kind, list(_FAILURES)]
    some = some.drop_duplicates(["asset", "time", "failure_mode"])
    some = some.sort_values(["asset", "time", "failure_mode"], kind="stable", ignore_index=True)
    named = events[(events["failure_mode"] != "") & (events["item"] != "")]
    return Truth(
        failures=_once(some, pd.Timedelta(labels.recovery))
        if labels.source == "failures"
        else some.assign(end=some["end"].fillna(FOREVER)),
        replaced=_replaced(events, labels),
        items={str(mode): set(group) for mode, group in named.groupby("failure_mode")["item"]},
    )


def _once(failures: pd.DataFrame, recovery: pd.Timedelta) -> pd.DataFrame:
    """Count a failure once that was written down more than once."""
    over = failures["end"].where(failures["end"] > failures["time"], failures["time"])
    kept: list[dict[Hashable, Any]] = []
    for row in failures.assign(end=over).to_dict("records"):
        recent = takewhile(partial(_is_recent, row, recovery), reversed(kept))
        same = [one for one in recent if _is_same(row, one)]
        if not same:
            kept.append(row)
            continue
        first = next((o for o in same if o["failure_mode"] == row["failure_mode"]), same[0])
        first["failure_mode"] = first["failure_mode"] or row["failure_mode"]
        first["item"] = first["item"] or row["item"]
    return pd.DataFrame(kept, columns=list(_FAILURES)).astype(_FAILURES)


def _is_recent(row: Any, recovery: pd.Timedelta, one: Any) -> bool:
    return bool(row["asset"] == one["asset"] and row["time"] - one["time"] <= recovery)


def _is_same(row: Any, one: Any) -> bool:
    modes = {row["failure_mode"], one["failure_mode"]}
    return len(modes) == 1 or "" in modes


def _replaced(events: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    work = events[(events["kind"] == "maintenance") & (events["item"] != "")]
    failed = events.loc[events["kind"] == "failure", ["asset", "time"]]
    both = work.reset_index(names="row").merge(failed, on="asset", suffixes=("", "_failed"))
    since = both["time"] - both["time_failed"]
    follows = (since >= pd.Timedelta(0)) & (since <= pd.Timedelta(labels.recovery))
    preventive = ~work.index.isin(both.loc[follows, "row"])
    return work[["asset", "time", "item"]].assign(preventive=preventive)
