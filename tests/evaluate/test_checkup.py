"""Each check finds the defect that is planted, and leaves a plant in order alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faultprint.evaluate.checkup import (
    cleaned,
    clocks,
    failures,
    history,
    horizons,
    leaks,
    logs,
    seen,
    sensors,
)
from faultprint.evaluate.checkup.examining import CHECKS, DOOR_CHECKS, examine
from faultprint.evaluate.checkup.finding import Finding, finding_page, ranked
from faultprint.evaluate.checkup.gathering import Doubles
from faultprint.evaluate.checkup.material import Door, Material
from tests.evaluate import checkup_plant as plant

Frame = pd.DataFrame


@pytest.fixture(scope="module")
def clean() -> Material:
    return plant.material()


def only(found: list[Finding], severity: str) -> Finding:
    """The one finding there is."""
    assert [one.severity for one in found] == [severity], found
    return found[0]


def test_a_plant_in_order_is_left_alone(clean: Material) -> None:
    assert [one.check for one in examine([clean], Door(readings=8640, events=36))] == [
        "few_failures"
    ]


def test_every_check_is_run() -> None:
    modules = (cleaned, clocks, failures, history, horizons, leaks, logs, seen, sensors)
    public = {
        value
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
        and value.__annotations__.get("return") == "Iterator[Finding]"
        and not name.startswith("_")
    }  # fmt: skip
    assert public == {*CHECKS, *DOOR_CHECKS}


def _only_kind(log: Frame, kind: str) -> Frame:
    return log[log["kind"] == kind].reset_index(drop=True)


def test_no_failures(clean: Material) -> None:
    quiet = plant.material(change_events=lambda log: _only_kind(log, "maintenance"))
    one = only(list(failures.no_failures(quiet)), "stops")
    assert "18 times maintenance" in one.found
    assert not list(failures.no_failures(clean))


def test_too_few_failures(clean: Material) -> None:
    def few(log: Frame) -> Frame:
        cracks = log.index[log["failure_mode"] == "crack"]
        return log.drop(cracks[2:]).reset_index(drop=True)

    scarce = plant.material(change_events=few)
    found = {one.check: one for one in failures.too_few_failures(scarce)}
    assert found["too_few_failures"].where == ("crack",)
    assert found["too_few_failures"].severity == "weakens"
    assert not any(one.is_serious for one in failures.too_few_failures(clean))
    none = plant.material(change_events=lambda log: log.iloc[:4].reset_index(drop=True))
    assert next(iter(failures.too_few_failures(none))).severity == "stops"


def test_one_asset_only(clean: Material) -> None:
    def here(log: Frame) -> Frame:
        other = (log["asset"] != "F0") & (log["kind"] == "failure")
        log = log.assign(failure_mode=log["failure_mode"].mask(other, "wear"))
        mine = (log["asset"] == "F0") & (log["kind"] == "failure")
        return log.assign(failure_mode=log["failure_mode"].mask(mine, "only_here"))

    one = only(list(failures.one_asset_only(plant.material(change_events=here))), "weakens")
    assert one.where == ("only_here",)
    assert not list(failures.one_asset_only(clean))


def test_unnamed_failures(clean: Material) -> None:
    one = only(
        list(failures.unnamed_failures(plant.material(
            change_events=lambda log: log.assign(failure_mode=pd.Series("", log.index, dtype="str"))
        ))), "stops",
    )  # fmt: skip
    assert one.share == 1
    assert not list(failures.unnamed_failures(clean))


def test_failures_outside_the_readings(clean: Material) -> None:
    later = plant.material(
        change_events=lambda log: log.assign(time=log["time"] + pd.Timedelta("365D"))
    )
    only(list(seen.outside_readings(later)), "stops")
    assert not list(seen.outside_readings(clean))


def test_failures_in_gaps_are_unseen(clean: Material) -> None:
    def gap(asset: str, rows: Frame, log: Frame) -> Frame:
        for time in log.loc[log["kind"] == "failure", "time"].iloc[:2]:
            rows = rows[(rows["time"] > time) | (rows["time"] < time - pd.Timedelta("40h"))]
        return rows

    one = only(list(seen.unseen_failures(plant.material(gap))), "weakens")
    assert one.share == pytest.approx(2 / 3)
    assert not list(seen.unseen_failures(clean))


def test_nothing_to_judge(clean: Material) -> None:
    early = plant.material(change_events=lambda log: log[
        log["time"] < plant.START + pd.Timedelta("30D")].reset_index(drop=True))  # fmt: skip
    only(list(seen.nothing_to_judge(early)), "misleads")
    assert not list(seen.nothing_to_judge(clean))


def test_one_breakdown_logged_twice(clean: Material) -> None:
    def twice(log: Frame) -> Frame:
        again = _only_kind(log, "failure")
        again = again.assign(time=again["time"] + pd.Timedelta("3h"))
        return pd.concat([log, again], ignore_index=True)

    only(list(failures.repeated_failures(plant.material(change_events=twice))), "misleads")
    assert not list(failures.repeated_failures(clean))


def test_repair_logged_before_its_failure(clean: Material) -> None:
    def late(log: Frame) -> Frame:
        failed = log["kind"] == "failure"
        return log.assign(time=log["time"].where(~failed, log["time"] + pd.Timedelta("10h")))

    one = only(list(logs.repair_before_failure(plant.material(change_events=late))), "misleads")
    assert one.check == "labels_after_repair"
    assert not list(logs.repair_before_failure(clean))


def test_labels_after_the_repair_show_in_the_readings(clean: Material) -> None:
    """The failures are logged 20 to 44 hours late; nothing else in the log tells."""

    def late(log: Frame) -> Frame:
        failed = _only_kind(log, "failure")
        delay = pd.to_timedelta(20 + 8 * (np.arange(len(failed)) % 4), unit="h")
        return failed.assign(time=failed["time"] + delay)

    one = only(list(clocks.log_clock(plant.material(change_events=late))), "misleads")
    assert one.check == "labels_after_repair"
    assert not list(clocks.log_clock(clean))


@pytest.mark.parametrize("hours", [-9, 5])
def test_a_log_on_another_clock(hours: int) -> None:
    def shifted(log: Frame) -> Frame:
        log = _only_kind(log, "failure")
        return log.assign(time=log["time"] - pd.Timedelta(hours=hours))

    skewed = plant.material(lambda asset, rows, log: _healed(rows, log), shifted)
    one = only(list(clocks.log_clock(skewed)), "misleads")
    assert one.check == "clock_skew"
    assert f"{abs(hours)} h {'before' if hours < 0 else 'after'}" in one.found


def _healed(rows: Frame, log: Frame) -> Frame:
    """Let the machine be whole from the failure on, as where it is replaced at once."""
    for event in log[log["kind"] == "failure"].itertuples():
        after = (rows["time"] >= event.time) & (rows["time"] < event.time + pd.Timedelta("12h"))
        usual = rows[["vibration", "temperature"]].median()
        noise = np.random.default_rng(3).normal(0, 0.05, (int(after.sum()), 2))
        rows.loc[after, ["vibration", "temperature"]] = usual.to_numpy() * (1 + noise)
    return rows


@pytest.mark.parametrize(
    ("horizon", "check"), [("2D", "horizon_too_long"), ("8h", "horizon_too_short")]
)
def test_a_horizon_that_does_not_fit(clean: Material, horizon: str, check: str) -> None:
    """The plant's faults show for the last 24 hours."""
    told = plant.settings(labels={"horizon": horizon})
    one = only(list(horizons.horizon_length(plant.material(told=told))), "weakens")
    assert one.check == check
    hours = int(one.do.partition("labels.horizon to ")[2].partition("h")[0])
    assert 14 <= hours <= 30
    assert not list(horizons.horizon_length(clean))


