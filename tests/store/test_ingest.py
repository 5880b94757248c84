"""Bad input at the door, with real files: a clear error or rows in rejects, and nothing lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest

from faultprint.config import settings_from
from faultprint.errors import ConfigError, SourceError
from faultprint.stages.ingest import ingest
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.store.provenance import tables_sha256
from faultprint.store.table_units import read_units
from faultprint.tables import QUALITY, check

HEAD = "when,asset,press,temp\n"
EQUIPMENT = {
    "pump": {
        "period": "1h",
        "sensors": {
            "pressure": {"unit": "bar", "valid": [0, 40]},
            "temperature": {"unit": "degC", "type": "temperature"},
        },
    }
}
READINGS: dict[str, Any] = {
    "path": "readings",
    "asset": "asset",
    "time": "when",
    "equipment_class": "pump",
    "sensors": {"press": {"sensor": "pressure"}, "temp": {"sensor": "temperature"}},
}


def rows(asset: str = "P1", n: int = 48, start: str = "2025-01-01T00:00:00Z") -> list[str]:
    times = pd.date_range(start, periods=n, freq="h")
    return [
        f"{time:%Y-%m-%dT%H:%M:%SZ},{asset},{5 + 0.1 * (k % 7):.1f},{40 + k % 5}"
        for k, time in enumerate(times)
    ]


class Plant:
    """A folder as a plant exports it, and the tables made of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.tables = root, root / "tables"
        (root / "raw" / "readings").mkdir(parents=True)
        self.source: dict[str, Any] = {
            "path": str(root / "raw"),
            "readings": [dict(READINGS)],
            "events": [],
            "assets": [],
        }

    def put(self, name: str, lines: list[str] | str, head: str = HEAD) -> Path:
        path = self.root / "raw" / name
        text = lines if isinstance(lines, str) else head + "\n".join(lines) + "\n"
        path.write_text(text, "utf-8")
        return path

    def events(self, lines: list[str], **mapping: Any) -> None:
        self.put("log.csv", lines, "asset,time,what,mode\n")
        stated = {"kinds": {"breakdown": "failure", "PM": "maintenance"}, **mapping}
        self.source["events"] = [
            {"path": "log.csv", "kind": "what", "failure_mode": "mode", **stated}
        ]

    def ingest(self) -> dict[str, Any]:
        params = {"equipment": EQUIPMENT, "source": self.source, "cleaning": {"min_rows": 24}}
        told = ingest(settings_from(params), self.tables, self.root / "report" / "ingest.html")
        for name in ("assets", "events", "rejects"):
            check(name, read_table(self.tables, name))
        for one in list_assets(self.tables):
            check("readings", read_readings(self.tables, *one))
        return told

    def read(self, asset: str = "P1") -> pd.DataFrame:
        return read_readings(self.tables, "pump", asset)

    @property
    def rejects(self) -> pd.DataFrame:
        return read_table(self.tables, "rejects")


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


def test_sound_files_come_in_whole(plant: Plant) -> None:
    plant.put("readings/a.csv", rows("P1"))
    plant.put("readings/b.csv", rows("P2", 30))
    told = plant.ingest()
    assert (told["assets"], told["readings"], told["rejects"]) == (2, 78, {})
    frame = plant.read("P1")
    assert frame["pressure"].tolist()[:3] == [5.0, 5.1, 5.2]
    assert frame["segment"].eq(-1).all()
    assert read_table(plant.tables, "assets")["equipment_class"].tolist() == ["pump", "pump"]
    report = json.loads((plant.root / "report" / "ingest.json").read_text("utf-8"))
    assert [asset["times"]["rows"] for asset in report["assets"]] == [48, 30]
    page = (plant.root / "report" / "ingest.html").read_text("utf-8")
    assert "78 readings" in page
    assert "http" not in page


def test_the_units_stand_beside_the_readings(plant: Plant) -> None:
    plant.put("readings/a.csv", rows("P1"))
    stored = {"sensor": "pressure", "unit": "kPa"}  # of the file; what is kept is in bar
    sensors = {**READINGS["sensors"], "press": stored}
    plant.source["readings"] = [{**READINGS, "sensors": sensors}]
    plant.ingest()
    assert read_units(plant.tables) == {"pump": {"pressure": "bar", "temperature": "degC"}}
    assert plant.read("P1")["pressure"].iloc[0] == pytest.approx(0.05)


