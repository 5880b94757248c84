"""Grouping the results: written once, the same again, and names that stay across releases."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from faultprint import tables
from faultprint.config import Discover
from faultprint.faults.release import Release, scoring_settings
from faultprint.serve.score import Scorer
from faultprint.stages.groups import find_groups, regroup, summary
from faultprint.store.parquet import write_tables
from tests.faults.pumps import settings
from tests.faults.test_group_story import LABEL, learned, recorded


@cache
def scorer(label: str = LABEL) -> Scorer:
    model = learned()
    release = Release(scoring_settings(settings()), {"pump": model.model}, {}, model.signatures)
    return Scorer(release, label)


def results(label: str = LABEL) -> dict[str, pd.DataFrame]:
    archive = recorded()
    incidents = archive.incidents.assign(release=label).astype({"release": "str"})
    windows = archive.windows.assign(release=label, features_sha256="x")
    return {
        "incidents": incidents,
        "incident_windows": windows.drop(columns=["first_seen", "cleared"]),
        "residuals": archive.residuals.assign(release=label),
    }


def test_the_table_keeps_its_schema_and_grouping_again_changes_nothing() -> None:
    first = regroup(scorer(), results(), None, Discover())
    tables.check("groups", first)
    assert set(first["incident"]) == set(
        results()["incidents"].query("verdict == 'deviation'")["incident"]
    )
    assert (first["group"] != "").sum() >= 3
    pd.testing.assert_frame_equal(regroup(scorer(), results(), first, Discover()), first)
    (told,) = summary(first, None).values()
    assert told["new"] == told["incidents"]  # type: ignore[index]
    (again,) = summary(first, first).values()
    assert again["new"] == 0  # type: ignore[index]


def test_rows_in_another_order_give_the_same_table() -> None:
    shuffled = {n: f.sample(frac=1.0, random_state=3) for n, f in results().items()}
    pd.testing.assert_frame_equal(
        regroup(scorer(), shuffled, None, Discover()),
        regroup(scorer(), results(), None, Discover()),
    )


def test_other_names_of_assets_give_the_same_groups() -> None:
    renamed = {
        n: f.assign(asset="Z" + f["asset"].astype("str").str[::-1]) for n, f in results().items()
    }
    found = regroup(scorer(), renamed, None, Discover())[["incident", "group", "stability"]]
    usual = regroup(scorer(), results(), None, Discover())[["incident", "group", "stability"]]
    pd.testing.assert_frame_equal(found, usual)


def test_a_group_keeps_its_name_under_another_release_with_other_incidents() -> None:
    first = regroup(scorer(), results(), None, Discover())
    other = results("2.0.0+ba9876543210")
    for frame in (other["incidents"], other["incident_windows"]):
        frame["incident"] = "new-" + frame["incident"].astype("str")
    found = regroup(scorer("2.0.0+ba9876543210"), other, first, Discover())
    assert set(found["group"]) == set(first["group"])
    assert not set(found["incident"]) & set(first["incident"])


def test_no_unknown_incident_makes_an_empty_table() -> None:
    known = results()
    known["incidents"] = known["incidents"].query("verdict != 'deviation'")
    found = regroup(scorer(), known, None, Discover())
    assert found.empty
    tables.check("groups", found)
    assert summary(found, None) == {}


def test_an_incident_without_a_picture_stands_alone() -> None:
    blind = results()
    first = regroup(scorer(), blind, None, Discover())
    lost = first["incident"].iloc[-1]
    windows = blind["incident_windows"]
    blind["incident_windows"] = windows[windows["incident"] != lost]
    found = regroup(scorer(), blind, None, Discover()).set_index("incident")
    assert found.loc[lost, "group"] == ""
    assert np.isnan(found.loc[lost, "stability"])


@pytest.mark.parametrize("log", [True, False])
def test_results_on_disk_are_told_with_or_without_a_log(tmp_path, log: bool) -> None:  # type: ignore[no-untyped-def]
    write_tables(tmp_path / "results", results())
    if log:
        write_tables(tmp_path / "tables", {"events": recorded().events})
    found = find_groups(scorer(), tmp_path / "results", tmp_path / "tables", Discover())
    assert found.stories
    assert sum(len(s.incidents) for s in found.stories) == (found.table["group"] != "").sum()
    assert any(story.codes for story in found.stories) == log
    assert not (tmp_path / "results" / "groups.parquet").exists()
    assert found.joined == {s.name: len(s.incidents) for s in found.stories}
