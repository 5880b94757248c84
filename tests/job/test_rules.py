"""Rules through the job: the examples on the simulated plant, the dry run, learning and scoring."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import typer.testing

from faultprint.cli import app
from faultprint.config import Settings
from faultprint.errors import ConfigError, RuleError
from faultprint.faults.release import scoring_settings
from faultprint.faults.rules.book import RuleBook
from faultprint.faults.rules.matching import compile_book
from faultprint.serve.score import Scorer
from faultprint.stages.rule_trial import Trial, try_rules
from faultprint.stages.rules import load_rules, rule_files, show_rules, version_hints
from faultprint.stages.run import run_stage
from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import read_table
from faultprint.store.settings import load_settings

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "params" / "rules"
Job = tuple[Workspace, dict[str, dict[str, object]]]


def truth_of(workspace: Workspace) -> pd.DataFrame:
    """The simulator's episodes, with times."""
    told = pd.read_csv(workspace.truth / "truth.csv")
    told = told[told["kind"] == "fault"].rename(columns={"mode": "failure_mode"})
    times = {c: pd.to_datetime(told[c], utc=True, format="ISO8601") for c in ("onset", "end")}
    return told.assign(**times)


def measured(trial: Trial, truth: pd.DataFrame) -> dict[str, tuple[int, int, int]]:
    """Give failures, failures foretold and false incidents by rule."""
    found = {}
    for name, incidents in trial.incidents.groupby("rule"):
        mode = incidents["failure_mode"].iloc[0]
        episodes = truth[truth["failure_mode"] == mode]
        pairs = incidents.merge(episodes, on="asset", how="left", suffixes=("", "_true"))
        inside = (pairs["opened"] >= pairs["onset"]) & (pairs["opened"] <= pairs["end"])
        late = pairs["opened"] <= pairs["end"] + pd.Timedelta(days=1)
        right = pairs[(pairs["opened"] >= pairs["onset"]) & late]
        failures = episodes[episodes["outcome"] == "failure"]
        named = pairs[inside & (pairs["outcome"] == "failure")]
        hits = len(named.drop_duplicates(["asset", "end"]))
        false = len(incidents) - len(right.drop_duplicates(["asset", "opened"]))
        found[str(name)] = (len(failures), hits, false)
    return found


def test_the_examples_find_faults_of_the_simulated_plant(job: Job, settings: Settings) -> None:
    workspace, _ = job
    book = load_rules(settings, workspace.root, rule_files(EXAMPLES))
    assert len(compile_book(book, scoring_settings(settings))) == 5
    trial = try_rules(book, settings, workspace)
    truth = truth_of(workspace)
    found = measured(trial, truth)
    assert {"hot_and_loud_bearing", "hot_winding", "starved_suction"} <= set(found)
    failures, hits, false = (sum(column) for column in zip(*found.values(), strict=True))
    assert failures >= 15
    assert hits / failures > 0.5
    assert false < hits
    assert found["hot_and_loud_bearing"][1] >= found["hot_and_loud_bearing"][0] - 1
    rows = trial.rows
    assert (rows["holds"] + rows["unknown"] <= rows["windows"]).all()
    assert set(rows["asset"]) == set(read_table(workspace.tables, "assets")["asset"])


def test_the_dry_run_counts_what_the_alarm_would_do(job: Job, settings: Settings) -> None:
    workspace, _ = job
    text = "template: centrifugal_pump\nrules:\n  always:\n    title: t\n    failure_mode: m\n"
    path = workspace.root / "on.yaml"
    path.write_text(text + "    rule: running\n", "utf-8")
    trial = try_rules(load_rules(settings, workspace.root, [path]), settings, workspace)
    assert (trial.rows["holds"] == trial.rows["windows"]).all()
    assert (trial.rows["incidents"] == 1).all()
    assert trial.incidents["cleared"].isna().all()


def run(*words: str) -> tuple[int, str]:
    result = typer.testing.CliRunner().invoke(app, ["rules", *words])
    return result.exit_code, result.output or str(result.exception)


def test_check_and_show_on_the_command_line(job: Job, settings: Settings, tmp_path: Path) -> None:
    workspace, _ = job
    params = ["--params", str(REPOSITORY / "params.yaml")]
    files = [str(path) for path in rule_files(EXAMPLES)]
    code, said = run("check", *files, *params, "--workspace", str(workspace.root))
    assert code == 0
    assert said.startswith("5 rules and 0 instances are sound")
    assert "centrifugal_pump/hot_winding 1.0.0 (motor_cooling)" in said
    code, said = run("check", *files, *params, "--workspace", str(tmp_path))
    assert "no archive to try them on" in said
    code, said = run("check", *files, *params, "--json", "--workspace", str(workspace.root))
    assert {row["rule"] for row in json.loads(said)} == {
        "clogged_separator",
        "fouled_oil_cooler",
        "hot_and_loud_bearing",
        "hot_winding",
        "starved_suction",
    }
    place = tmp_path / "plant"
    shutil.copytree(workspace.tables, place / "data" / "tables")
    shutil.copytree(EXAMPLES, place / settings.expert.rules)
    own = "instance: P-101\ntemplate: centrifugal_pump\n"
    own += "rules: {hot_winding: {parameters: {limit: 15 K}}}\n"
    (place / settings.expert.rules / "P-101.yaml").write_text(own, "utf-8")
    code, said = run("show", "P-101", *params, "--workspace", str(place))
    assert "limit: 15 K   [here; template: 8 K]" in said
    assert "hold: 12 h   [inherited]" in said
    code, said = run("show", "P-102", "--json", *params, "--workspace", str(place))
    assert [one["overridden"] for one in json.loads(said)] == [{}, {}, {}]
    code, said = run("show", "P-999", *params, "--workspace", str(place))
    assert code == 1
    assert "unknown asset 'P-999'" in said