def test_dates_only(clean: Material) -> None:
    def by_day(log: Frame) -> Frame:
        return log.assign(time=log["time"].dt.floor("D"))

    only(list(logs.dates_only(plant.material(change_events=by_day))), "misleads")
    assert not list(logs.dates_only(clean))


def test_failures_that_do_happen_at_one_hour_are_believed() -> None:
    """The readings end their deviation at that hour, too."""

    def at_six(log: Frame) -> Frame:
        return log.assign(time=log["time"].dt.floor("D") + pd.Timedelta("6h"))

    def moved(asset: str, rows: Frame, log: Frame) -> Frame:
        return _healed(plant.readings(asset, at_six(log)), at_six(log))

    steady = plant.material(moved, at_six)
    assert not list(logs.dates_only(steady))


def test_everything_censored(clean: Material) -> None:
    busy = plant.material(told=plant.settings(labels={"recovery": "20D"}, split={"embargo": "2D"}))
    only(list(logs.everything_censored(busy)), "weakens")
    assert not list(logs.everything_censored(clean))


def test_what_the_door_refused() -> None:
    door = Door(1000, 40, {"time cannot be read": 500}, {"chat": 30}, {"F9": 12}, ("F8",))
    found = {one.check: one for one in examine([], door)}
    assert found["units_never_seen"].severity == "misleads"
    assert found["units_never_seen"].where == ("F9",)
    assert found["unmapped_words"].severity == "weakens"
    assert "'chat' 30" in found["unmapped_words"].found
    assert found["assets_without_readings"].where == ("F8",)
    assert found["refused_rows"].severity == "weakens"
    assert examine([], Door(1000, 40)) == []