def one_bad(text: str) -> Callable[[Plant], None]:
    return lambda plant: (plant.root / "raw/readings/bad.csv").write_text(text, "utf-8") and None


def truncated_parquet(plant: Plant) -> None:
    frame = pd.DataFrame({"when": ["2025-01-01T00:00:00Z"] * 99, "asset": "P9", "press": 1.0})
    path = plant.root / "raw/readings/bad.parquet"
    frame.to_parquet(path)
    path.write_bytes(path.read_bytes()[:-60])


NAIVE = HEAD + "2025-01-01 00:00:00,P9,5,40\n2025-01-01 01:00:00,P9,5,40\n"
BAD_FILES = {
    "empty": (one_bad(""), "the empty file 'readings/bad.csv'"),
    "header only": (one_bad(HEAD), "'readings/bad.csv' without rows"),
    "separator": (
        one_bad("when;asset;press;temp\n2025-01-01T00:00:00Z;P9;5;40\n"),
        "separator looks like ';'",
    ),
    "missing time": (one_bad("asset,press,temp\nP9,5,40\n"), "expected the columns 'when'"),
    "no sensor": (one_bad("when,asset\n2025-01-01T00:00:00Z,P9\n"), "columns 'press', 'temp'"),
    "naive": (one_bad(NAIVE), "times without a zone in 'readings/bad.csv'"),
    "no time readable": (one_bad(HEAD + "soon,P9,5,40\n"), "no readable time"),
    "binary": (
        lambda p: (p.root / "raw/readings/bad.csv").write_bytes(b"\xff\xfe\x00,") and None,
        "utf-8",
    ),
    "not gzip": (
        lambda p: (p.root / "raw/readings/bad.csv.gz").write_bytes(b"nonsense") and None,
        "bad.csv.gz', which cannot be read",
    ),
    "truncated": (truncated_parquet, "'readings/bad.parquet', which is truncated"),
}


@pytest.mark.parametrize("case", list(BAD_FILES))
def test_a_bad_file_alone_is_an_error_and_keeps_the_old_tables(plant: Plant, case: str) -> None:
    good = plant.put("readings/good.csv", rows())
    plant.ingest()
    good.unlink()
    spoil, said = BAD_FILES[case]
    spoil(plant)
    with pytest.raises(SourceError, match=said):
        plant.ingest()
    assert len(plant.read("P1")) == 48


@pytest.mark.parametrize("case", list(BAD_FILES))
def test_a_bad_file_among_good_ones_is_a_reject(plant: Plant, case: str) -> None:
    plant.put("readings/good.csv", rows())
    spoil, said = BAD_FILES[case]
    spoil(plant)
    assert plant.ingest()["readings"] == 48
    (refused,) = plant.rejects.to_dict("records")
    assert refused["row"] == 0
    assert refused["source"].startswith("readings/bad.")
    assert said in refused["reason"]


def test_text_in_a_number(plant: Plant) -> None:
    lines = rows()
    lines[3] = "2025-01-01T03:00:00Z,P1,Bad Input,41"
    lines[4] = "2025-01-01T04:00:00Z,P1,,41"
    lines[5] = "2025-01-01T05:00:00Z,P1,inf,41"
    plant.put("readings/a.csv", lines)
    plant.ingest()
    frame = plant.read()
    assert frame["pressure"].isna().tolist()[2:7] == [False, True, True, True, False]
    flags = frame["pressure__quality"].tolist()[2:7]
    assert flags == [QUALITY[q] for q in ("good", "invalid", "missing", "invalid", "good")]
    refused = plant.rejects
    assert refused["row"].tolist() == [4, 6]
    assert refused["value"].tolist()[0] == "Bad Input"
    assert set(refused["field"]) == {"press"}
    assert frame["temperature"].notna().all()


def test_decimal_comma_survives_text_in_a_number(plant: Plant) -> None:
    text = "when;asset;press;temp\n2025-01-01T00:00:00Z;P1;5,25;40\n2025-01-01T01:00:00Z;P1;--;41\n"
    plant.put("readings/a.csv", text)
    plant.source["readings"][0] |= {"separator": ";", "decimal": ","}
    plant.ingest()
    assert plant.read()["pressure"].iloc[0] == 5.25


