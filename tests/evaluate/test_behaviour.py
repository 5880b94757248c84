"""Two releases side by side: every difference is found once, and nothing else."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from faultprint import tables
from faultprint.evaluate.behaviour import Behaviour, Said, compare_behaviour
from faultprint.evaluate.matching import MATCHED_FAILURES
from faultprint.stages.difference import behaviour_sentences

START = pd.Timestamp("2025-03-01", tz="UTC").as_unit("ns")


def at(hours: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hours)


def incidents(*rows: tuple[str, float, float | None, str]) -> pd.DataFrame:
    """Make incidents: asset, first seen, cleared [h], failure mode."""
    made = [
        {
            "incident": f"{asset}-{n}",
            "asset": asset,
            "equipment_class": "pump",
            "opened": at(since + 1),
            "first_seen": at(since),
            "cleared": pd.NaT if cleared is None else at(cleared),
            "verdict": "known" if mode else "deviation",
            "failure_mode": mode,
            "signature": "",
            "windows": 3,
            "p_value": 0.01,
            "evidence": "{}",
            "release": "r",
        }
        for n, (asset, since, cleared, mode) in enumerate(rows)
    ]
    empty = tables.empty("incidents")
    frame = pd.DataFrame(made, columns=empty.columns)
    frame["cleared"] = pd.to_datetime(frame["cleared"], utc=True)
    return frame.astype(empty.dtypes.to_dict())


def windows(*modes: str, asset: str = "P-1") -> pd.DataFrame:
    names = ["asset", "end", "verdict", "failure_mode"]
    empty = tables.empty("diagnoses")[names]
    rows = [
        (asset, at(6 * n), "known" if mode else "healthy", mode) for n, mode in enumerate(modes)
    ]
    return pd.DataFrame(rows, columns=names).astype(empty.dtypes.to_dict())


def failures(*rows: tuple[str, float, float | None]) -> pd.DataFrame:
    """Make judged failures: mode, time [h], lead [h] or None where it was missed."""
    made = [
        {
            "asset": "P-1",
            "time": at(time),
            "failure_mode": mode,
            "item": "",
            "found": lead is not None,
            "mode_right": lead is not None,
            "incident": "",
            "named": "",
            "lead_hours": float("nan") if lead is None else lead,
        }
        for mode, time, lead in rows
    ]
    return pd.DataFrame(made, columns=list(MATCHED_FAILURES)).astype(MATCHED_FAILURES)


def compare(
    old: pd.DataFrame,
    new: pd.DataFrame,
    seen: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    failed: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> Behaviour:
    told, lost = seen or (windows(), windows()), failed or (failures(), failures())
    return compare_behaviour(Said(old, told[0], lost[0]), Said(new, told[1], lost[1]))


def test_a_release_beside_itself_shows_nothing() -> None:
    mine = incidents(("P-1", 0, 10, "wear"), ("P-2", 5, None, ""))
    same = compare(mine, mine, (windows("", "wear"),) * 2, (failures(("wear", 9, 4.0)),) * 2)
    assert same.same
    assert (same.kept, same.windows, same.changed) == (2, 2, 0)
    assert behaviour_sentences(same) == ["Nothing: all 2 windows and 2 incidents are the same."]


def test_incidents_appear_vanish_and_change_their_name() -> None:
    old = incidents(("P-1", 0, 10, "wear"), ("P-1", 50, 60, "leak"), ("P-2", 0, 9, ""))
    new = incidents(("P-1", 2, 12, "imbalance"), ("P-2", 0, 9, ""), ("P-3", 1, None, "wear"))
    found = compare(old, new)
    assert [(one.old.name, one.new.name) for one in found.renamed] == [("wear", "imbalance")]
    assert [(one.asset, one.name, one.cleared) for one in found.appeared] == [("P-3", "wear", "")]
    assert [(one.asset, one.name) for one in found.vanished] == [("P-1", "leak")]
    assert found.kept == 1
    said = "\n".join(behaviour_sentences(found))
    assert "1 incidents stay as they are, 1 appear, 1 vanish, 1 change their name." in said
    assert "appears:  P-3 wear, 2025-03-01 02:00 to now" in said
    assert "renamed:  P-1 wear, 2025-03-01 01:00 to 2025-03-01 10:00: now imbalance" in said


def test_an_incident_has_one_counterpart_and_a_name_counts_more_than_length() -> None:
    old = incidents(("P-1", 0, 100, "wear"))
    new = incidents(("P-1", 0, 80, "leak"), ("P-1", 90, 100, "wear"))
    found = compare(old, new)
    assert (found.kept, found.renamed) == (1, ())
    assert [(one.name, one.beside) for one in found.appeared] == [("leak", True)]


def test_one_after_the_other_is_not_the_same() -> None:
    found = compare(incidents(("P-1", 0, 10, "wear")), incidents(("P-1", 10, 20, "wear")))
    assert (len(found.appeared), len(found.vanished), found.kept) == (1, 1, 0)
    assert not found.appeared[0].beside


def test_changed_windows_are_counted_and_named() -> None:
    old = pd.concat([windows("", "wear", "wear", ""), windows("wear", asset="P-2")])
    new = pd.concat([windows("", "leak", "leak", "leak", "leak"), windows("wear", asset="P-2")])
    found = compare(incidents(), incidents(), (old, new))
    assert (found.windows, found.changed) == (6, 4)
    assert found.transitions() == {
        ("known wear", "known leak"): 2,
        ("healthy", "known leak"): 1,
        ("none", "known leak"): 1,
    }
    assert [(one.first, one.last, one.windows) for one in found.spells][:1] == [
        (at(6).isoformat(), at(12).isoformat(), 2)
    ]
    assert found.changed_beside("leak") == 0
    assert found.changed_beside("wear") == 2
    assert found.to_dict()["transitions"][0]["windows"] == 2
    assert json.loads(json.dumps(found.to_dict()))["changed"] == 4


def test_spells_do_not_run_over_a_window_that_is_the_same() -> None:
    seen = windows("wear", "", "wear"), windows("leak", "", "leak")
    assert [one.windows for one in compare(incidents(), incidents(), seen).spells] == [1, 1]


def test_lead_times_move() -> None:
    old = failures(("wear", 100, 20.0), ("wear", 200, None), ("leak", 300, 5.0))
    new = failures(("wear", 100, 26.0), ("wear", 200, 60.0), ("leak", 300, None))
    leads = {
        one.failure_mode: one for one in compare(incidents(), incidents(), None, (old, new)).leads
    }
    wear = leads["wear"]
    assert (wear.failures, wear.old_found, wear.new_found) == (2, 1, 2)
    assert (wear.old_median, wear.new_median, wear.moved) == (20.0, 43.0, 6.0)
    assert (leads["leak"].new_median, leads["leak"].moved) == (None, None)
    assert leads["all"].failures == 3


def test_two_failures_at_one_instant_stay_two() -> None:
    both = failures(("wear", 100, 20.0), ("wear", 100, 20.0))
    assert compare(incidents(), incidents(), None, (both, both)).leads[0].failures == 2


@pytest.mark.parametrize("n", [0, 1, 20])
def test_no_incident_is_lost_or_counted_twice(n: int) -> None:
    rows = [(f"P-{i % 3}", 7.0 * i, 7.0 * i + 9, ("wear", "leak", "")[i % 3]) for i in range(n)]
    old, new = incidents(*rows), incidents(*rows[::2], *(("P-1", 3.0 * n, None, "wear"),))
    found = compare(old, new)
    assert found.kept + len(found.renamed) + len(found.vanished) == len(old)
    assert found.kept + len(found.renamed) + len(found.appeared) == len(new)