def test_too_short_history(clean: Material) -> None:
    short = plant.material(lambda asset, rows, log: rows[:60])
    one = only(list(history.too_short_history(short)), "stops")
    assert one.share == 1
    assert not list(history.too_short_history(clean))


def test_no_healthy_time(clean: Material) -> None:
    def restless(log: Frame) -> Frame:
        every = pd.date_range(plant.START, periods=plant.DAYS, freq="D")
        rows = pd.DataFrame({"asset": "F0", "time": every, "kind": "maintenance"})
        return pd.concat([log, plant.filled(rows)], ignore_index=True)

    found = list(history.no_healthy_time(plant.material(change_events=restless)))
    assert only(found, "note").where == ("F0",)
    assert not list(history.no_healthy_time(clean))


def test_another_period_and_gaps(clean: Material) -> None:
    rare = plant.material(lambda asset, rows, log: rows[::2])
    one = only(list(history.sampling(rare)), "weakens")
    assert "every 120 min, not every 60 min" in one.found
    holes = plant.material(lambda asset, rows, log: rows[rows.index % 24 < 17])
    assert only(list(history.sampling(holes)), "weakens").check == "sampling_gaps"
    assert not list(history.sampling(clean))


def test_assets_that_were_recorded_one_after_the_other(clean: Material) -> None:
    def turns(asset: str, rows: Frame, log: Frame) -> Frame:
        return rows[:700] if int(asset[1:]) < 4 else rows

    only(list(history.apart_in_time(plant.material(turns))), "weakens")
    assert not list(history.apart_in_time(clean))


def test_duplicate_times(clean: Material) -> None:
    double = plant.material(doubles=Doubles(repeated=30, conflicting=100, disordered=0))
    found = {one.check: one.severity for one in history.duplicate_times(double)}
    assert found == {"duplicate_times": "misleads", "repeated_rows": "note"}
    assert not list(history.duplicate_times(clean))


def test_dead_and_constant_sensors(clean: Material) -> None:
    extra = plant.settings(sensors={"plate": {"unit": "1"}, "silent": {"unit": "1"}})
    odd = plant.material(lambda asset, rows, log: rows.assign(plate=float(asset[1:])), told=extra)
    assert only(list(sensors.dead_sensors(odd)), "stops").where == ("silent",)
    one = only(list(sensors.constant_sensors(odd)), "weakens")
    assert one.where == ("plate",)
    assert "differ between assets" in one.found
    assert not list(sensors.dead_sensors(clean))
    assert not list(sensors.constant_sensors(clean))


