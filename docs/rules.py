"""Put what the commands print into the page on rules: ``python -m docs.rules``."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import yaml

from faultprint.config import Settings
from faultprint.errors import RuleError
from faultprint.evaluate.splits import holdout_start
from faultprint.faults.expert import compile_rule
from faultprint.faults.release import scoring_settings
from faultprint.faults.rules.book import RuleBook, rule_book
from faultprint.faults.rules.matching import class_scope
from faultprint.stages.rule_trial import Trial, trial_page, try_rules
from faultprint.stages.rules import load_rules, rule_files, rules_page, show_rules
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.settings import load_settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "write-rules.md"
EXAMPLES = ROOT / "params" / "rules"
GRACE = pd.Timedelta(days=1)
"""How long after the end of a fault an incident may still open: the window looks back a day."""


def mistakes(settings: Settings) -> str:
    """Print the messages for a misspelt sensor and for a missing unit."""
    scope = class_scope(scoring_settings(settings), "centrifugal_pump")
    said = []
    for text in ("residual(winding_temprature) > 8", "residual(winding_temperature) > 8"):
        written = {"title": "t", "failure_mode": "motor_cooling", "rule": text}
        data = {"template": "centrifugal_pump", "rules": {"hot_winding": written}}
        try:
            compile_rule(rule_book([data]).rules[0], scope)
        except RuleError as error:
            said.append(f"faultprint: {error}")
    return "\n\n".join(said)


def shown(page: str, settings: Settings) -> str:
    """Print the rules of the asset that the page makes an exception for."""
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.S)
    files = [yaml.safe_load(path.read_text("utf-8")) for path in rule_files(EXAMPLES)]
    instance = next(data for data in map(yaml.safe_load, blocks) if "instance" in data)
    book = rule_book([*files, instance], settings.expert.mix)
    return rules_page(show_rules(book, instance["instance"], instance["template"]))


def tried(settings: Settings, workspace: Workspace) -> tuple[RuleBook, Trial]:
    """Run the examples over the archive of a workspace."""
    book = load_rules(settings, workspace.root, rule_files(EXAMPLES))
    return book, try_rules(book, settings, workspace)


def judged(trial: Trial, workspace: Workspace, settings: Settings) -> pd.DataFrame:
    """Judge incidents of rules by the simulator's truth, before and in the held-out time."""
    truth = pd.read_csv(workspace.truth / "truth.csv")
    truth = truth[truth["kind"] == "fault"].reset_index(drop=True)
    for column in ("onset", "end"):
        truth[column] = pd.to_datetime(truth[column], utc=True, format="ISO8601")
    frames = read_frames(workspace.expected / "windows").values()
    every = pd.concat([frame[["asset", "end", "part"]] for frame in frames])
    start = holdout_start(every, settings.split)
    rows = []
    for rule, incidents in trial.incidents.groupby("rule", sort=True):
        mode = incidents["failure_mode"].iloc[0]
        faults = truth[truth["mode"] == mode]
        pairs = incidents.reset_index().merge(faults.reset_index(), on="asset")
        pairs = pairs[pairs["opened"].between(pairs["onset"], pairs["end"] + GRACE)]
        ahead = pairs[pairs["opened"] <= pairs["end"]]
        failures = faults[faults["outcome"] == "failure"]
        for part, late in (("before", False), ("held out", True)):
            mine = failures[(failures["end"] >= start) == late]
            here = incidents.index[(incidents["opened"] >= start) == late]
            rows.append(
                {
                    "rule": rule,
                    "time": part,
                    "failures": len(mine),
                    "foretold": int(mine.index.isin(ahead["index_y"]).sum()),
                    "incidents": len(here),
                    "false": int((~here.isin(pairs["index_x"])).sum()),
                }
            )
    return pd.DataFrame(rows)


def told(frame: pd.DataFrame) -> str:
    """Write a table as Markdown."""
    lines = [f"| {' | '.join(frame.columns)} |", "|---" * len(frame.columns) + "|"]
    lines += [f"| {' | '.join(str(v) for v in row)} |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


def put(page: str, mark: str, text: str) -> str:
    """Replace what stands between two marks."""
    before, begin, rest = page.partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- end of {mark} -->")
    return f"{before}{begin}{text}\n{end}{after}"


def filled(page: str, settings: Settings, workspace: Workspace | None) -> str:
    """Put everything into the page; without a workspace, what needs no archive."""
    page = put(page, "mistakes", f"```text\n{mistakes(settings)}\n```")
    page = put(page, "shown", f"```text\n{shown(page, settings)}\n```")
    if workspace is None:
        return page
    book, trial = tried(settings, workspace)
    page = put(page, "dry run", f"```text\n{trial_page(book, trial)}\n```")
    return put(page, "truth", told(judged(trial, workspace, settings)))


if __name__ == "__main__":
    settings = load_settings(ROOT / "params.yaml")
    PAGE.write_text(filled(PAGE.read_text("utf-8"), settings, Workspace(ROOT)), "utf-8")
