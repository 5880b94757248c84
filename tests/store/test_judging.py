"""Experts at work: from the command line and from files, through to the database and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from faultprint.store.opinions import OpinionBook
from faultprint.store.parquet import write_tables
from faultprint.tables import UTC_TIME, check, empty
from tests.job.plant import Said, faultprint, refused

START = datetime(2026, 3, 1, tzinfo=UTC)
OLD, NEW = "1.0.0+aaaaaaaaaaaa", "1.1.0+bbbbbbbbbbbb"
SPANS = [  # incident, asset, first seen, cleared, verdict, failure mode
    ("aaaa1111", "P-1", 0, 5, "known", "seal_leak"),
    ("aaaa2222", "P-1", 10, None, "deviation", ""),
    ("bbbb1111", "P-2", 3, 8, "ambiguous", "bearing_wear"),
]


def at(days: float) -> pd.Timestamp:
    return (pd.Timestamp(START) + pd.Timedelta(days=days)).as_unit("ns")


def write_results(folder: Path, release: str, until: float, spans: list = SPANS) -> None:
    flow = {"descriptor": "flow.mean", "observed": 1.0, "healthy": 2.0, "unit": "m3/h"}
    twin = {"descriptor": "flow.deviance", "observed": -4.5, "healthy": 0.1, "unit": "1"}
    seen = [{**one, "deviance": -4} for one in (flow, twin)]
    evidence = {"healthy": {"for": [], "against": seen}}
    rows = [
        {
            "incident": name,
            "asset": asset,
            "equipment_class": "pump",
            "opened": at(first + 0.25),
            "first_seen": at(first),
            "cleared": pd.NaT if cleared is None else at(cleared),
            "verdict": verdict,
            "failure_mode": mode,
            "signature": "",
            "windows": 9,
            "p_value": 0.001,
            "evidence": json.dumps(evidence),
            "release": release,
        }
        for name, asset, first, cleared, verdict, mode in spans
    ]
    incidents = pd.DataFrame(rows, columns=empty("incidents").columns)
    incidents["cleared"] = pd.to_datetime(incidents["cleared"], utc=True)
    ends = pd.DataFrame(
        {
            "asset": ["P-1", "P-2"],
            "end": pd.Series([at(until)] * 2, dtype=UTC_TIME),
            "p_value": 0.5,
            "limit": 0.01,
            "alarm": False,
            "by_rule": False,
            "reason": "",
            "release": release,
        }
    ).astype({"asset": "str", "reason": "str", "release": "str"})
    folder.mkdir(exist_ok=True)
    frames = {"incidents": incidents.astype(empty("incidents").dtypes.to_dict()), "states": ends}
    write_tables(folder, {name: check(name, frame) for name, frame in frames.items()})


@dataclass
class Desk:
    """The command line on one folder of results and one database."""

    results: Path
    url: str
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def run(self, *args: str) -> Said:
        where = ("--results", str(self.results), "--database", self.url)
        return faultprint(self.patch, self.capture, "incidents", *args, *where)

    def told(self, *args: str) -> list[dict]:
        said = self.run("list", "--json", *args)
        assert said.code == 0, said.err
        return json.loads(said.out)

    def judge(self, name: str, *args: str, by: str = "ada") -> Said:
        return self.run("judge", name, "--author", by, *args)


@pytest.fixture
def desk(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    write_results(tmp_path / "results", OLD, 20)
    return Desk(tmp_path / "results", url, monkeypatch, capfd)


SEAL = ("--verdict", "known_fault", "--failure-mode", "seal_leak", "--confidence", "0.8")
CALM = ("--verdict", "normal_behaviour", "--confidence", "0.5")


def test_judging_from_the_command_line(desk: Desk) -> None:
    assert desk.told("--unjudged")[0]["incident"] == "aaaa2222", "what is open stands first"
    assert desk.judge("aaaa1", *SEAL, "--rationale", "wet floor").code == 0
    assert desk.judge("aaaa1111", *CALM, by="bob").code == 0
    assert [row["incident"] for row in desk.told("--unjudged")] == ["aaaa2222", "bbbb1111"]
    assert [row["incident"] for row in desk.told("--open")] == ["aaaa2222"]
    shown = json.loads(desk.run("show", "aaaa1", "--json").out)
    assert (shown["judged"], shown["judged_failure_mode"]) == ("known_fault", "seal_leak")
    assert [(o["author"], o["rationale"]) for o in shown["opinions"]] == [
        ("ada", "wet floor"),
        ("bob", ""),
    ]
    assert shown["agreement"]["seal_leak"] == {
        "incidents": 1, "pairs": 1, "agreed": 0.0, "unsettled": 0,
    }  # fmt: skip
    text = desk.run("show", "aaaa1").out
    assert "flow.mean: 1.0 m3/h, healthy 2.0" in text
    assert "flow.deviance: -4.5, healthy 0.1" in text
    assert "ada: known fault seal_leak (80%) wet floor" in text
    assert desk.judge("aaaa1", *SEAL, "--adjudicates", by="eve").code == 0
    assert "adjudicated by eve" in desk.run("show", "aaaa1").out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("zzzz", *CALM), ("unknown incident 'zzzz'",)),
        (("aaaa", *CALM), ("which 2 incidents begin with",)),
        (("aaaa1", "--verdict", "known_fault"), ("failure_mode: empty",)),
        (("aaaa1", "--verdict", "broken"), ("'broken' is none of",)),
        (("", *CALM), ("name the incident to judge",)),
        (("aaaa1", "--verdict", "duplicate", "--duplicate-of", "aaaa1"), ("of itself",)),
    ],
)
def test_what_cannot_be_judged_is_said(
    desk: Desk, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    refused(desk.judge(*args), *words)
    assert OpinionBook(desk.url).opinions() == ()


def test_resolved_incidents_that_persist_or_return_surface_again(desk: Desk) -> None:
    assert desk.run("mark", "aaaa2", "resolved", "--author", "ada").code == 0
    assert desk.told("--open") == []  # marked just now, later than anything that was scored
    write_results(desk.results, OLD, 365 * 200)
    (row,) = desk.told("--open")
    assert (row["incident"], row["standing"]) == ("aaaa2222", "persists")
    assert "resolved by ada" in row["why"]
    # another release finds it under another name: the mark follows it
    renamed = [("cccc2222", "P-1", 10.5, None, "deviation", "")]
    write_results(desk.results, NEW, 365 * 200, renamed)
    (row,) = desk.told("--open")
    assert (row["incident"], row["standing"]) == ("cccc2222", "persists")
    over = [("cccc2222", "P-1", 10.5, 12, "deviation", "")]
    late = ("dddd2222", "P-1", 365 * 150, None, "deviation", "")
    write_results(desk.results, NEW, 365 * 200, [*over, late])
    (row,) = desk.told("--open")
    assert (row["incident"], row["standing"]) == ("dddd2222", "returned")
    refused(desk.run("mark", "cccc", "shut", "--author", "ada"), "unknown mark 'shut'")


def test_opinions_are_found_again_after_another_release(desk: Desk) -> None:
    assert desk.judge("aaaa1", *SEAL).code == 0
    renamed = [("cccc1111", "P-1", 1, 6, "deviation", ""), ("cccc3333", "P-2", 1, 6, "known", "x")]
    write_results(desk.results, NEW, 30, renamed)
    rows = {row["incident"]: row for row in desk.told()}
    assert (rows["cccc1111"]["judged"], rows["cccc1111"]["opinion_count"]) == ("known_fault", 1)
    assert rows["cccc3333"]["opinion_count"] == 0
    assert json.loads(desk.run("show", "aaaa1", "--json").out)["opinions"][0]["author"] == "ada"


YAML = """
- incident: aaaa1
  verdict: known_fault
  failure_mode: seal_leak
  confidence: 0.9
  rationale: Ölfleck
  author: ada
  time: 2026-03-20T08:00:00+01:00