def test_mixed_time_formats(plant: Plant) -> None:
    lines = rows()
    lines[7] = "01/01/2025 7:00 AM,P1,5,40"
    lines[8] = "2025-01-01T08:00:00,P1,5,40"
    lines[9] = "2025-01-01T11:00:00+02:00,P1,5,40"
    lines[10] = "1970-01-01T00:00:00Z,P1,5,40"
    plant.put("readings/a.csv", lines)
    plant.ingest()
    assert len(plant.read()) == 45
    assert plant.read()["time"].iloc[7] == pd.Timestamp("2025-01-01T09:00", tz="UTC")
    assert plant.rejects["row"].tolist() == [8, 9, 11]
    assert plant.rejects["reason"].tolist() == [
        "time cannot be read",
        "time without a zone, and the mapping states none",
        "time before 1980 or after 2099",
    ]


def test_a_mean_named_by_the_beginning_of_its_day_is_dated_by_its_end(plant: Plant) -> None:
    days = [f"2025-01-{day:02d},P1,5.0,40" for day in range(1, 31)]
    plant.put("readings/a.csv", days)
    plant.source["timezone"] = "Europe/Berlin"
    plant.source["readings"][0] |= {"timezone": "Europe/Berlin", "known_after": "30h"}
    plant.ingest()
    times = read_readings(plant.tables, "pump", "P1")["time"]
    assert times.iloc[0] == pd.Timestamp("2025-01-02T06:00+01:00")
    assert len(times) == len(days)


def test_rows_that_are_numbered_and_not_dated(plant: Plant) -> None:
    counted = [f"{n},P1,{5 + 0.1 * (n % 7):.1f},40" for n in [*range(40), 40.5]]
    plant.put("readings/a.csv", [*counted, "last,P1,5.0,40"])
    plant.source["readings"][0] |= {"time_format": "elapsed 3min"}
    plant.events(["P1,30,breakdown,wear"], time_format="elapsed 3min")
    plant.ingest()
    times = plant.read()["time"]
    assert (times.iloc[-1] - times.iloc[0], len(times)) == (pd.Timedelta("121.5min"), 41)
    failed = read_table(plant.tables, "events")["time"].iloc[0]
    assert failed - times.iloc[0] == pd.Timedelta("90min")
    assert plant.rejects["reason"].tolist() == ["time cannot be read"]


@pytest.mark.parametrize("said", ["elapsed", "elapsed 0s", "elapsed 3"])
def test_steps_of_no_length(plant: Plant, said: str) -> None:
    plant.source["readings"][0] |= {"time_format": said}
    with pytest.raises(ConfigError, match=r"a step|duration"):
        plant.ingest()


def test_one_machine_has_one_name_however_a_file_writes_its_number(plant: Plant) -> None:
    plant.put("readings/a.csv", [row.replace(",P1,", ",7.0,") for row in rows()])
    plant.events(["7,2025-01-02T00:00:00Z,breakdown,wear"])
    plant.ingest()
    assert list_assets(plant.tables) == [("pump", "7")]
    assert read_table(plant.tables, "events")["asset"].tolist() == ["7"]


def test_a_name_that_only_looks_like_a_number_is_kept(plant: Plant) -> None:
    plant.put("readings/a.csv", rows("7.0") + rows("7.1"))
    plant.ingest()
    assert sorted(asset for _, asset in list_assets(plant.tables)) == ["7.0", "7.1"]


def test_local_time_through_the_clock_change(plant: Plant) -> None:
    local = pd.date_range("2025-10-25T20:00Z", periods=12, freq="h").tz_convert("Europe/Berlin")
    lines = [f"{time:%Y-%m-%d %H:%M:%S},P1,5,{k}" for k, time in enumerate(local)]
    plant.put("readings/a.csv", lines)
    plant.source["timezone"] = "Europe/Berlin"
    plant.ingest()
    assert plant.read()["time"].diff().dropna().eq(pd.Timedelta("1h")).all()
    assert len(plant.read()) == 12


def test_unknown_zone(plant: Plant) -> None:
    plant.put("readings/a.csv", NAIVE)
    plant.source["timezone"] = "Mars/Olympus"
    with pytest.raises(ConfigError, match=r"timezone 'Mars/Olympus'; expected an IANA name"):
        plant.ingest()


