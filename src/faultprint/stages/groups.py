"""Incidents that fit no signature, grouped: derived anew from the results, with names that stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from faultprint import tables as schema
from faultprint.config import Discover
from faultprint.faults.discover import Group, Groups, group_incidents
from faultprint.faults.discovery.archive import Archive, pictures_of
from faultprint.faults.discovery.group_story import GroupStory, tell_group
from faultprint.faults.discovery.picture import Floats, Pictures
from faultprint.faults.release import Release
from faultprint.serve.score import Scorer
from faultprint.store.folders import only_writer, restore_folder
from faultprint.store.parquet import read_table, write_parquet

NAME = "groups"
UNKNOWN, KNOWN = "deviation", "known"
_FOREVER = pd.Timestamp("2200-01-01", tz="UTC")


@dataclass(frozen=True, eq=False)
class Grouped:
    """What was found."""

    table: pd.DataFrame
    """Table ``groups``."""
    stories: tuple[GroupStory, ...]
    """One a group, by equipment class and size."""
    joined: Mapping[str, int]
    """Group -> incidents that were in no group, or not there, when it was last looked."""

    @property
    def alone(self) -> list[str]:
        """List the incidents that are like no other.

        Returns
        -------
        list[str]
            Their identities, sorted.
        """
        return sorted(self.table.loc[self.table["group"] == "", "incident"])


def groups(release: Path, results: Path, tables: Path, settings: Discover) -> Grouped:
    """Group the unknown incidents of the results and write the table ``groups`` beside them.

    Parameters
    ----------
    release : Path
        Exported release that scored.
    results : Path
        Folder of results; ``groups`` is written there.
    tables : Path
        Folder with ``events``; without it error codes and repairs are not known.
    settings : Discover
        How to group.

    Returns
    -------
    Grouped
        The groups; doing it again changes nothing.
    """
    scorer = Scorer.load(release)
    with only_writer(results):
        restore_folder(results)
        found = find_groups(scorer, results, tables, settings)
        write_parquet(found.table, results / f"{NAME}.parquet")
    return found


def find_groups(scorer: Scorer, results: Path, tables: Path, settings: Discover) -> Grouped:
    """Group the unknown incidents of the results without writing.

    Parameters
    ----------
    scorer : Scorer
        The release that scored.
    results : Path
        Folder of results.
    tables : Path
        Folder with ``events``.
    settings : Discover
        How to group.

    Returns
    -------
    Grouped
        The groups.
    """
    read = {n: read_table(results, n) for n in ("incidents", "incident_windows", "residuals")}
    held = _held(results)
    table = regroup(scorer, read, held, settings)
    events = schema.empty("events")
    if (tables / "events.parquet").exists():
        events = read_table(tables, "events")
    return Grouped(table, _stories(scorer, read, events, table), _joined(table, held))


def regroup(
    scorer: Scorer,
    tables: Mapping[str, pd.DataFrame],
    held: pd.DataFrame | None,
    settings: Discover,
) -> pd.DataFrame:
    """Group the unknown incidents of one release.

    Parameters
    ----------
    scorer : Scorer
        The release that scored.
    tables : Mapping[str, pd.DataFrame]
        ``incidents`` and ``incident_windows`` of any releases.
    held : pandas.DataFrame | None
        Table ``groups`` as it was, also of another release: it gives the groups their names.
    settings : Discover
        How to group.

    Returns
    -------
    pandas.DataFrame
        Table ``groups`` of this release, by equipment class, group and incident.
    """
    mine = _of_release(tables["incidents"], scorer.label)
    windows = _of_release(tables["incident_windows"], scorer.label)
    frames = []
    for name, incidents in mine.groupby("equipment_class", sort=True):
        unknown = incidents[incidents["verdict"] == UNKNOWN]
        if len(unknown) and name in scorer.release.models:
            pictures, known = _pictures(scorer.release, str(name), incidents, windows)
            previous = _previous(held, unknown)
            found = group_incidents(pictures, settings, known, previous)
            frames.append(_rows(found, unknown))
    like = schema.empty(NAME)
    if not frames:
        return like
    told = pd.concat(frames, ignore_index=True).assign(release=scorer.label)
    told = told[list(like.columns)].astype(like.dtypes.to_dict())
    return told.sort_values(["equipment_class", "group", "incident"], ignore_index=True)


def summary(table: pd.DataFrame, held: pd.DataFrame | None) -> dict[str, object]:
    """Say in a few numbers what was grouped.

    Parameters
    ----------
    table : pandas.DataFrame
        Table ``groups``.
    held : pandas.DataFrame | None
        The same as it was before.

    Returns
    -------
    dict[str, object]
        Group -> its ``incidents``, and how many of them are ``new``.
    """
    joined = _joined(table, held)
    sizes = table.loc[table["group"] != "", "group"].value_counts(sort=False)
    return {str(name): {"incidents": int(n), "new": joined[str(name)]} for name, n in sizes.items()}


def _of_release(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    return frame[frame["release"] == label]


def _pictures(
    release: Release, name: str, incidents: pd.DataFrame, windows: pd.DataFrame
) -> tuple[Pictures, dict[str, Floats]]:
    """Make the pictures of unknown incidents, and of known ones by failure mode."""
    model, equipment = release.models[name], release.scoring.equipment[name]
    unknown = incidents[incidents["verdict"] == UNKNOWN]
    known = {
        str(mode): pictures_of(rows, windows, model, equipment).matrix
        for mode, rows in incidents[incidents["verdict"] == KNOWN].groupby("failure_mode")
    }
    return pictures_of(unknown, windows, model, equipment), known


def _held(results: Path) -> pd.DataFrame | None:
    return read_table(results, NAME) if (results / f"{NAME}.parquet").exists() else None


def _previous(held: pd.DataFrame | None, unknown: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Say which incidents of now the groups held before consist of."""
    if held is None:
        return {}
    was = held[held["group"] != ""][["group", "asset", "first_seen", "cleared"]]
    now = unknown[["incident", "asset", "first_seen", "cleared"]]
    both = was.merge(now, on="asset", suffixes=("", "_now"))
    meet = (both["first_seen"] <= both["cleared_now"].fillna(_FOREVER)) & (
        both["first_seen_now"] <= both["cleared"].fillna(_FOREVER)
    )
    rows = both[meet].groupby("group")["incident"]
    return {str(name): frozenset(incidents) for name, incidents in rows}