def test_changed_units_counters_and_copies(clean: Material) -> None:
    extra = plant.settings(
        sensors={"hours": {"unit": "h"}, "copy": {"unit": "1"}}, cleaning={"unit_ratio": 5.0}
    )

    def odd(asset: str, rows: Frame, log: Frame) -> Frame:
        late = np.arange(len(rows)) > 900
        load = rows["load"].where(~late | (asset != "F1"), rows["load"] * 100)
        return rows.assign(hours=np.arange(len(rows)), copy=rows["temperature"], load=load)

    strange = plant.material(odd, told=extra)
    assert only(list(sensors.changed_units(strange)), "misleads").where[0].startswith("F1: load")
    assert only(list(sensors.counters(strange)), "misleads").where == ("hours",)
    assert only(list(sensors.same_sensor_twice(strange)), "weakens").where == (
        "temperature = copy",
    )
    for check in (sensors.changed_units, sensors.counters, sensors.same_sensor_twice):
        assert not list(check(clean))


@pytest.mark.parametrize("how", ["begins after the first", "only on assets", "only after failures"])
def test_a_sensor_that_only_exists_after_failures(clean: Material, how: str) -> None:
    extra = plant.settings(sensors={"probe": {"unit": "1", "required": False}})

    def fitted(asset: str, rows: Frame, log: Frame) -> Frame:
        failed = log.loc[log["kind"] == "failure", "time"]
        there = {
            "begins after the first": rows["time"] > failed.min(),
            "only on assets": rows["time"] > rows["time"].min() + pd.Timedelta(days=3),
            "only after failures": pd.Series(False, index=rows.index),
        }[how]
        if how == "only on assets" and asset in ("F3", "F4", "F5"):
            there &= False
        if how == "only after failures":
            hours = [(rows["time"] - time) / pd.Timedelta("1h") for time in failed]
            there = pd.concat([(h > 0) & (h < 10) for h in hours], axis=1).any(axis=1)
        noise = np.random.default_rng(1).normal(5, 1, len(rows))
        return rows.assign(probe=pd.Series(noise, rows.index).where(there))

    def log_of(log: Frame) -> Frame:
        spared = log["asset"].isin(["F3", "F4", "F5"])
        return log[~spared].reset_index(drop=True) if how == "only on assets" else log

    one = only(list(sensors.sensor_after_failures(plant.material(fitted, log_of, None, extra))),
               "misleads")  # fmt: skip
    assert one.where == ("probe",)
    assert not list(sensors.sensor_after_failures(clean))


def test_a_sign_of_the_fault_that_cleaning_takes_for_a_spike(clean: Material) -> None:
    def sudden(asset: str, rows: Frame, log: Frame) -> Frame:
        shown = rows["vibration"].to_numpy().copy()
        for failed in log.loc[log["kind"] == "failure", "time"]:
            shown[np.searchsorted(rows["time"], failed - pd.Timedelta("5h"))] += 9
        return rows.assign(vibration=shown)

    def anywhere(asset: str, rows: Frame, log: Frame) -> Frame:
        at = np.random.default_rng(3).integers(0, len(rows), 40)
        shown = rows["vibration"].to_numpy().copy()
        shown[at] += 9
        return rows.assign(vibration=shown)

    one = only(list(cleaned.spikes_before_failures(plant.material(sudden))), "misleads")
    assert one.where == ("vibration",)
    assert "before 18 of 18 failures (" in one.found
    for same in (clean, plant.material(anywhere)):
        assert not list(cleaned.spikes_before_failures(same))