def test_unsorted_and_duplicated(plant: Plant) -> None:
    lines = rows()
    shuffled = [*lines[24:], *lines[:24], lines[5], "2025-01-01T06:00:00Z,P1,9.9,40"]
    plant.put("readings/a.csv", shuffled)
    plant.ingest()
    frame = plant.read()
    assert frame["time"].is_monotonic_increasing
    assert len(frame) == 48
    assert frame["pressure"].iloc[6] == 5.6
    (refused,) = plant.rejects.to_dict("records")
    assert (refused["row"], refused["asset"]) == (50, "P1")
    assert refused["reason"].startswith("another reading of this time")
    report = json.loads((plant.root / "report/ingest.json").read_text("utf-8"))["assets"][0]
    counted = {k: report[k] for k in ("duplicates_identical", "duplicates_conflicting")}
    assert counted == {"duplicates_identical": 1, "duplicates_conflicting": 1}
    assert report["out_of_order"] == 26


def test_which_of_two_readings_stands_does_not_depend_on_their_order(plant: Plant) -> None:
    torn = ["2025-01-01T06:00:00Z,P1,9.9,40", "2025-01-01T06:00:00Z,P1,5.6,", *rows()]
    told = []
    for lines in (torn, torn[::-1]):
        plant.put("readings/a.csv", lines)
        plant.ingest()
        frame = plant.read()
        assert frame["pressure"].iloc[6] == 5.6
        told.append((frame, tables_sha256(plant.tables)))
    pd.testing.assert_frame_equal(told[0][0], told[1][0])
    assert told[0][1] == told[1][1]


def test_sensors_of_different_rates_meet_in_one_row(plant: Plant) -> None:
    slow = pd.date_range("2025-01-01", periods=12, freq="4h", tz="UTC")
    plant.put(
        "readings/fast.csv", [f"{line.rpartition(',')[0]}" for line in rows()], "when,asset,press\n"
    )
    plant.put(
        "readings/slow.csv",
        [f"{t.isoformat()},P1,{50 + k}" for k, t in enumerate(slow)],
        "when,asset,temp\n",
    )
    plant.ingest()
    frame = plant.read()
    assert len(frame) == 48
    assert frame["temperature"].notna().sum() == 12
    assert frame["temperature"].iloc[4] == 51
    assert frame["temperature__quality"].iloc[1] == QUALITY["missing"]


def test_long_form_equals_wide(plant: Plant, tmp_path: Path) -> None:
    wide = pd.DataFrame([line.split(",") for line in rows()], columns=HEAD.strip().split(","))
    plant.put("readings/a.csv", rows())
    plant.ingest()
    expected = plant.read()
    other = Plant(tmp_path / "long")
    long = wide.melt(["when", "asset"], var_name="tag", value_name="v")
    long.to_csv(tmp_path / "long/raw/readings/a.csv", index=False)
    other.source["readings"][0] |= {"form": "long", "sensor_column": "tag", "value_column": "v"}
    other.ingest()
    pd.testing.assert_frame_equal(other.read(), expected)


def test_nan_flood_and_three_rows(plant: Plant) -> None:
    lines = [line if k < 10 else f"{line.rpartition(',')[0]},NaN" for k, line in enumerate(rows())]
    plant.put("readings/a.csv", lines)
    plant.put("readings/b.csv", rows("P2", 3))
    told = plant.ingest()
    assert "P1: temperature is silent for 81% of the history" in told["warnings"]
    assert "P2: only 3 readings, too short to judge" in told["warnings"]
    assert len(plant.read("P2")) == 3
    assert plant.rejects["asset"].tolist() == ["P2"]


def test_a_vanished_sensor_and_a_new_one(plant: Plant) -> None:
    plant.put("readings/a.csv", rows())
    without = [",".join([*line.split(",")[:3], "1"]) for line in rows("P2")]
    plant.put("readings/b.csv", without, "when,asset,press,flow\n")
    plant.ingest()
    assert plant.read("P2")["temperature"].isna().all()
    refused = plant.rejects.set_index("field")["reason"]
    assert refused["temp"].startswith("column missing here")
    assert refused["flow"] == "not in the mapping, so not read (in 1 files)"


def test_a_column_no_file_has(plant: Plant) -> None:
    plant.put("readings/a.csv", rows(), "when,asset,press,tempp\n")
    with pytest.raises(SourceError, match=r"no file with 'temp'.*did you mean 'tempp'"):
        plant.ingest()


