"""The page that says what was found."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from faultprint.config import Settings
from faultprint.faults.release import Release
from faultprint.serve.coverage_page import Covered, render_coverage
from faultprint.serve.report import ReportContext, render_report
from faultprint.serve.score import Scorer
from faultprint.stages.coverage import coverage
from faultprint.stages.groups import find_groups
from faultprint.stages.held import is_there
from faultprint.stages.judging import Judged, held_out_periods, judge_beside_trivial
from faultprint.stages.pages import write_pages
from faultprint.stages.rule_alarms import rates_text, rule_rates
from faultprint.stages.rule_trial import try_rules
from faultprint.stages.voices import confirmations
from faultprint.stages.workspace import Workspace, read_frames, read_json, write_json
from faultprint.store.bundle import read_manifest
from faultprint.store.folders import write_text
from faultprint.store.manifest import Manifest
from faultprint.store.parquet import read_table
from faultprint.store.signature_db import SignatureDatabase

COVERAGE = "coverage.html"
"""Page beside the report: which fault can be seen on which asset."""
TITLE = "What the equipment says"


def report(settings: Settings, workspace: Workspace) -> dict[str, object]:
    """Judge the scored incidents of the held-out time and write the report.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Where results and tables are read and ``reports/index.html`` is written, with a
        page on coverage and one per signature beside it.

    Returns
    -------
    dict[str, object]
        The page and the numbers by event.
    """
    manifest = read_manifest(workspace.release)
    release = Scorer.load(workspace.release)
    windows = read_frames(workspace.expected / "windows")
    incidents = read_table(workspace.results, "incidents")
    mine = incidents[incidents["release"] == release.label]
    events = read_table(workspace.tables, "events")
    signed = frozenset(signature.failure_mode for signature in release.release.signatures)
    judged = judge_beside_trivial(mine, events, windows, settings, signed)
    residuals = read_table(workspace.results, "residuals")
    residuals = residuals[residuals["release"] == release.label].drop(columns="release")
    url = settings.database.url
    covered = coverage(settings, workspace, release, confirmations(url))
    _note(covered, manifest, url)
    write_text(render_coverage(covered), workspace.reports / COVERAGE)
    pages = write_pages(release.release, release.label, workspace, url)
    health = read_table(workspace.results, "sensor_health")
    page = render_report(
        ReportContext(
            title=TITLE,
            manifest=manifest,
            metrics=judged.metrics,
            incidents=judged.incidents,
            failures=judged.failures,
            residuals=_in_periods(residuals, held_out_periods(windows)),
            signatures=release.release.signatures,
            health=health[health["release"] == release.label],
            notes=(
                *_notes(settings, workspace, judged),
                *_by_rule(release.release, settings, workspace, windows),
            ),
            links={"What the release can see": COVERAGE},
            pages=pages,
            groups=find_groups(
                release, workspace.results, workspace.tables, settings.discover
            ).stories,
        )
    )
    place = workspace.reports / "index.html"
    write_text(page, place)
    write_json(workspace.metrics / "events.json", judged.metrics)
    return {"page": str(place), **judged.metrics}


def _note(covered: Covered, manifest: Manifest, url: str) -> None:
    """Keep beside the release what it can see, once for each answer."""
    if not is_there(url):
        return
    database = SignatureDatabase(url)
    if manifest.label not in {row.label for row in database.releases()}:
        return  # a release that came as a folder, from elsewhere
    body = json.loads(json.dumps(covered.to_dict()))
    if database.note(manifest.version, "coverage") != body:
        database.add_note(manifest.version, "coverage", body)


def _in_periods(residuals: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Keep what was judged, which is what the pictures show."""
    both = residuals.merge(periods, on="asset", suffixes=("", "_judged"))
    inside = (both["end"] > both["start"]) & (both["end"] <= both["end_judged"])
    return both.loc[inside, residuals.columns].reset_index(drop=True)


def _notes(settings: Settings, workspace: Workspace, judged: Judged) -> tuple[str, ...]:
    learned = _numbers(workspace.metrics / "learn.json")
    refused = [
        f"{name}: {reason}"
        for name, reasons in learned.get("refused", {}).items()
        for reason in reasons
    ]
    suspicious = [
        f"{name}: {pair} separates alone: make sure the data do not give it away"
        for name, pairs in learned.get("suspicious_descriptors", {}).items()
        for pair in pairs
    ]
    rejects = read_table(workspace.tables, "rejects")
    rows = [f"{n} readings or events refused at the door: {reason}" for reason, n in _most(rejects)]
    unseen = read_table(workspace.results, "refused")
    left = [f"{row.asset} was not judged: {row.reason}" for row in unseen.itertuples()]
    budget = settings.detect.false_alarms_per_asset_month
    real = judged.metrics["false_alarms_per_asset_month"]["value"]
    promise = (
        f"False alarms per asset-month: {budget:g} asked for, {real:.2f} in the "
        f"{judged.metrics['exposed_asset_months']:.0f} of {judged.metrics['asset_months']:.0f} "
        "judged asset-months in which an alarm could only have been false, counting those that "
        "opened there."
    )
    return (promise, *refused, *suspicious, *left, *rows)


def _by_rule(
    release: Release, settings: Settings, workspace: Workspace, windows: dict[str, pd.DataFrame]
) -> list[str]:
    """Say how often the rules of the release alarm falsely, over the time that is judged."""
    if not release.rules.rules:
        return []
    trial, periods = try_rules(release.rules, settings, workspace), held_out_periods(windows)
    events = read_table(workspace.tables, "events")
    rates = rule_rates(release.rules, trial, windows, events, settings, periods)
    return rates_text(rates, settings.detect.false_alarms_per_asset_month)


def _most(rejects: pd.DataFrame) -> list[tuple[str, int]]:
    counts = rejects["reason"].str.replace(r"\d+", "N", regex=True).value_counts().head(5)
    return [(str(reason), int(n)) for reason, n in counts.items()]


def _numbers(path: Path) -> dict[str, dict[str, list[str]]]:
    return read_json(path) if path.exists() else {}
