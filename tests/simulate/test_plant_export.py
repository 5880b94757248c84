"""The export looks like a plant's, and params.yaml of the demonstration maps all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from faultprint.config import Settings, Simulate, settings_from
from faultprint.errors import ConfigError, StoreError
from faultprint.simulate.alarms import NUISANCE, THRESHOLDS
from faultprint.simulate.fleet import MODES, simulate
from faultprint.simulate.history import AssetHistory
from faultprint.simulate.maintenance import ITEM_WORDS, MODE_WORDS, UNKNOWN_WORDS
from faultprint.stages.simulate import simulate as simulate_stage
from faultprint.store import plant_export
from faultprint.store.plant_export import export_plant

ROOT = Path(__file__).parents[2]
SMALL = Simulate(days=60, period=timedelta(minutes=30), pumps=2, compressors=1)
FACTORS = {("kPa", "bar"): 0.01, ("L/s", "m^3/h"): 3.6}


@pytest.fixture(scope="module")
def params() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def demo(params: dict[str, Any]) -> Settings:
    return settings_from(params)


@pytest.fixture(scope="module")
def fleet() -> list[AssetHistory]:
    return list(simulate(SMALL, 7))


@pytest.fixture(scope="module")
def raw(fleet: list[AssetHistory], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plant")
    export_plant(iter(fleet), folder / "raw", folder / "truth")
    return folder / "raw"


def by_name(fleet: list[AssetHistory], asset: str) -> AssetHistory:
    return next(h for h in fleet if h.asset == asset)


def mapped(frame: pd.DataFrame, settings: Settings, number: int) -> pd.DataFrame:
    """Rename and convert by params.yaml alone, in the most obvious way."""
    mapping = settings.source.readings[number]
    sensors = settings.equipment[mapping.equipment_class or ""].sensors
    out = {}
    for column, target in mapping.sensors.items():
        unit = sensors[target.sensor].unit
        factor = 1.0 if target.unit in (None, unit) else FACTORS[target.unit or "", unit]
        out[target.sensor] = frame[column].to_numpy() * factor
    return pd.DataFrame(out)


@pytest.mark.parametrize(
    ("number", "asset", "site"), [(0, "P-101", "north"), (1, "P-102", "south")]
)
def test_pumps_come_back_through_the_mapping(
    raw: Path, fleet: list[AssetHistory], demo: Settings, number: int, asset: str, site: str
) -> None:
    mapping = demo.source.readings[number]
    (path,) = raw.glob(mapping.path or "")
    frame = pd.read_csv(
        path,
        sep=mapping.separator,
        decimal=mapping.decimal,
        encoding=mapping.encoding,
        na_values=[plant_export.BAD_CELL],
    )
    assert path.parent.name == site
    known = by_name(fleet, asset).readings
    got = mapped(frame, demo, number)
    assert set(got) == set(known)
    for sensor in known:
        assert got[sensor].to_numpy() == pytest.approx(
            known[sensor].to_numpy(), abs=0.0051, nan_ok=True
        )
    fmt = None if mapping.time_format == "ISO8601" else mapping.time_format
    times = pd.to_datetime(frame[mapping.time], format=fmt)
    zone = mapping.timezone
    times = times.dt.tz_localize(zone).dt.tz_convert("UTC") if zone else times
    assert times.dt.as_unit("ns").to_list() == known.index.to_list()


def test_compressors_come_in_two_rates_and_two_forms(
    raw: Path, fleet: list[AssetHistory], demo: Settings
) -> None:
    fast, slow = demo.source.readings[2], demo.source.readings[3]
    known = by_name(fleet, "K-201").readings
    (path,) = raw.glob(fast.path or "")
    with pq.ParquetFile(path) as file:
        long = file.read().to_pydict()
    rows = pd.DataFrame(long)
    assert set(rows["signal"]) == set(fast.sensors)
    speed = rows.loc[rows["signal"] == "n", "value"].to_numpy()
    assert speed == pytest.approx(known["speed"].dropna().to_numpy(), abs=0.0006)
    (path,) = raw.glob(slow.path or "")
    with pq.ParquetFile(path) as file:
        wide = pd.DataFrame(file.read().to_pydict())
    hours = [at.floor("h") for at in known.index]
    opens = [i for i, hour in enumerate(hours) if i == 0 or hour != hours[i - 1]]
    hourly = known.iloc[opens]
    assert len(wide) == len(hourly) < 0.6 * len(known)
    sent = pd.to_datetime(wide["t_ms"], unit="ms", utc=True).dt.as_unit("ns")
    assert sent.to_list() == hourly.index.to_list()
    got = mapped(wide, demo, 3)
    for sensor in got:
        assert got[sensor].to_numpy() == pytest.approx(
            hourly[sensor].to_numpy(), abs=0.0051, nan_ok=True
        )
    assert set(got) | {m.sensor for m in fast.sensors.values()} == set(known)


def test_params_know_every_sensor_and_every_word(demo: Settings, fleet: list[AssetHistory]) -> None:
    for history in fleet:
        assert set(history.readings) == set(demo.equipment[history.equipment_class].sensors)
    orders = demo.source.events[0]
    told = {word: mode for mode, words in MODE_WORDS.items() for word in words}
    unknown = {word: "" for word in UNKNOWN_WORDS if word}
    assert orders.modes == told | unknown
    assert set(told.values()) == set(MODES)
    assert orders.items == {word: item for item, word in ITEM_WORDS.items()}
    codes = {rule.code for rules in THRESHOLDS.values() for rule in rules} | {NUISANCE[0]}
    assert set(demo.descriptors.error_codes) == codes
    assert set(demo.descriptors.since_maintenance) <= set(ITEM_WORDS)
    assert demo.simulate.held_back in MODES


def test_orders_are_in_local_time_and_name_a_stranger(
    raw: Path, fleet: list[AssetHistory], demo: Settings
) -> None:
    mapping = demo.source.events[0]
    orders = pd.read_csv(
        raw / (mapping.path or ""), sep=mapping.separator, encoding=mapping.encoding, dtype=str
    )
    assert set(orders[mapping.kind or ""]) <= set(mapping.kinds)
    assert set(orders[mapping.asset]) - {h.asset for h in fleet} == {"P-099"}
    mine = orders[orders[mapping.asset] == "K-201"]
    local = pd.to_datetime(mine[mapping.time], format=mapping.time_format)
    instants = local.dt.tz_localize(mapping.timezone, ambiguous=True).dt.tz_convert("UTC")
    logged = by_name(fleet, "K-201").log["time"]
    assert instants.dt.as_unit("ns").to_list() == logged.to_list()


def test_alarms_and_registers_are_exported(raw: Path, fleet: list[AssetHistory]) -> None:
    alarms = pd.read_csv(raw / "alarms.csv")
    assert len(alarms) == sum(len(h.alarms) for h in fleet) > 0
    listed = pd.concat([pd.read_csv(raw / f"register_{k}.csv") for k in ("pumps", "compressors")])
    assert set(listed["id"]) == {h.asset for h in fleet}


def test_truth_lies_outside_the_export(raw: Path, fleet: list[AssetHistory]) -> None:
    truth = pd.read_csv(raw.parent / "truth" / "truth.csv")
    assert len(truth) == sum(len(h.truth) for h in fleet)
    assert not list(raw.rglob("*truth*"))
    modes = set(truth.loc[truth["kind"] == "fault", "mode"])
    exported = b"".join(p.read_bytes() for p in raw.glob("*.csv"))
    assert modes
    assert not any(mode.encode() in exported for mode in modes)


def test_failed_export_leaves_the_old_one(fleet: list[AssetHistory], tmp_path: Path) -> None:
    raw, truth = tmp_path / "raw", tmp_path / "truth"
    export_plant(iter(fleet), raw, truth)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def broken() -> Any:
        yield fleet[0]
        raise StoreError.because("no more", "more", "stop")

    with pytest.raises(StoreError, match="got no more; expected more; stop"):
        export_plant(broken(), raw, truth)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_stage_writes_the_same_bytes_twice(params: dict[str, Any], tmp_path: Path) -> None:
    small = {"days": 40, "period": "1h", "pumps": 2, "compressors": 2}
    chosen = settings_from({**params, "simulate": {**params["simulate"], **small}})
    said = [simulate_stage(chosen, tmp_path / k / "raw", tmp_path / k / "truth") for k in "ab"]
    assert said[0] == said[1]
    assert said[0]["assets"] == 4
    one, two = (
        {p.relative_to(tmp_path / k): p.read_bytes() for p in (tmp_path / k).rglob("*.*")}
        for k in "ab"
    )
    assert one == two


def test_wrong_key_in_the_simulation_is_named(params: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"simulate\.pump.*did you mean 'pumps'"):
        settings_from({**params, "simulate": {"pump": 3}})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_smallest_fleet_can_be_exported(tmp_path: Path, seed: int) -> None:
    tiny = Simulate(days=20, period=timedelta(hours=6), pumps=1, compressors=1)
    said = export_plant(simulate(tiny, seed), tmp_path / "raw", tmp_path / "truth")
    assert said["assets"] == 2
    orders = pd.read_csv(tmp_path / "raw" / "auftraege.csv", sep=";", encoding="cp1252")
    assert len(orders) == said["orders"]


def test_plant_without_a_log_or_an_alarm_can_be_exported(
    fleet: list[AssetHistory], tmp_path: Path
) -> None:
    silent = [replace(h, log=h.log.iloc[:0], alarms=h.alarms.iloc[:0]) for h in fleet]
    said = export_plant(silent, tmp_path / "raw", tmp_path / "truth")
    assert said["orders"] == 0
    assert pd.read_csv(tmp_path / "raw" / "alarms.csv").empty
