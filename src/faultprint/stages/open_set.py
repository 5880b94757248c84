"""Leave-one-fault-out on a data set: from its source, or from windows that are there already."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.evaluate.folds import deal
from faultprint.evaluate.open_set import Hidden, judge_hidden, leave_out
from faultprint.faults.learning.sample import gather
from faultprint.stages.describe import describe
from faultprint.stages.expect import cross_fitted, final_twin, guarded
from faultprint.stages.ingest import ingest
from faultprint.stages.run import located
from faultprint.stages.workspace import Workspace, read_frames, write_json
from faultprint.store.sources.hydraulic import GRADES


def open_set(settings: Settings, workspace: Workspace) -> list[dict[str, object]]:
    """Hide every failure mode in turn and say how well it is told apart.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Its windows are used if they are there; else the source is read, in a folder that is
        deleted afterwards. ``metrics/open_set.json`` is written.

    Returns
    -------
    list[dict[str, object]]
        One entry per equipment class and hidden failure mode, see
        :class:`faultprint.evaluate.open_set.Hidden`.

    Notes
    -----
    The whole record is used, in folds by asset, or by run where there is one asset: what is asked
    is whether a fault is recognised as new, not whether it is foretold. The hydraulic rig has four
    components; each is the label in turn.
    """
    found: list[Hidden] = []
    if workspace.windows.exists():
        found = _of_windows(settings, workspace.windows)
    else:
        for chosen in _targets(located(settings, workspace.root)):
            with tempfile.TemporaryDirectory() as folder:
                scratch = Workspace(Path(folder))
                ingest(chosen, scratch.tables, scratch.reports / "ingest")
                describe(chosen, scratch.tables, scratch.windows)
                found += _of_windows(chosen, scratch.windows)
    told = [asdict(one) for one in found]
    write_json(workspace.metrics / "open_set.json", {"hidden": told})
    return told


def _targets(settings: Settings) -> list[Settings]:
    if settings.source.kind != "hydraulic":
        return [settings]
    return [
        settings.model_copy(
            update={
                "source": settings.source.model_copy(
                    update={"options": {**settings.source.options, "target": target}}
                )
            }
        )
        for target in GRADES
    ]


def _of_windows(settings: Settings, folder: Path) -> list[Hidden]:
    found = []
    for name, frame in read_frames(folder, ("label", "use")).items():
        sample = gather(*_folded(name, frame, settings), settings)
        for mode in tqdm(sample.classes[1:], desc=f"hide of {name}", unit="fault"):
            scores = leave_out(sample, mode, settings, settings.seed)
            found.append(judge_hidden(scores, name, settings.detect.significance, settings.seed))
    return found


def _folded(
    name: str, frame: pd.DataFrame, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Deal all windows to folds; residuals are those of twins that did not see their fold."""
    fold = deal(frame, settings.split, np.random.default_rng(settings.seed))
    dealt = frame.assign(part="train", fold=fold)
    equipment = settings.equipment[name]
    dealt = guarded(dealt, equipment, settings)
    return cross_fitted(dealt, final_twin(dealt, equipment, settings), equipment, settings)


def open_set_page(found: list[dict[str, object]]) -> str:
    """Lay the numbers out for people.

    Parameters
    ----------
    found : list[dict[str, object]]
        What :func:`open_set` gave.

    Returns
    -------
    str
        Markdown.
    """
    lines = [
        "| equipment | hidden fault | windows | episodes | AUROC by window | by episode "
        "| no known fault left | known struck wrongly |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one['equipment_class']} | {one['failure_mode']} | {one['windows']} "
        f"| {one['episodes']} | {_area(one['by_window'])} | {_area(one['by_episode'])} "
        f"| {one['struck']:.2f} | {one['wrongly_struck']:.3f} |"
        for one in found
    ]
    for key, words in (("by_window", "By window"), ("by_episode", "By episode")):
        values = [one[key]["value"] for one in found]  # type: ignore[index]
        lines.append(f"\n{words}: mean {np.mean(values):.2f}, worst {min(values):.2f}.")
    return "\n".join(lines)


def _area(told: object) -> str:
    area = dict(told)  # type: ignore[call-overload]
    return f"{area['value']:.2f} ({area['low']:.2f}-{area['high']:.2f})"