- asset: P-1
  time: 2026-03-12T00:00:00Z
  said: 2026-03-20T08:00:00Z
  verdict: new_fault
  failure_mode: vane_crack
  confidence: 0.7
  author: bob
  severity: 4
  adjudicates: true
- {asset: P-2, time: 2026-03-05T00:00:00Z, verdict: duplicate, duplicate_of: aaaa1, confidence: 1,
   author: bob}
"""
CSV = """incident,asset,time,said,verdict,failure_mode,confidence,rationale,author,severity,\
adjudicates,duplicate_of
aaaa1,,2026-03-20T08:00:00+01:00,,known_fault,seal_leak,0.9,Ölfleck,ada,,,
,P-1,2026-03-12T00:00:00Z,2026-03-20T08:00:00Z,new_fault,vane_crack,0.7,,bob,4,true,
,P-2,2026-03-05T00:00:00Z,,duplicate,,1,,bob,,,aaaa1
"""


@pytest.mark.parametrize(("name", "text"), [("o.yaml", YAML), ("o.csv", CSV)])
def test_files_of_opinions(desk: Desk, tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    assert json.loads(desk.run("judge", "--file", str(file)).out) == {"opinions": 3, "added": 3}
    assert json.loads(desk.run("judge", "--file", str(file)).out) == {"opinions": 3, "added": 0}
    book = OpinionBook(desk.url)
    by_incident = {o.incident: o for o in book.opinions()}
    assert set(by_incident) == {"aaaa1111", "aaaa2222", "bbbb1111"}
    seal, vane = by_incident["aaaa1111"], by_incident["aaaa2222"]
    assert (seal.rationale, seal.severity, seal.time) == (
        "Ölfleck",
        None,
        datetime(2026, 3, 20, 7, tzinfo=UTC),
    )
    assert (vane.severity, vane.adjudicates, vane.confidence) == (4, True, 0.7)
    assert vane.time == datetime(2026, 3, 20, 8, tzinfo=UTC)
    assert by_incident["bbbb1111"].duplicate_of == "aaaa1111"
    # asset and time still name the incident that was judged, though another release renamed it
    write_results(desk.results, NEW, 20, [("cccc2222", "P-1", 9, None, "known", "vane_crack")])
    assert json.loads(desk.run("judge", "--file", str(file)).out)["added"] == 0


def test_exported_opinions_come_back_into_another_database(desk: Desk, tmp_path: Path) -> None:
    file, again = tmp_path / "o.yaml", tmp_path / "again.yaml"
    file.write_text(YAML, "utf-8")
    desk.run("judge", "--file", str(file))
    exported = tmp_path / "all.yaml"
    assert desk.run("opinions", "--export", str(exported)).code == 0
    assert "bob: new fault vane_crack (70%)" in desk.run("opinions").out
    elsewhere = Desk(
        tmp_path / "none", f"sqlite:///{tmp_path / 'other.db'}", desk.patch, desk.capture
    )
    write_results(elsewhere.results, NEW, 3, [])
    assert elsewhere.run("judge", "--file", str(exported)).code == 0
    assert OpinionBook(elsewhere.url).judged() == OpinionBook(desk.url).judged()
    elsewhere.run("opinions", "--export", str(again))
    assert again.read_bytes() == exported.read_bytes()
    table = tmp_path / "all.csv"
    desk.run("opinions", "--export", str(table))
    assert json.loads(desk.run("judge", "--file", str(table)).out) == {"opinions": 3, "added": 0}
    refused(desk.run("opinions", "--export", str(tmp_path / "o.txt")), ".yaml or .csv")


WRONG = """
- {incident: aaaa1, verdict: known_fault, failure_mode: x, confidence: 1, author: ada,
   time: 2026-03-20T08:00:00Z}