def test_files_that_cannot_be_read_are_named(settings: Settings, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    for text, says in (
        ("template: pump\ntemplate: pump\n", "bad.yaml.*stands twice"),
        ("template: pump\nruels: {}\n", "bad.yaml: .*did you mean 'rules'"),
        ("template: pumpe\nrules: {}\n", ""),
        (
            "template: pumpe\nrules: {a: {title: t, failure_mode: m, rule: running}}",
            "unknown equipment class 'pumpe'",
        ),
    ):
        bad.write_text(text, "utf-8")
        if says:
            with pytest.raises(ConfigError, match=says):
                load_rules(settings, tmp_path, [bad])
        else:
            assert load_rules(settings, tmp_path, [bad]).rules == ()
    assert load_rules(settings, tmp_path).rules == ()


def test_a_changed_rule_must_count_its_version_up(settings: Settings, tmp_path: Path) -> None:
    held = load_rules(settings, tmp_path, rule_files(EXAMPLES))
    assert version_hints(held, held) == []
    first, second, *others = held.rules
    raised = replace(second, rule="running", version="1.1.0")
    changed = RuleBook((replace(first, title="Other words"), raised, *others))
    assert version_hints(changed, held) == [
        "centrifugal_pump/hot_and_loud_bearing was changed (patch) since version 1.0.0: "
        "count its version up to 1.0.1"
    ]


def test_the_carets_stay_under_the_place_on_the_command_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    text = "template: centrifugal_pump\nrules: {a: {title: t, failure_mode: m, rule: flow > 3}}"
    bad.write_text(text, "utf-8")
    command = [sys.executable, "-m", "faultprint", "rules", "check", str(bad)]
    params = ["--params", str(REPOSITORY / "params.yaml")]
    done = subprocess.run(
        [*command, *params], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    *_, shown, carets = done.stderr.splitlines()
    assert (shown, carets) == ("  flow > 3", "  ^^^^")


def test_an_asset_shows_what_is_off(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "instance: P-1\ntemplate: centrifugal_pump\nrules: {hot_winding: {disabled: true}}\n",
        "utf-8",
    )
    book = load_rules(settings, tmp_path, [*rule_files(EXAMPLES), tmp_path / "own.yaml"])
    told = {one["name"]: one for one in show_rules(book, "P-1", "centrifugal_pump")}
    assert told["hot_winding"]["disabled"]
    assert told["hot_winding"]["overridden"] == {"disabled": False}
    assert not told["starved_suction"]["disabled"]


@pytest.mark.slow
def test_rules_go_with_the_release_and_name_what_was_never_learnt(
    job: Job, settings: Settings, tmp_path: Path
) -> None:
    workspace, _ = job
    place = tmp_path / "plant"
    for name in ("data/tables", "data/windows", "data/expected"):
        shutil.copytree(workspace.root / name, place / name)
    shutil.copytree(EXAMPLES, place / settings.expert.rules)
    rules = place / settings.expert.rules / "centrifugal_pump.yaml"
    rules.write_text(rules.read_text("utf-8").replace("motor_cooling", "hot_motor"), "utf-8")
    for stage in ("learn", "publish", "score"):
        run_stage(stage, settings, place)
    held = Workspace(place)
    release = Scorer.load(held.release).release
    signatures = {s.failure_mode: s for s in release.signatures}
    assert signatures["hot_motor"].symptoms == ()
    assert "residual(winding_temperature)" in signatures["hot_motor"].rule
    assert signatures["bearing_wear"].symptoms
    assert signatures["bearing_wear"].rule
    incidents = read_table(held.results, "incidents")
    assert (incidents["failure_mode"] == "hot_motor").sum() >= 1
    states = read_table(held.results, "states")
    assert 0 < states["by_rule"].mean() < 0.05
    rules.write_text("template: centrifugal_pump\nrules: {a: {title: t, failure_mode: m, rule: x}}")
    with pytest.raises(RuleError, match="centrifugal_pump/a"):
        run_stage("learn", load_settings(REPOSITORY / "params.yaml"), place)
