"""Examine somebody's data before anything is learnt from them."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.errors import LearnError, SourceError
from faultprint.evaluate.checkup.examining import examine
from faultprint.evaluate.checkup.finding import Finding, finding_page
from faultprint.evaluate.checkup.gathering import Doubles, Sight, gather, look_at
from faultprint.evaluate.checkup.material import Door, Material
from faultprint.evaluate.splits import holdout_start
from faultprint.stages.describe import describe
from faultprint.stages.ingest import ingest
from faultprint.stages.workspace import read_frames, read_json
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.tables import empty

STRANGER = "event of an asset that is neither in the register nor has readings"
"""Reason of rejects that :mod:`faultprint.store.sources.log` gives to such events."""

UNMAPPED = "kind of event not in the mapping"
"""How the reason of its rejects with an unlisted kind begins."""

AS_SAID = ("kept", "time of day")
"""Reasons of rejects that contain these only give notice; the row was let in."""

COST_FREE = "another reading of this time"
"""How the reason for contradicting rows begins; they have a check of their own."""


@dataclass(frozen=True)
class Examined:
    """What was looked at, and what was found."""

    looked_at: str
    findings: tuple[Finding, ...]

    @property
    def is_serious(self) -> bool:
        """Whether something stops or misleads."""
        return any(one.is_serious for one in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {
            "looked_at": self.looked_at,
            "serious": self.is_serious,
            "findings": [asdict(one) for one in self.findings],
        }

    def page(self) -> str:
        """Write it for a terminal.

        Returns
        -------
        str
            Lines of text.
        """
        return finding_page(self.findings, self.looked_at)


def doctor(settings: Settings) -> Examined:
    """Read a source as the main job would, and examine what comes in; nothing is kept.

    Parameters
    ----------
    settings : Settings
        Settings.

    Returns
    -------
    Examined
        What was found, the worst first. A source that cannot be read is a finding, too.
    """
    with tempfile.TemporaryDirectory() as scratch:
        tables, report = Path(scratch) / "tables", Path(scratch) / "ingest.html"
        try:
            ingest(settings, tables, report)
        except SourceError as error:
            return Examined(f"Source {settings.source.path!r}.", (_unreadable(error),))
        said = read_json(report.with_suffix(".json"))
        windows, none = _windows(settings, tables, Path(scratch) / "windows")
        materials = _materials(settings, tables, windows, said)
        found = examine(materials, _door(tables, said))
    return Examined(_looked_at(settings, materials, said), (*none, *found))


def _unreadable(error: SourceError) -> Finding:
    return Finding(
        "unreadable",
        "stops",
        "",
        error.got or str(error),
        f"expected {error.expected}" if error.expected else "nothing came in",
        error.do or "correct the source in params.yaml",
    )


def _windows(
    settings: Settings, tables: Path, folder: Path
) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """Cut and label windows; that there are none is a finding."""
    try:
        describe(settings, tables, folder)
    except LearnError as error:
        why = f"expected {error.expected}"
        return {}, (Finding("no_windows", "stops", "", error.got, why, error.do),)
    return read_frames(folder), ()


def _materials(
    settings: Settings, tables: Path, windows: dict[str, pd.DataFrame], said: dict[str, Any]
) -> list[Material]:
    events = read_table(tables, "events")
    sights: dict[str, list[Sight]] = defaultdict(list)
    doubles = {
        one["asset"]: Doubles(
            one["duplicates_identical"], one["duplicates_conflicting"], one["out_of_order"]
        )
        for one in said["assets"]
    }
    places = list_assets(tables)
    number = Counter(name for name, _ in places)
    for name, asset in tqdm(places, desc="examine", unit="asset"):
        readings, mine = read_readings(tables, name, asset), events[events["asset"] == asset]
        twice = replace(doubles.get(asset, Doubles()), assets=number[name])
        sights[name].append(look_at(asset, readings, mine, name, settings, twice))
    none = empty("windows").assign(label="", use="")
    every = pd.concat([none, *windows.values()]) if windows else none
    starts = [one.seen.times.start for seen in sights.values() for one in seen]
    at = holdout_start(every, settings.split) if len(every) else max(s for s in starts if s)
    materials = []
    for name, seen in sights.items():
        ours = events[events["asset"].isin([one.seen.asset for one in seen])]
        frame = windows.get(name, none)
        materials.append(gather(name, settings, seen, ours.reset_index(drop=True), frame, at))
    return materials


def _door(tables: Path, said: dict[str, Any]) -> Door:
    rejects = read_table(tables, "rejects")
    reason = rejects["reason"]
    stranger = reason == STRANGER
    unmapped = reason.str.startswith(UNMAPPED)
    of_log = {STRANGER, "the same event stands twice"}
    rest = ~(stranger | unmapped | reason.isin(of_log) | reason.str.startswith(COST_FREE))
    noticed = np.array([any(word in text for word in AS_SAID) for text in reason], dtype=bool)
    rest &= ~noticed & (rejects["row"] > 0)
    return Door(
        readings=int(said["rows"]),
        events=sum(said["events"].values()),
        refused=_counted(reason[rest]),
        unmapped=_counted(rejects.loc[unmapped, "value"]),
        strangers=_counted(rejects.loc[stranger, "asset"]),
        without_readings=tuple(said["without_readings"]),
    )


def _counted(words: pd.Series) -> dict[str, int]:
    return {str(word): int(n) for word, n in words.value_counts().items()}


def _looked_at(settings: Settings, materials: list[Material], said: dict[str, Any]) -> str:
    told = "; ".join(
        f"{one.equipment_class}: {len(one.assets)} assets, {len(one.failures)} failures, "
        f"{int((one.windows['reason'] == '').sum())} evaluable windows"
        for one in materials
    )
    return f"Source {settings.source.path!r}: {said['rows']} readings; {told}."