def test_a_unit_that_changed(plant: Plant) -> None:
    rng = np.random.default_rng(3)
    times = pd.date_range("2025-01-01", periods=600, freq="h", tz="UTC")
    level = np.where(np.arange(600) < 400, 5.0, 500.0) * rng.normal(1, 0.02, 600)
    plant.put(
        "readings/a.csv",
        [f"{t.isoformat()},P1,{v:.3f},40" for t, v in zip(times, level, strict=True)],
    )
    told = plant.ingest()
    assert any("pressure jumped" in text and "unit changed" in text for text in told["warnings"])
    (refused,) = plant.rejects.to_dict("records")
    assert refused["field"] == "pressure"
    assert refused["value"].startswith(("100", "99", "101"))
    assert plant.read()["pressure__quality"].iloc[400:].eq(QUALITY["out_of_range"]).all()


def test_units_are_converted(plant: Plant) -> None:
    plant.put("readings/a.csv", rows())
    plant.source["readings"][0]["sensors"] = {
        "press": {"sensor": "pressure", "unit": "kPa"},
        "temp": {"sensor": "temperature", "unit": "K"},
    }
    plant.ingest()
    assert plant.read()["pressure"].iloc[0] == pytest.approx(0.05)
    assert plant.read()["temperature"].iloc[0] == pytest.approx(40 - 273.15)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sensors": {"press": {"sensor": "presure"}}}, "did you mean 'pressure'"),
        (
            {"sensors": {"press": {"sensor": "pressure", "unit": "K"}}},
            "unit 'K' for column 'press'",
        ),
        ({"equipment_class": "pumb"}, "did you mean 'pump'"),
        ({"asset": None}, "neither `asset` nor `asset_from`"),
        ({"asset": None, "asset_from": "("}, r"asset_from '\('"),
        ({"query": "SELECT 1"}, "a query but no `url`"),
    ],
)
def test_a_wrong_mapping(plant: Plant, change: dict[str, Any], said: str) -> None:
    plant.put("readings/a.csv", rows())
    plant.source["readings"][0] |= change
    with pytest.raises(ConfigError, match=said):
        plant.ingest()


def test_a_path_with_nothing(plant: Plant) -> None:
    with pytest.raises(SourceError, match=r"no file at '.*readings'.*correct the path"):
        plant.ingest()


def test_too_many_fields(plant: Plant) -> None:
    lines = rows()
    lines[2] += ",17"
    plant.put("readings/a.csv", lines)
    plant.ingest()
    assert len(plant.read()) == 47
    (refused,) = plant.rejects.to_dict("records")
    assert refused["row"] == 3
    assert refused["value"] == lines[2]


def test_a_separator_at_the_end_of_each_line_is_harmless(plant: Plant) -> None:
    plant.put("readings/a.csv", [line + "," for line in rows()])
    assert plant.ingest()["rejects"] == {}
    assert len(plant.read()) == 48


def test_columns_that_the_header_does_not_name(plant: Plant) -> None:
    plant.put("readings/a.csv", [line + ",7" for line in rows()])
    with pytest.raises(SourceError, match=r"'readings/a.csv', which cannot be parsed"):
        plant.ingest()


def test_events_of_all_sorts(plant: Plant) -> None:
    plant.put("readings/a.csv", rows(start="2025-01-02T00:00:00Z"))
    plant.events(
        [
            "P1,2025-01-01T12:00:00Z,Breakdown,Seal gone",
            "P1,2025-01-03T12:00:00Z,breakdown,seal gone",
            "P1,2025-01-03T12:00:00Z,breakdown,bearing",
            "P1,2025-01-03T13:00:00Z,pm,",
            "P1,2025-01-03T13:00:00Z,pm,",
            "P7,2025-01-03T12:00:00Z,breakdown,bearing",
            "P1,2025-01-03T14:00:00Z,party,",
            "P1,yesterday,pm,",
            "P1,2025-01-04T00:00:00,pm,",
        ],
        modes={"Seal gone": "seal_leak", "bearing": "bearing_wear"},
    )
    plant.ingest()
    kept = read_table(plant.tables, "events")
    assert kept["kind"].tolist() == ["failure", "failure", "failure", "maintenance"]
    assert kept["failure_mode"].tolist() == ["seal_leak", "seal_leak", "bearing_wear", ""]
    refused = plant.rejects.set_index("row")
    assert refused["reason"].str[:20].to_dict() == {
        5: "the same event stand",
        6: "event of an asset th",
        7: "kind of event not in",
        8: "time cannot be read",
        9: "time without a zone,",
    }
    assert refused.loc[7, "value"] == "party"
    report = json.loads((plant.root / "report/ingest.json").read_text("utf-8"))["assets"][0]
    assert report["events_before_first_reading"] == 1


