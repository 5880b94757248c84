"""Results only grow: late, changed, partial and repeated input, at once or one after the other."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from faultprint import tables as schema
from faultprint.config import Equipment
from faultprint.errors import StoreError
from faultprint.faults.release import Release
from faultprint.stages import score as stage
from faultprint.stages.score import score
from faultprint.store import provenance
from faultprint.store.parquet import read_table, write_readings, write_tables
from faultprint.store.sources.units import same_unit
from faultprint.store.table_units import UNITS, other_units, read_units, write_units
from tests.serve import plant

HOURS = 20 * 24
Change = Callable[[pd.DataFrame], pd.DataFrame]


class Place:
    """A release, tables to score with it, and results."""

    def __init__(self, root: Path, release: Path) -> None:
        self.root, self.release, self.results = root, release, root / "results"

    def tables(self, name: str, assets: list[str], change: Change = lambda rows: rows) -> Path:
        """Write tables of some assets, as the ingest stage would."""
        folder = self.root / name
        register = {"asset": assets, "equipment_class": plant.CLASS, "attributes": "{}"}
        found = {"assets": pd.DataFrame(register).astype("str"), "events": schema.empty("events")}
        write_tables(folder, found)
        write_units(folder, plant.settings().equipment)
        for asset in assets:
            rows = plant.readings(asset, int(asset[-1])).iloc[:HOURS]
            write_readings(folder, plant.CLASS, change(rows).reset_index(drop=True))
        return folder

    def score(self, tables: Path, results: str = "results") -> dict[str, Any]:
        return score(self.release, tables, self.root / results)

    def rows(self, table: str, results: str = "results") -> pd.DataFrame:
        return read_table(self.root / results, table)


@pytest.fixture(scope="module")
def learnt() -> Release:
    return plant.learn()


@pytest.fixture
def place(tmp_path: Path, learnt: Release) -> Place:
    plant.publish(learnt, tmp_path / "release")
    return Place(tmp_path, tmp_path / "release")


def hours(first: float, last: float) -> Change:
    """Keep the readings from one hour to another."""
    since, until = (plant.START + pd.Timedelta(hours=h) for h in (first, last))
    return lambda rows: rows[(rows["time"] >= since) & (rows["time"] <= until)]


def without(first: float, last: float) -> Change:
    """Leave out the readings from one hour to another."""
    inside = hours(first, last)
    return lambda rows: rows.drop(inside(rows).index)


def hot(rows: pd.DataFrame) -> pd.DataFrame:
    late = rows["time"] >= plant.START + pd.Timedelta(hours=100)
    return rows.assign(temperature=rows["temperature"] + 30.0 * late)


def at(hour: float) -> pd.Timestamp:
    return plant.START + pd.Timedelta(hours=hour)


def same(place: Place, results: str, other: str) -> None:
    for name in ("residuals", "states", "diagnoses", "incidents", "incident_windows"):
        one, two = place.rows(name, results), place.rows(name, other)
        pd.testing.assert_frame_equal(one, two)


# --- again and later ------------------------------------------------------------------------------


def test_the_same_again_adds_nothing_byte_for_byte(place: Place) -> None:
    tables = place.tables("all", ["P-1", "P-2"])
    first = place.score(tables)
    before = provenance.data_sha256(place.results)
    again = place.score(tables)
    assert provenance.data_sha256(place.results) == before
    assert first["added"]["diagnoses"] > 0
    assert set(again["added"].values()) == {0}
    assert [again[n] for n in ("completed", "conflicts", "without_history")] == [0, 0, 0]
    assert not (place.results / "conflicts.parquet").exists()


def test_a_history_that_grew_adds_what_is_new_without_conflict(place: Place) -> None:
    place.score(place.tables("early", ["P-1"], hours(0, 203)))
    said = place.score(place.tables("all", ["P-1"]))
    assert [said[n] for n in ("completed", "conflicts", "without_history")] == [0, 0, 0]
    place.score(place.tables("all", ["P-1"]), "at once")
    same(place, "results", "at once")


def test_late_readings_complete_what_could_not_be_evaluated(place: Place) -> None:
    gappy, whole = place.tables("gap", ["P-1"], without(145, 154)), place.tables("all", ["P-1"])
    place.score(gappy)
    held = place.rows("diagnoses")
    waiting = held.loc[held["verdict"] == "not_evaluable", "end"]
    said = place.score(whole)
    assert said["completed"] > 0
    found = place.rows("diagnoses").set_index("end")["verdict"]
    assert (found[waiting[waiting > at(100)]] != "not_evaluable").all()
    place.score(whole, "at once")
    mended = place.rows("residuals").merge(place.rows("residuals", "at once"), on=["asset", "end"])
    assert len(place.rows("residuals")) == len(place.rows("residuals", "at once"))
    of_waiting = mended[mended["end"].isin(waiting) & (mended["sensor_x"] == mended["sensor_y"])]
    np.testing.assert_array_equal(of_waiting["deviance_x"], of_waiting["deviance_y"])
    # windows that some readings of the gap were missing from stand as they were, and are named
    assert said["conflicts"] == len(place.rows("conflicts")) > 0
    assert set(place.rows("conflicts")["end"]).isdisjoint(waiting[waiting > at(100)])
    before = provenance.data_sha256(place.results)
    again = place.score(whole)
    assert (again["completed"], again["conflicts"]) == (0, said["conflicts"])
    assert provenance.data_sha256(place.results) == before


def test_changed_readings_change_nothing_and_are_reported(place: Place) -> None:
    place.score(place.tables("all", ["P-1", "P-2"]))
    before = place.rows("diagnoses")
    said = place.score(place.tables("hot", ["P-1"], hot))
    pd.testing.assert_frame_equal(place.rows("diagnoses"), before)
    conflicts = schema.check("conflicts", place.rows("conflicts"))
    assert said["conflicts"] == len(conflicts)
    assert said["added"] == {"residuals": 0, "states": 0, "diagnoses": 0}
    assert set(conflicts["end"]) == set(before.loc[before["end"] >= at(100), "end"])
    assert set(conflicts["asset"]) == {"P-1"}
    held = before[before["asset"] == "P-1"].set_index("end")["verdict"]
    assert conflicts["verdict_held"].tolist() == held[conflicts["end"]].tolist()
    assert (conflicts["verdict_held"] != conflicts["verdict_now"]).any()
    assert conflicts["differs"].str.contains("residuals").all()


def test_conflicts_stay_known_until_their_windows_are_scored_again(place: Place) -> None:
    place.score(place.tables("all", ["P-1", "P-2"]))
    place.score(place.tables("hot", ["P-1"], hot))
    other = place.score(place.tables("other", ["P-2"]))
    assert other["conflicts"] == 0
    assert set(place.rows("conflicts")["asset"]) == {"P-1"}
    place.score(place.tables("all", ["P-1", "P-2"]))
    assert not (place.results / "conflicts.parquet").exists()


def test_windows_that_are_no_more_are_reported(place: Place) -> None:
    place.score(place.tables("all", ["P-1"]))
    before = place.rows("diagnoses")
    place.score(place.tables("gap", ["P-1"], without(200, 260)))
    pd.testing.assert_frame_equal(place.rows("diagnoses"), before)
    gone = place.rows("conflicts").query("verdict_now == ''")
    assert len(gone) > 0
    assert gone["differs"].eq("windows").all()
    assert gone["end"].between(at(200), at(260)).all()


# --- tables that begin late -----------------------------------------------------------------------


def test_tables_that_begin_later_add_only_whole_windows(place: Place) -> None:
    place.score(place.tables("early", ["P-1"], hours(0, 240)))
    late = place.tables("late", ["P-1"], hours(241, HOURS))
    said = place.score(late)
    place.score(place.tables("all", ["P-1"]), "at once")
    whole = place.rows("diagnoses", "at once")
    held = place.rows("diagnoses")
    missing = whole[~whole["end"].isin(held["end"])]
    assert said["without_history"] == len(missing) > 0
    assert missing["end"].min() > at(240)
    expected = whole[whole["end"].isin(held["end"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, expected)
    assert said["conflicts"] == 0
    before = provenance.data_sha256(place.results)
    assert set(place.score(late)["added"].values()) == {0}
    assert provenance.data_sha256(place.results) == before


def test_tables_that_reach_back_lose_nothing(place: Place) -> None:
    place.score(place.tables("early", ["P-1"], hours(0, 240)))
    said = place.score(place.tables("late", ["P-1"], hours(140, HOURS)))
    assert said["conflicts"] == 0
    place.score(place.tables("all", ["P-1"]), "at once")
    same(place, "results", "at once")


def test_less_history_completes_nothing(place: Place) -> None:
    """Without what came before, a sensor that is stuck looks like one that does not vary."""
    stuck = (200, 330)

    def hold(rows: pd.DataFrame) -> pd.DataFrame:
        inside = rows.index.isin(hours(*stuck)(rows).index)
        return rows.assign(vibration=rows["vibration"].where(~inside, 2.5))

    place.score(place.tables("all", ["P-1"], hold))
    before = place.rows("diagnoses")
    assert (before.query("verdict == 'not_evaluable'")["end"] > at(stuck[0])).any()
    said = place.score(place.tables("late", ["P-1"], lambda rows: hours(210, HOURS)(hold(rows))))
    pd.testing.assert_frame_equal(place.rows("diagnoses"), before)
    assert said["completed"] == 0
    assert said["conflicts"] > 0


def test_the_first_tables_of_an_asset_are_added_whatever_they_begin_with(place: Place) -> None:
    said = place.score(place.tables("late", ["P-1"], hours(241, HOURS)))
    assert said["without_history"] == 0
    assert said["added"]["diagnoses"] > 0
    backward = place.score(place.tables("early", ["P-1"], hours(0, 235)))
    assert backward["without_history"] == 0
    assert backward["added"]["diagnoses"] > 0


def test_a_newcomer_is_scored_from_its_beginning_only(place: Place) -> None:
    """Its baseline is its own beginning, which later tables do not hold."""
    place.score(place.tables("early", ["N-7"], hours(0, 300)))
    before = place.rows("diagnoses")
    said = place.score(place.tables("late", ["N-7"], hours(200, HOURS)))
    assert said["without_history"] > 0
    pd.testing.assert_frame_equal(place.rows("diagnoses"), before)
    place.score(place.tables("all", ["N-7"]))
    place.score(place.tables("all", ["N-7"]), "at once")
    same(place, "results", "at once")


def test_windows_by_count_begin_with_the_run(place: Place, learnt: Release) -> None:
    counted = learnt.scoring.windows.model_copy(
        update={"by": "count", "count": 12, "count_step": 6}
    )
    scoring = learnt.scoring.model_copy(update={"windows": counted})
    plant.publish(replace(learnt, scoring=scoring), place.release)
    place.score(place.tables("early", ["P-1"], hours(0, 240)))
    before = place.rows("diagnoses")
    said = place.score(place.tables("late", ["P-1"], hours(202, HOURS)))
    assert said["without_history"] > 0
    pd.testing.assert_frame_equal(place.rows("diagnoses"), before)
    grown = place.score(place.tables("all", ["P-1"]))
    assert grown["added"]["diagnoses"] > 0
    assert grown["conflicts"] == 0


def test_another_release_adds_its_own_rows(place: Place, learnt: Release) -> None:
    tables = place.tables("all", ["P-1"])
    first = place.score(tables)
    plant.publish(learnt, place.release, "2.0.0")
    second = place.score(place.tables("hot", ["P-1"], hot))
    assert second["added"] == first["added"]
    assert (second["completed"], second["conflicts"]) == (0, 0)
    assert place.rows("diagnoses")["release"].nunique() == 2


# --- units ----------------------------------------------------------------------------------------


def in_units(tables: Path, **units: str) -> None:
    file = tables / UNITS
    told = read_units(tables)
    told[plant.CLASS].update(units)
    file.write_text(json.dumps(told), "utf-8")


def test_readings_in_other_units_are_refused_with_got_and_expected(place: Place) -> None:
    tables = place.tables("all", ["P-1", "P-2"])
    in_units(tables, temperature="degF")
    said = place.score(tables)
    reason = "units differ from the release's: got temperature in 'degF'; expected 'degC'"
    assert said["refused"] == [{"asset": a, "reason": reason} for a in ("P-1", "P-2")]
    assert len(place.rows("diagnoses")) == 0
    assert place.rows("refused")["reason"].tolist() == [reason] * 2


def test_another_spelling_of_a_unit_is_no_other_unit(place: Place) -> None:
    tables = place.tables("all", ["P-1"])
    in_units(tables, vibration="millimeter/second")
    assert place.score(tables)["refused"] == []


def test_units_that_nobody_knows_differ() -> None:
    assert same_unit("widgets", "widgets")
    assert not same_unit("widgets", "bar")
    assert not same_unit("kPa", "bar")
    assert not same_unit("K", "degC")
    pump = Equipment.model_validate({"sensors": {"p": {"unit": "bar"}, "q": {"unit": "l/min"}}})
    assert other_units({"p": "bar", "further": "s"}, pump) == ""
    assert other_units({"p": "kPa", "q": "m^3/h"}, pump) == (
        "got p in 'kPa', q in 'm^3/h'; expected 'bar', 'l/min'"
    )


def test_tables_of_unknown_units_are_refused(place: Place) -> None:
    tables = place.tables("all", ["P-1"])
    (tables / UNITS).write_text("{", "utf-8")
    with pytest.raises(StoreError, match=r"without readable units.*run the ingest stage again"):
        place.score(tables)
    (tables / UNITS).unlink()
    with pytest.raises(StoreError, match=r"without readable units.*units.json"):
        place.score(tables)
    (tables / UNITS).write_text("{}", "utf-8")
    assert "got no units of 'pump'" in place.score(tables)["refused"][0]["reason"]


# --- at once and interrupted ----------------------------------------------------------------------


def test_two_runs_that_end_together_are_both_in_the_results(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = place.tables("one", ["P-1"]), place.tables("other", ["P-2"])
    reading, met = stage._held, threading.Barrier(2)

    def slow(results: Path) -> dict[str, pd.DataFrame]:
        old = reading(results)
        # both read before either writes, unless one is kept out
        with contextlib.suppress(threading.BrokenBarrierError):
            met.wait(timeout=1)
        return old

    monkeypatch.setattr(stage, "_held", slow)
    runs = [threading.Thread(target=place.score, args=(tables,)) for tables in (one, other)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert set(place.rows("diagnoses")["asset"]) == {"P-1", "P-2"}


def test_results_moved_aside_by_an_interrupted_run_are_not_lost(place: Place) -> None:
    place.score(place.tables("one", ["P-1"]))
    place.results.rename(place.results.with_name(".results.old"))
    place.score(place.tables("other", ["P-2"]))
    assert set(place.rows("diagnoses")["asset"]) == {"P-1", "P-2"}
    assert not place.results.with_name(".results.old").exists()


# --- pictures of abnormal windows -----------------------------------------------------------------


def test_every_abnormal_window_has_its_picture_and_its_incident(
    place: Place, learnt: Release
) -> None:
    tables = place.tables("all", ["P-1", "P-2"])
    place.score(tables)
    found = schema.check("incident_windows", place.rows("incident_windows"))
    states, incidents = place.rows("states"), place.rows("incidents")
    abnormal = states[(states["reason"] == "") & (states["p_value"] < states["limit"])]
    keys = found[["asset", "end"]].drop_duplicates()
    assert len(keys) == len(abnormal) == len(keys.merge(abnormal, on=["asset", "end"]))
    of_incidents = found[found["incident"] != ""].groupby("incident").size()
    pd.testing.assert_series_equal(
        of_incidents, incidents.set_index("incident")["windows"].sort_index(), check_names=False
    )
    # what is kept is what the model reads: judging it again says the same
    model = learnt.models[plant.CLASS]
    values = np.stack(found["values"].to_list())
    assert values.shape[1] == len(model.features)
    again = model.p_values(values, model.probabilities(values))[:, 0]
    told = found.merge(states, on=["asset", "end", "release"])["p_value"].to_numpy()
    np.testing.assert_array_equal(again, told)


def test_pictures_find_their_incident_when_it_opens_later(place: Place) -> None:
    """A window scored before the on-delay had passed belongs to the incident it began."""
    place.score(place.tables("all", ["P-1"]), "at once")
    whole = place.rows("incidents", "at once").iloc[0]
    seen = (whole["first_seen"] - plant.START) / pd.Timedelta(hours=1)
    place.score(place.tables("early", ["P-1"], hours(0, seen)))
    first = place.rows("incident_windows")
    assert first["incident"].tolist()[-1] == ""
    place.score(place.tables("all", ["P-1"]))
    same(place, "results", "at once")
    assert whole["incident"] in set(place.rows("incident_windows")["incident"])
