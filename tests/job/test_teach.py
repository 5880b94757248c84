"""From a file of opinions to a recognised incident, on a small plant."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from faultprint import tables as schema
from faultprint.config import Settings
from faultprint.faults.pages.page import signature_page
from faultprint.faults.release import Release, release_from_parts, release_to_parts
from faultprint.faults.teaching.lessons import Order
from faultprint.stages.acceptance import Publication, accept, offer
from faultprint.stages.pages import around_signature
from faultprint.stages.run import located, run_stage
from faultprint.stages.score import score
from faultprint.stages.teach import teach
from faultprint.stages.workspace import Workspace, expert_sha256, read_frames
from faultprint.store import provenance
from faultprint.store.opinion_files import write_opinions
from faultprint.store.opinions import OpinionBook
from faultprint.store.parquet import read_table, write_readings, write_tables
from faultprint.store.signature_db import SignatureDatabase
from faultprint.store.table_units import write_units
from tests.serve import plant

ICING = (24, 26)
"""Days between which some pumps grow colder: nothing the release knows."""
ILL = ("P-1", "P-2", "P-3", "P-4", "P-5")
WELL = ("P-6", "P-7")


def iced(rows: pd.DataFrame) -> pd.DataFrame:
    hour = (rows["time"] - plant.START) / pd.Timedelta(hours=1)
    first, last = (24 * day for day in ICING)
    grown = ((hour - first) / (last - first)).clip(0, 1).where(hour <= last, 0.0)
    cold = rows["temperature"] - 14.0 * grown
    return rows.assign(temperature=cold, vibration=rows["vibration"] - 0.8 * grown)


class Site:
    """A workspace with a published release, readings and results."""

    def __init__(self, root: Path, release: Release) -> None:
        self.workspace = Workspace(root)
        self.settings: Settings = located(plant.settings(), root)
        made = (root / "models").is_dir()
        (root / "models").mkdir(exist_ok=True)
        self.database = SignatureDatabase(self.settings.database.url)
        if not made:
            self.make(release)

    def make(self, release: Release) -> None:
        header = {"content": "faultprint signatures"}
        self.database.publish(release_to_parts(release), release.signatures, header, "test")
        self.database.export("1.0.0", self.workspace.release)
        assets = [*ILL, *WELL]
        register = {"asset": assets, "equipment_class": plant.CLASS, "attributes": "{}"}
        given = {"assets": pd.DataFrame(register).astype("str"), "events": schema.empty("events")}
        write_tables(self.workspace.tables, given)
        write_units(self.workspace.tables, self.settings.equipment)
        for asset in assets:
            rows = plant.readings(asset, 50 + int(asset[-1]))
            rows = iced(rows) if asset in ILL else rows
            write_readings(self.workspace.tables, plant.CLASS, rows.reset_index(drop=True))
        self.score()

    def score(self) -> dict[str, Any]:
        return score(self.workspace.release, self.workspace.tables, self.workspace.results)

    def said(self, name: str = "incidents", release: str = "") -> pd.DataFrame:
        rows = read_table(self.workspace.results, name)
        label = release or sorted(rows["release"].unique())[-1]
        return rows[rows["release"] == label].reset_index(drop=True)

    def iced(self, release: str = "") -> pd.DataFrame:
        """Incidents of the time in which pumps iced."""
        rows = self.said(release=release)
        first, last = (plant.START + pd.Timedelta(days=day) for day in ICING)
        return rows[(rows["opened"] >= first) & (rows["first_seen"] <= last)]

    def opinions(self, assets: tuple[str, ...], **said: Any) -> Path:
        """Write what an expert says of the incidents of the icing of some pumps."""
        rows = self.iced().set_index("asset")
        told = {"verdict": "new_fault", "failure_mode": "icing", "confidence": 0.9, **said}
        entries = [
            {
                "asset": asset,
                "time": rows["opened"][asset].isoformat(),
                "said": (plant.START + pd.Timedelta(days=40)).isoformat(),
                "author": "Mira",
                "rationale": "ice on the casing",
                "action": "Thaw the casing.",
                **told,
            }
            for asset in assets
        ]
        file = self.workspace.root / "opinions.yaml"
        file.write_text(yaml.safe_dump(entries), "utf-8")
        return file

    def teach(self, file: Path | None = None, *orders: Order) -> dict[str, Any]:
        return teach(self.settings, self.workspace, file, orders)


@pytest.fixture(scope="module")
def learnt() -> Release:
    return plant.learn()


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, learnt: Release) -> Path:
    """A site that was scored once; each test gets a copy."""
    return Site(tmp_path_factory.mktemp("scored"), learnt).workspace.root


@pytest.fixture
def site(tmp_path: Path, learnt: Release, scored: Path) -> Site:
    shutil.copytree(scored, tmp_path, dirs_exist_ok=True)
    return Site(tmp_path, learnt)


def test_three_opinions_make_a_release_that_recognises_the_next_incident(site: Site) -> None:
    before = site.said("diagnoses")
    assert set(site.iced()["asset"]) == set(ILL)
    assert "icing" not in set(before["failure_mode"])
    told = site.teach(site.opinions(ILL[:3]))
    assert told["release"].startswith("1.1.0+")
    assert [(c["what"], c["name"]) for c in told["changes"]] == [("added", "icing")]
    assert told["taught_nothing"] == {}
    site.score()
    found = site.iced().set_index("asset")
    assert (found.loc[list(ILL), "failure_mode"] == "icing").all()  # two of which nobody judged
    assert (found["verdict"] == "known").all()
    now = site.said("diagnoses")
    both = before.merge(now, on=["asset", "end"], suffixes=("", "_now"))
    same = both["failure_mode_now"] != "icing"
    assert (both.loc[same, "failure_mode"] == both.loc[same, "failure_mode_now"]).all()
    assert set(both.loc[~same, "asset"]) == set(ILL)
    signature = next(s for s in site.database.signatures("1.1.0") if s.failure_mode == "icing")
    assert (signature.recommended_action, len(signature.opinions)) == ("Thaw the casing.", 3)
    assert found["signature"].eq(f"{signature.id}@1.0.0").all()
    assert found["evidence"].str.contains("temperature.deviance").all()


def test_teaching_again_changes_nothing_and_rolling_back_loses_nothing(site: Site) -> None:
    first = provenance.data_sha256(site.workspace.release)
    kept = site.said("diagnoses")
    file = site.opinions(ILL[:3])
    taught = site.teach(file)
    again = site.teach(file)
    assert (again["release"], again["changes"]) == (taught["release"], [])
    assert len(site.database.releases()) == 2
    back = site.database.rollback("test")
    site.database.export(back.version, site.workspace.release)
    assert provenance.data_sha256(site.workspace.release) == first
    site.score()
    pd.testing.assert_frame_equal(site.said("diagnoses"), kept)


def test_one_by_one_or_all_at_once_gives_the_same_recogniser(site: Site) -> None:
    for asset in ILL[:3]:
        site.teach(site.opinions((asset,)))
    assert site.database.current().version == "1.3.0"
    stepwise = release_from_parts(site.database.parts("1.3.0")).taught[plant.CLASS]
    (one,) = stepwise.recognisers
    assert [p.asset for p in sorted(one.pictures, key=lambda p: p.asset)] == list(ILL[:3])
    assert one.version == "1.2.0"


def test_normal_behaviour_raises_no_incident_any_more(site: Site) -> None:
    told = site.teach(site.opinions(ILL[:3], verdict="normal_behaviour", failure_mode=""))
    assert {c["what"] for c in told["changes"]} == {"normal"}
    before = site.said(release=told["before"])
    site.score()
    calm = set(ILL) - set(site.iced()["asset"])
    assert calm >= set(ILL[:3])
    worn = before[before["failure_mode"] == "bearing_wear"]
    still = site.said().merge(worn, on=["asset", "first_seen"])
    assert len(still) == len(worn) > 0  # no fault that is known was swallowed


def test_what_teaches_nothing_is_told_and_changes_no_decision(site: Site) -> None:
    told = site.teach(site.opinions(ILL[:1], verdict="sensor_issue", failure_mode=""))
    assert [c["what"] for c in told["changes"]] == ["recorded"]
    disputed = site.opinions(ILL[1:2], author="Ole")
    site.teach(disputed)
    told = site.teach(site.opinions(ILL[1:2], author="Ann", failure_mode="frost"))
    (why,) = told["taught_nothing"].values()
    assert why.startswith("no majority")
    release = release_from_parts(site.database.parts(site.database.current().version))
    assert [one.name for one in release.taught[plant.CLASS].recognisers] == ["icing"]


def test_a_release_with_other_features_is_told_to_score_first(
    site: Site, learnt: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site.opinions(ILL[:1])
    model = learnt.models[plant.CLASS]
    other = replace(model, features=tuple(f"{name}x" for name in model.features))
    release = replace(learnt, models={plant.CLASS: other})
    site.database.publish(release_to_parts(release), release.signatures, {}, "test")
    told = site.teach(file)
    (why,) = told["taught_nothing"].values()
    assert why.endswith("score its readings with the current release")


def test_orders_retire_what_was_taught(site: Site) -> None:
    site.teach(site.opinions(ILL[:3]))
    told = site.teach(None, Order("retire", plant.CLASS, ("icing",)))
    assert [c["what"] for c in told["changes"]] == ["retired", *["recorded"] * 3]
    assert {s.failure_mode for s in site.database.signatures(site.database.current().version)} == {
        "bearing_wear"
    }


def test_a_restored_fault_is_taught_again_and_counts_on(site: Site) -> None:
    site.teach(site.opinions(ILL[:3]))
    site.teach(None, Order("retire", plant.CLASS, ("icing",)))
    told = site.teach(None, Order("restore", plant.CLASS, ("icing",)))
    assert [(c["what"], c["name"]) for c in told["changes"]] == [
        ("added", "icing"),
        ("restored", "icing"),
    ]
    site.teach(None, Order("retire", plant.CLASS, ("icing",)))
    site.teach(site.opinions(ILL[3:4]), Order("restore", plant.CLASS, ("icing",)))
    now = site.database.current().version
    (icing,) = [s for s in site.database.signatures(now) if s.failure_mode == "icing"]
    assert (icing.version, len(icing.opinions)) == ("1.1.0", 4), "1.0.0 is what it was before"


def test_a_restored_fault_is_the_one_of_before_and_the_order_is_recorded(site: Site) -> None:
    for asset in ILL[:2]:
        first = site.teach(site.opinions((asset,)))
    site.teach(None, Order("retire", plant.CLASS, ("icing",)))
    told = site.teach(None, Order("restore", plant.CLASS, ("icing",)))
    assert told["release"] == first["release"]
    label, last = site.database.current().label, site.database.audit()[-1]
    assert label == first["release"], "it is the release of before, made current again"
    assert last.action == "point"
    assert last.reason == "taught: 'added pump/icing', 'restored pump/icing'"


def test_what_is_taught_more_keeps_its_status(site: Site) -> None:
    site.teach(site.opinions(ILL[:2]))
    url, version = site.settings.database.url, site.database.current().version
    how = Publication("bob", statuses={"icing": "test"})
    accept(url, offer(url, site.database.parts(version), how), {}, how)
    told = site.teach(site.opinions(ILL[2:3]))
    assert [(c["what"], c["name"]) for c in told["changes"]] == [("adjusted", "icing")]
    signatures = site.database.signatures(site.database.current().version)
    (icing,) = [s for s in signatures if s.failure_mode == "icing"]
    assert (icing.status, len(icing.opinions)) == ("test", 3)


def test_the_page_of_a_taught_fault_says_who_taught_it_and_why(site: Site) -> None:
    site.teach(site.opinions(ILL[:2]))
    site.teach(None, Order("merge", plant.CLASS, ("icing",), ("frost",)))
    release = release_from_parts(site.database.parts(site.database.current().version))
    (one,) = [s for s in release.signatures if s.failure_mode == "frost"]
    around = around_signature(one, release, None, site.settings.database.url)
    page = signature_page(one, around)
    words = " ".join(page.split())
    assert "Named by experts in 2 opinions, not yet proven." in words
    assert "not yet confirmed" not in words
    for asset in ILL[:2]:
        assert f"Mira, 2025-02-10, on {asset} since" in words
    assert words.count("new fault icing, sure 0.9. ice on the casing. Thaw the casing.") == 2
    assert not [name for name in one.opinions if name in words], "words, not names"
    alone = " ".join(signature_page(one).split())
    assert all(name in alone for name in one.opinions)


def test_the_setting_alone_says_where_experts_write(site: Site, tmp_path: Path) -> None:
    site.teach(site.opinions(ILL[:2]))
    book, root = OpinionBook(site.settings.database.url), site.workspace.root
    files = [root / "said" / "by.yaml", root / "data" / "expert" / "opinions.yaml"]
    for file in files:
        file.parent.mkdir(parents=True)
        write_opinions(file, book.opinions(), book.incidents())
    files[1].write_text("[]", "utf-8")  # where it stands by default, nothing was said
    elsewhere = site.settings.expert.model_copy(update={"opinions": "said/by.yaml"})
    settings = site.settings.model_copy(update={"expert": elsewhere})
    for chosen, labels in ((site.settings, set()), (settings, {"icing"})):
        run_stage("describe", chosen, root)
        windows = read_frames(site.workspace.windows, ("label",))[plant.CLASS]
        assert set(windows["label"]) & {"icing"} == labels
    before = expert_sha256(settings, root)
    files[1].unlink()
    assert expert_sha256(settings, root) == before
    files[0].unlink()
    assert expert_sha256(settings, root) == ""