def test_the_register_decides_the_class(plant: Plant) -> None:
    plant.put("readings/a.csv", rows())
    plant.put(
        "register.csv", ["P1,pump,17", "P2,pump,3", "P3,boat,4", "P1,pump,9"], "tag,kind,age\n"
    )
    plant.source["assets"] = [
        {"path": "register.csv", "asset": "tag", "equipment_class": "kind", "attributes": ["age"]}
    ]
    plant.ingest()
    register = read_table(plant.tables, "assets")
    assert register["asset"].tolist() == ["P1", "P2"]
    assert register["attributes"].tolist() == ['{"age": "17"}', '{"age": "3"}']
    assert plant.rejects["row"].tolist() == [3, 4]
    lines = ["P1,pump,9", "P1,boat,1", "P3,boat,4", "P2,pump,3", "P1,pump,17"]
    plant.put("register.csv", lines, "tag,kind,age\n")
    plant.ingest()
    pd.testing.assert_frame_equal(read_table(plant.tables, "assets"), register)


def test_parquet_memory_and_sql_give_the_same(plant: Plant, tmp_path: Path) -> None:
    plant.put("readings/a.csv", rows())
    plant.ingest()
    expected = plant.read()
    frame = pd.read_csv(plant.root / "raw/readings/a.csv")
    with closing(sqlite3.connect(tmp_path / "plant.db")) as database:
        frame.to_sql("readings", database, index=False)
    with fsspec.open("memory://plant/readings/a.parquet", "wb") as stream:
        frame.to_parquet(stream)
    mapping = {k: v for k, v in READINGS.items() if k != "path"}
    for source in (
        {"path": "memory://plant", "readings": [READINGS]},
        {"path": f"file://{plant.root}/raw/readings/*.csv", "readings": [mapping]},
        {
            "kind": "sql",
            "url": f"sqlite:///{tmp_path}/plant.db",
            "readings": [mapping | {"query": "SELECT * FROM readings"}],
        },
    ):
        plant.source = source
        plant.ingest()
        pd.testing.assert_frame_equal(plant.read(), expected)


def test_sql_that_fails_does_not_tell_the_password(plant: Plant, tmp_path: Path) -> None:
    mapping = {k: v for k, v in READINGS.items() if k != "path"}
    plant.source = {
        "kind": "sql",
        "url": f"sqlite:///{tmp_path}/none/plant.db",
        "readings": [mapping | {"query": "SELECT * FROM readings"}],
    }
    with pytest.raises(SourceError, match=r"a refusal from 'sqlite.*unable to open"):
        plant.ingest()
    for url in ("nosuch://me:hunter2@host/db", "sqlite://me:hunter2@host/db"):
        plant.source["url"] = url
        with pytest.raises(ConfigError, match="a SQLAlchemy URL") as caught:
            plant.ingest()
        assert "hunter2" not in str(caught.value)


def test_a_server_that_refuses_does_not_tell_the_password(plant: Plant) -> None:
    pytest.importorskip("psycopg")
    plant.source = {
        "kind": "sql",
        "url": "postgresql+psycopg://me:hunter2@127.0.0.1:1/db",
        "readings": [READINGS | {"query": "SELECT * FROM readings"}],
    }
    with pytest.raises(SourceError, match=r"a refusal from 'postgresql") as caught:
        plant.ingest()
    assert "hunter2" not in str(caught.value)


def test_the_report_escapes_what_the_plant_wrote(plant: Plant) -> None:
    plant.put("readings/a.csv", rows("<script>alert(1)</script>"))
    plant.ingest()
    page = (plant.root / "report" / "ingest.html").read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_same_input_gives_the_same_bytes(plant: Plant) -> None:
    plant.put("readings/a.csv", rows())
    plant.events(["P1,2025-01-01T12:00:00Z,breakdown,x"])
    seen = []
    for _ in range(2):
        plant.ingest()
        files = sorted(path for path in plant.tables.rglob("*") if path.is_file())
        seen.append([(path.name, path.read_bytes()) for path in files])
    assert seen[0] == seen[1]
