"""Write docs/benchmarks/azure-pdm.md and docs/signatures from a run.

``python -m docs.azure --data DIR``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from faultprint.faults.pages.around import in_units
from faultprint.faults.pages.page import signature_page
from faultprint.records import Signature
from faultprint.serve.score import Scorer
from faultprint.serve.wording import TRIVIAL
from faultprint.stages.pages import around_signature, described
from faultprint.stages.run import STAGES, run_stage
from faultprint.stages.workspace import Workspace
from faultprint.store.course_figure import course_figure
from faultprint.store.settings import load_settings

PAGE = Path(__file__).parent / "benchmarks" / "azure-pdm.md"
SIGNATURES = Path(__file__).parent / "signatures"
SHOWN = ("comp2", "comp4")
"""Failure modes whose signature is shown as a page."""
PARAMS = Path("params/azure_pdm.yaml")
PUBLISHED = {
    "comp1": "volt up, error1",
    "comp2": "rotate down, error2 and error3",
    "comp3": "pressure up, error4",
    "comp4": "vibration up, error5",
}
"""What the makers of the data built in."""

PAGE_OF_SIGNATURE = """\
# The signature of {mode}

Written by `python -m docs.azure --data DIR` from the Azure predictive-maintenance sample, machines
1 to 20. What the makers of the data built in: {built_in}. This is what
`faultprint signatures show {mode}` prints; with `--html FILE` it writes a page.

```text
{text}
```

![Median and quartiles of the leading symptoms before the failure]({name}.png)
"""

INTRODUCTION = """\
# Azure predictive-maintenance sample, machines 1 to 20

Written by `python -m docs.azure --data DIR`, where DIR holds the `PdM_*.csv` files. The settings
are `params/azure_pdm.yaml`; no code knows the data set beyond the reader of its file names. The
same job with Prefect, tracking and report:

    python -m pipelines.main --params params/azure_pdm.yaml --source DIR --workspace build/azure

