"""Write docs/signatures from a run on the Azure sample.

``python -m docs.azure --data DIR``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from faultprint.faults.pages.around import in_units
from faultprint.faults.pages.page import signature_page
from faultprint.records import Signature
from faultprint.serve.score import Scorer
from faultprint.stages.pages import around_signature, described
from faultprint.stages.run import STAGES, run_stage
from faultprint.stages.workspace import Workspace
from faultprint.store.course_figure import course_figure
from faultprint.store.settings import load_settings

SIGNATURES = Path(__file__).parent / "signatures"
PAGE = SIGNATURES / "azure.md"
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
# Signatures learnt from the Azure predictive-maintenance sample

Written by `python -m docs.azure --data DIR`, where DIR holds the `PdM_*.csv` files. The settings
are `params/azure_pdm.yaml`; no code knows the data set beyond the reader of its file names. The
same job with Prefect, tracking and report:

    python -m pipelines.main --params params/azure_pdm.yaml --source DIR --workspace build/azure

Hourly telemetry of 20 machines from January to March 2015, learnt from what ends two days before
1 March; how March was foretold stands in [the book](../benchmarks/azure-pdm.md).
"""


def write(data: Path) -> None:
    """Run the job in a scratch folder and write the pages."""
    settings = load_settings(PARAMS, {"source.path": str(data.resolve())})
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Workspace(Path(scratch))
        for name in STAGES:
            if name != "simulate":
                run_stage(name, settings, workspace.root)
        write_signatures(workspace)


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
    PAGE.write_text(overview(Scorer.load(workspace.release).release.signatures), "utf-8")
    for name, text in signature_texts(workspace).items():
        (SIGNATURES / name).write_text(text, "utf-8")
    release = Scorer.load(workspace.release).release
    seen = described("machine", workspace)
    for one in release.signatures:
        around = around_signature(one, release, seen)
        if one.failure_mode in SHOWN and around.course is not None:
            picture = course_figure(around.course, in_units(one, around))
            (SIGNATURES / f"azure-{one.failure_mode}.png").write_bytes(picture)


def overview(signatures: tuple[Signature, ...]) -> str:
    """Show beside each other what was built in and what was learnt."""
    lines = [
        INTRODUCTION,
        "Contrast to healthy windows in robust standard deviations of these (27 h windows).",
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
    shown = ", ".join(f"[{mode}](azure-{mode}.md)" for mode in SHOWN)
    return "\n".join([*lines, "", f"In full: {shown}.", ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the PdM_*.csv files")
    write(parser.parse_args().data)