- {incident: aaaa, verdict: cause_unknown, confidence: 1, author: ada, time: 2026-03-20T08:00:00Z}
- {incident: nine, verdict: cause_unknown, confidence: 1, author: ada, time: 2026-03-20T08:00:00Z}
- {asset: P-9, verdict: cause_unknown, confidence: 1, author: ada, time: 2026-03-20T08:00:00Z}
- {incident: aaaa1, verdict: known_fault, confidence: 3, author: ada, time: 2026-03-20T08:00:00Z}
- {incident: aaaa1, verdict: cause_unknown, confidence: sure, author: ada, time: 2026-03-20 08:00}
- {incident: aaaa1, verdict: cause_unknown, confidence: 1, author: ada, time: 2026-03-20 08:00}
- {incident: aaaa1, verdict: cause_unknown, confidence: 1, author: ada, time: yesterday}
- {incident: aaaa1, verdikt: cause_unknown, confidence: 1}
- {verdict: cause_unknown, confidence: 1, author: ada, time: 2026-03-20T08:00:00Z}
"""


def test_all_offenders_of_a_file_are_listed_and_nothing_is_added(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(WRONG, "utf-8")
    said = desk.run("judge", "--file", str(file))
    refused(
        said,
        "line 4: incident: 'aaaa' names 2 of 3 incidents",
        "line 5: incident: 'nine' names none of 3 incidents",
        "line 6: incident: none of asset 'P-9'",
        "line 7: failure_mode: empty, but known_fault names one",
        "line 7: confidence: 3.0 is not within 0 and 1",
        "line 8: confidence: 'sure' is no number",
        "line 9: time: 2026-03-20 08:00:00 has no zone",
        "line 10: time: 'yesterday' is no ISO 8601 instant",
        "line 11: got unknown key 'verdikt'",
        "line 12: incident: missing",
    )
    assert "line 2" not in said.error
    assert OpinionBook(desk.url).opinions() == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [("o.yaml", "a: [1"), ("o.yaml", "- 3"), ("o.yaml", "incidents: []"), ("none.yaml", None)],
)
def test_files_that_hold_no_opinions(
    desk: Desk, tmp_path: Path, name: str, text: str | None
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    refused(desk.run("judge", "--file", str(tmp_path / name)), name, "which cannot be read")


def test_two_faults_at_once_need_to_be_told_apart(desk: Desk, tmp_path: Path) -> None:
    both = [("eeee1111", "P-1", 0, 5, "known", "a"), ("eeee2222", "P-1", 1, 5, "known", "b")]
    write_results(desk.results, OLD, 20, both)
    file = tmp_path / "o.yaml"
    one = "- {asset: P-1, time: 2026-03-03T00:00:00Z, confidence: 1, author: ada, verdict: "
    file.write_text(one + "cause_unknown}\n", "utf-8")
    refused(desk.run("judge", "--file", str(file)), "line 1: incident: 2 of asset 'P-1'", "eeee22")
    file.write_text(one + "known_fault, failure_mode: b}\n", "utf-8")
    assert desk.run("judge", "--file", str(file)).code == 0
    assert OpinionBook(desk.url).opinions()[0].incident == "eeee2222"


def test_opinions_from_closed_work_orders(desk: Desk, tmp_path: Path) -> None:
    frame = empty("events")
    text = dict.fromkeys(["code", "item", "text"], "")
    rows = [
        {"asset": "P-1", "time": at(4), "kind": "failure", "failure_mode": "seal_leak", **text},
        {"asset": "P-2", "time": at(12), "kind": "failure", "failure_mode": "", **text},
    ]
    events = pd.DataFrame(rows, columns=frame.columns)
    never = pd.Series(pd.NaT, index=events.index, dtype=UTC_TIME)
    events = events.assign(end=never, onset_earliest=never, onset_latest=never)
    write_tables(tmp_path, {"events": check("events", events.astype(frame.dtypes.to_dict()))})
    at_all = json.loads(desk.run("judge", "--from-events", str(tmp_path)).out)
    assert at_all == {
        "opinions": 2, "added": 2, "verdicts": {"cause_unknown": 1, "new_fault": 1},
    }  # fmt: skip
    again = desk.run("judge", "--from-events", str(tmp_path), "--within-days", "1")
    assert json.loads(again.out) == {"opinions": 1, "added": 0, "verdicts": {"new_fault": 1}}
    assert {o.author for o in OpinionBook(desk.url).opinions()} == {"work orders"}