def _rows(found: Groups, unknown: pd.DataFrame) -> pd.DataFrame:
    """Lay out a row for each incident; one without a picture stands alone."""
    columns = ["incident", "asset", "equipment_class", "first_seen", "cleared"]
    group = {incident: one for one in found.groups for incident in one.incidents}
    mine = [group.get(str(incident)) for incident in unknown["incident"]]
    return unknown[columns].assign(
        group=["" if one is None else one.name for one in mine],
        stability=[float("nan") if one is None else one.stability for one in mine],
        cut=found.cut,
        basis=found.basis,
    )


def _joined(table: pd.DataFrame, held: pd.DataFrame | None) -> dict[str, int]:
    before = set() if held is None else set(held.loc[held["group"] != "", "incident"])
    grouped = table[table["group"] != ""]
    fresh = ~grouped["incident"].isin(list(before))
    counts = fresh.groupby(grouped["group"]).sum()
    return {str(name): int(n) for name, n in counts.items()}


def _stories(
    scorer: Scorer, read: Mapping[str, pd.DataFrame], events: pd.DataFrame, table: pd.DataFrame
) -> tuple[GroupStory, ...]:
    mine = {name: _of_release(frame, scorer.label) for name, frame in read.items()}
    archive = Archive(mine["incidents"], mine["incident_windows"], mine["residuals"], events)
    told: list[GroupStory] = []
    grouped = table[table["group"] != ""]
    for name, rows in grouped.groupby("equipment_class", sort=True):
        model = scorer.release.models[str(name)]
        equipment = scorer.release.scoring.equipment[str(name)]
        own = archive.of_class(str(name))
        ours = own.incidents[own.incidents["incident"].isin(rows["incident"])]
        pictures = pictures_of(ours, own.windows, model, equipment)
        stories = [
            tell_group(
                Group(
                    str(group),
                    tuple(sorted(part["incident"])),
                    float(part["stability"].iloc[0]),
                ),
                pictures,
                own,
                model,
                equipment,
            )
            for group, part in rows.groupby("group", sort=True)
        ]
        told += sorted(stories, key=lambda one: (-len(one.incidents), one.name))
    return tuple(told)