Hourly telemetry of 20 machines from January to March 2015. Learnt from what ends two days before
1 March, judged on March. The data are simulated by their makers and easy: a good score shows that
the plumbing is right, not that machines in the field are diagnosed. A single month of 20 machines
has few failures, so the intervals are wide.
"""


def write(data: Path) -> None:
    """Run the job in a scratch folder and write the page."""
    settings = load_settings(PARAMS, {"source.path": str(data.resolve())})
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Workspace(Path(scratch))
        for name in STAGES:
            if name != "simulate":
                run_stage(name, settings, workspace.root)
        scorer = Scorer.load(workspace.release)
        write_signatures(workspace)
        numbers = json.loads((workspace.metrics / "events.json").read_text("utf-8"))
    PAGE.parent.mkdir(exist_ok=True)
    lines = [INTRODUCTION, *_events(numbers), *_trivial(numbers), *_components(numbers)]
    lines += _signatures(scorer.release.signatures)
    lines += [f"Release `{scorer.label}`."]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")


def signature_texts(workspace: Workspace) -> dict[str, str]:
    """Write the pages of the signatures that are shown; name of the file -> text."""
    release = Scorer.load(workspace.release).release
    seen = described("machine", workspace)
    pages = {}
    for one in release.signatures:
        if one.failure_mode in SHOWN:
            name = f"azure-{one.failure_mode}"
            text = signature_page(one, around_signature(one, release, seen))
            # Code and settings change more often than what a signature says.
            kept = [line for line in text.splitlines() if not line.startswith("Data ")]
            pages[f"{name}.md"] = PAGE_OF_SIGNATURE.format(
                mode=one.failure_mode, built_in=PUBLISHED[one.failure_mode], name=name,
                text="\n".join(kept).rstrip(),
            )  # fmt: skip
    return pages


def write_signatures(workspace: Workspace) -> None:
    """Write the pages of the signatures that are shown, each with its picture."""
    SIGNATURES.mkdir(exist_ok=True)
    for name, text in signature_texts(workspace).items():
        (SIGNATURES / name).write_text(text, "utf-8")
    release = Scorer.load(workspace.release).release
    seen = described("machine", workspace)
    for one in release.signatures:
        around = around_signature(one, release, seen)
        if one.failure_mode in SHOWN and around.course is not None:
            picture = course_figure(around.course, in_units(one, around))
            (SIGNATURES / f"azure-{one.failure_mode}.png").write_bytes(picture)


def _share(p: dict[str, Any]) -> str:
    return f"{p['hits']} of {p['n']} ({100 * p['low']:.0f} to {100 * p['high']:.0f} %)"


def _hours(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} h"


def _events(m: dict[str, Any]) -> list[str]:
    rate, lead = m["false_alarms_per_asset_month"], m["lead_time"]
    strict = m["precision_with_duplicates"]
    return [
        "## By event",
        "",
        "| what | number (95 % interval) |",
        "|---|---|",
        f"| failures found | {_share(m['found'])} |",
        f"| found and rightly named | {_share(m['named'])} |",
        f"| incidents that a failure followed | {_share(m['precision'])} |",
        f"| the same, repeated incidents counted against | {_share(strict)} |",
        f"| false alarms | {m['false_alarms']} in {m['exposed_asset_months']:.1f} machine-months: "
        f"{rate['value']:.2f} ({rate['low']:.2f} to {rate['high']:.2f}) per machine-month |",
        f"| lead time | median {_hours(lead['median'])}, "
        f"middle 80 % {_hours(lead['q10'])} to {_hours(lead['q90'])} |",
        "",
        "Two components that fail at one instant count as two failures; an incident names one",
        "mode, so that at most one of the two is rightly named. False alarms are counted over the",
        "judged time in which an alarm could have been false, evaluable and with no failure or",
        f"preventive replacement near; {m['asset_months']:.1f} machine-months were judged in all.",
        "",
    ]


def _trivial(m: dict[str, Any]) -> list[str]:
    """Show what detectors score that look at nothing, by the same rules on the same time."""
    lines = [
        "## Beside detectors that look at nothing",
        "",
        "| detector | found | rightly named | precision | F1 by event | false alarms per month |",
        "|---|---|---|---|---|---|",
        f"| this release | {m['found']['value']:.2f} | {m['named']['value']:.2f} | "
        f"{m['precision']['value']:.2f} | {m['f1_events']:.2f} | "
        f"{m['false_alarms_per_asset_month']['value']:.2f} |",
    ]
    for name, one in m["baselines"].items():
        lines.append(
            f"| {TRIVIAL[name]} | {one['found']:.2f} | {one['named']:.2f} | "
            f"{one['precision']:.2f} | {one['f1_events']:.2f} | "
            f"{one['false_alarms_per_asset_month']:.2f} |"
        )
    return [*lines, ""]


def _components(m: dict[str, Any]) -> list[str]:
    lines = [
        "## By component",
        "",
        "| component | found | rightly named | false alarms | lead time |",
        "|---|---|---|---|---|",
    ]
    for name, one in sorted(m["modes"].items()):
        lines.append(
            f"| {name} | {_share(one['found'])} | {_share(one['named'])} | {one['false_alarms']} | "
            f"{_hours(one['lead_time']['median'])} |"
        )
    return [*lines, ""]


def _signatures(signatures: tuple[Signature, ...]) -> list[str]:
    lines = [
        "## Learnt signatures",
        "",
        "Contrast to healthy windows in robust standard deviations of these (24 h windows).",
        "",
        "| component | built in | learnt: the strongest symptoms |",
        "|---|---|---|",
    ]
    for one in signatures:
        told = "; ".join(
            f"{s.descriptor} {s.direction} {abs(s.effect):.1f} "
            f"({s.healthy:.4g} to {s.typical:.4g}{'' if s.unit in {'', '1'} else ' ' + s.unit})"
            for s in one.symptoms[:5]
        )
        lines.append(f"| {one.failure_mode} | {PUBLISHED[one.failure_mode]} | {told} |")
    return [*lines, ""]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the PdM_*.csv files")
    write(parser.parse_args().data)