def test_a_sensor_on_another_clock(clean: Material) -> None:
    def behind(asset: str, rows: Frame, log: Frame) -> Frame:
        if asset != "F2":
            return rows
        return rows.assign(vibration=rows["vibration"].shift(3))

    one = only(list(clocks.sensor_clocks(plant.material(behind))), "weakens")
    assert one.where == ("F2: vibration +3 h to load",)

    def ahead(asset: str, rows: Frame, log: Frame) -> Frame:
        return rows.assign(load=rows["load"].shift(4))

    found = list(clocks.sensor_clocks(plant.material(ahead)))
    assert only(found, "misleads").where == ("temperature -4 h to load", "vibration -4 h to load")
    assert not list(clocks.sensor_clocks(clean))


def _hours_to_failure(rows: Frame, log: Frame) -> np.ndarray:
    failed = log.loc[log["kind"] == "failure", "time"].sort_values()
    stamps, times = failed.astype("int64").to_numpy(), rows["time"].astype("int64").to_numpy()
    next_one = np.append(stamps, np.iinfo(np.int64).max // 2)[np.searchsorted(stamps, times)]
    return (next_one - times) / 3.6e12


@pytest.mark.parametrize("leak", ["flag", "countdown"])
def test_a_descriptor_that_knows_the_label(clean: Material, leak: str) -> None:
    extra = plant.settings(sensors={"leak": {"unit": "1"}})

    def knowing(asset: str, rows: Frame, log: Frame) -> Frame:
        left = _hours_to_failure(rows, log)
        noise = np.random.default_rng(2).normal(0, 0.01, len(rows))
        flag = (left <= 24.01) + noise
        return rows.assign(leak=flag if leak == "flag" else np.minimum(left, 900) + noise)

    one = only(list(leaks.separates_too_well(plant.material(knowing, told=extra))), "misleads")
    assert {name.partition(".")[0] for name in one.where} == {"leak"}
    assert not list(leaks.separates_too_well(clean))


def test_a_sensor_that_tells_only_afterwards(clean: Material) -> None:
    extra = plant.settings(sensors={"valve": {"unit": "1"}})

    def after(asset: str, rows: Frame, log: Frame) -> Frame:
        value = np.random.default_rng(int(asset[1:])).normal(0, 1, len(rows))
        for time in log.loc[log["kind"] == "failure", "time"]:
            hours = (rows["time"] - time) / pd.Timedelta("1h")
            value = value + 6 * ((hours >= 0) & (hours < 12)).to_numpy()
        return rows.assign(valve=value)

    found = list(leaks.tells_only_afterwards(plant.material(after, told=extra)))
    assert only(found, "misleads").where == ("valve",)
    assert not list(leaks.tells_only_afterwards(clean))


def test_codes_that_report_the_failure(clean: Material) -> None:
    def coded(log: Frame) -> Frame:
        failed = _only_kind(log, "failure")
        after = failed.assign(
            time=failed["time"] + pd.Timedelta("1h"), kind="error", code="TRIP", failure_mode=""
        )
        before = failed.assign(
            time=failed["time"] - pd.Timedelta("5h"), kind="error", code="WARN", failure_mode=""
        )
        return pd.concat([log, after, before], ignore_index=True)

    one = only(list(leaks.codes_after_failures(plant.material(change_events=coded))), "note")
    assert one.where == ("TRIP",)
    assert not list(leaks.codes_after_failures(clean))


def test_the_worst_comes_first_and_is_told() -> None:
    plain = Finding("a", "note", "fan", "it is so", "it matters", "mend it", ("x",), 0.5)
    every = ranked([plain, replace(plain, check="b", severity="stops"), replace(plain, share=0.9)])
    assert [(one.check, one.share) for one in every] == [("b", 0.5), ("a", 0.9), ("a", 0.5)]
    page = finding_page(every, "Source 'x'.")
    assert page.index("STOPS [fan] b") < page.index("NOTE [fan] a")
    assert "mend what stops or misleads" in page
    assert finding_page([plain], "Source 'x'.").endswith(
        "\n1 finding (1 note): nothing here forbids a first try."
    )
