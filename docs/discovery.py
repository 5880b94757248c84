"""Measure grouping on finished workspaces: ``python -m docs.discovery WORKSPACE...``.

Known faults are treated as unknown, one to three at a time, and what comes out is held against the
truth (the simulator's, or the failures of the log).
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score

from faultprint.config import Discover
from faultprint.faults.discover import group_incidents
from faultprint.faults.discovery.archive import (
    Archive,
    average_residuals,
    date_incident,
    pictures_of,
)
from faultprint.faults.discovery.picture import Pictures, standing_out, unlikeness
from faultprint.serve.score import Scorer
from faultprint.store.parquet import read_table

FALSE = ""
Labels = np.ndarray


def truth_of(root: Path, incidents: pd.DataFrame) -> pd.DataFrame:
    """Say which one fault was there during each incident (empty: none), and when it began."""
    if (root / "data/truth/truth.csv").exists():
        faults = pd.read_csv(root / "data/truth/truth.csv")
        faults = faults[faults["kind"] == "fault"]
        for name in ("onset", "end"):
            faults[name] = pd.to_datetime(faults[name], utc=True, format="mixed")
    else:
        events = read_table(root / "data/tables", "events")
        faults = events[(events["kind"] == "failure") & (events["failure_mode"] != "")]
        faults = faults.rename(columns={"failure_mode": "mode"}).assign(end=faults["time"])
        faults["onset"] = faults["end"] - pd.Timedelta(days=3)
    day = pd.Timedelta(days=1)
    rows = []
    for row in incidents.itertuples():
        mine = faults[(faults["asset"] == row.asset) & (faults["end"] + day >= row.first_seen)]
        mine = mine[mine["onset"] <= (row.opened if pd.isna(row.cleared) else row.cleared - day)]
        modes = sorted(set(mine["mode"]))
        if len(modes) < 2:
            onset = mine["onset"].min() if modes else pd.NaT
            rows.append((row.incident, modes[0] if modes else FALSE, onset))
    return pd.DataFrame(rows, columns=["incident", "mode", "onset"])


def scores(truth: Labels, found: Labels) -> dict[str, float]:
    """Judge a grouping; false alarms count against the purity of a fault's group only."""
    real = truth != FALSE
    single = np.where(found < 0, 1000 + np.arange(len(found)), found)
    pure, size, whole = 0, 0, []
    for group in set(found[found >= 0]):
        inside = truth[(found == group) & real]
        if len(inside):
            pure += int(pd.Series(inside).value_counts().iloc[0])
            size += int((found == group).sum())
    for mode in set(truth[real]):
        mine = found[(truth == mode) & (found >= 0)]
        most = int(pd.Series(mine).value_counts().iloc[0]) if len(mine) else 0
        whole.append(most / (truth == mode).sum())
    several = len(set(truth[real])) > 1
    return {
        "adjusted Rand": adjusted_rand_score(truth[real], single[real]) if several else np.nan,
        "purity": pure / size if size else np.nan,
        "completeness": float(np.mean(whole)),
        "ungrouped": float((found[real] < 0).mean()),
    }


def methods(pictures: Pictures, known: dict[str, Any], assets: Labels) -> dict[str, Labels]:
    """Group by every method."""
    found = group_incidents(pictures, Discover(), known)
    usual = group_incidents(pictures, Discover(max_distance=0.45))
    apart = unlikeness(pictures.matrix, pictures.matrix)
    np.fill_diagonal(apart, 0)
    flat = np.nan_to_num(standing_out(pictures.matrix))
    few = {"min_cluster_size": 2, "copy": True}
    codes = pd.factorize(assets)[0]
    told = {"average linkage, learnt cut": found, "average linkage, cut 0.45": usual}
    place = {name: i for i, name in enumerate(pictures.incidents)}
    labels: dict[str, Labels] = {}
    for name, groups in told.items():
        labels[name] = np.full(len(place), -1)
        for number, group in enumerate(groups.groups):
            labels[name][[place[i] for i in group.incidents]] = number
    return labels | {
        "HDBSCAN on the same distance": HDBSCAN(
            metric="precomputed", min_samples=1, **few
        ).fit_predict(apart),
        "HDBSCAN, Euclidean": HDBSCAN(**few).fit_predict(flat),
        "by asset": np.where(np.bincount(codes)[codes] > 1, codes, -1),
        "all one group": np.zeros(len(place), dtype=int),
    }


def treat_as_unknown(pictures: Pictures, truth: Labels, assets: Labels) -> list[dict[str, Any]]:
    """Hide one to three faults at a time, three to five incidents of each, and up to five false."""
    random = np.random.default_rng(0)
    modes = sorted(set(truth) - {FALSE})
    rows = []
    sets = [s for k in (1, 2, 3) for s in itertools.combinations(modes, k)]
    for hidden in [s for s in sets if len(modes) - len(s) >= 2]:
        picked = [
            random.permutation(np.flatnonzero(truth == mode))[: random.integers(3, 6)]
            for mode in hidden
        ]
        false = random.permutation(np.flatnonzero(truth == FALSE))[: random.integers(0, 6)]
        rows_of = np.concatenate([*picked, false])
        if len(rows_of) < 3:
            continue
        mine = pictures.of(tuple(np.array(pictures.incidents)[rows_of]))
        known = {m: pictures.matrix[truth == m] for m in modes if m not in hidden}
        for name, found in methods(mine, known, assets[rows_of]).items():
            rows.append({"method": name, **scores(truth[rows_of], found)})
    return rows


def held_back(
    pictures: Pictures, truth: pd.DataFrame, incidents: pd.DataFrame, mode: str
) -> list[dict[str, Any]]:
    """Group every incident of the held-back fault together with all deviations of the class."""
    told = truth.set_index("incident")["mode"].reindex(pictures.incidents).fillna(FALSE).to_numpy()
    verdict = incidents.set_index("incident")["verdict"].reindex(pictures.incidents).to_numpy()
    ours = (told == mode) | (verdict == "deviation")
    modes = set(told) - {FALSE, mode}
    known = {m: pictures.matrix[(told == m) & ~ours] for m in sorted(modes)}
    names = tuple(np.array(pictures.incidents)[ours])
    found = group_incidents(pictures.of(names), Discover(), known)
    mine = set(np.array(pictures.incidents)[told == mode])
    best = max(found.groups, key=lambda g: len(mine & set(g.incidents)), default=None)
    hits = len(mine & set(best.incidents)) if best else 0
    said = int(((told == mode) & (verdict == "deviation")).sum())
    return [
        {
            "incidents of the fault": len(mine),
            "of these scored as deviation": said,
            "compared": len(names),
            "in its group": hits,
            "others in its group": len(best.incidents) - hits if best else 0,
            "stability": best.stability if best else np.nan,
            "cut": found.cut,
        }
    ]


def onsets(archive: Archive, truth: pd.DataFrame) -> list[dict[str, Any]]:
    """Date every incident of a fault and hold the interval against the truth."""
    during = average_residuals(archive.residuals, archive.windows)
    began = truth[truth["mode"] != FALSE].set_index("incident")["onset"]
    rows = []
    for _, row in archive.incidents.iterrows():
        if row["incident"] in began.index:
            onset, real = date_incident(row, archive, during).onset, began[row["incident"]]
            hour = pd.Timedelta(hours=1)
            if onset is not None:
                rows.append(
                    {
                        "error": (onset.likely - real) / hour,
                        "first": (row["first_seen"] - real) / hour,
                        "held": onset.earliest <= real <= onset.latest,
                        "width": (onset.latest - onset.earliest) / hour,
                    }
                )
            else:
                rows.append({"first": (row["first_seen"] - real) / hour})
    return rows


def measure(roots: list[Path], mode: str) -> str:
    """Write the tables of the page on discovery."""
    known, hidden, dated = [], [], []
    for root in roots:
        scorer = Scorer.load(root / "models/release")
        read = {
            n: read_table(root / "results", n)
            for n in ("incidents", "incident_windows", "residuals")
        }
        mine = {n: f[f["release"] == scorer.label] for n, f in read.items()}
        events = read_table(root / "data/tables", "events")
        whole = Archive(mine["incidents"], mine["incident_windows"], mine["residuals"], events)
        for name, model in scorer.release.models.items():
            archive = whole.of_class(name)
            equipment = scorer.release.scoring.equipment[name]
            truth = truth_of(root, archive.incidents)
            incidents = archive.incidents.merge(truth, on="incident")
            pictures = pictures_of(incidents, archive.windows, model, equipment)
            row = incidents.set_index("incident").loc[list(pictures.incidents)]
            told = row["mode"].to_numpy(dtype=object)
            known += treat_as_unknown(pictures, told, row["asset"].to_numpy(dtype=object))
            if mode in set(told):
                hidden += [
                    {"workspace": root.resolve().name, **one}
                    for one in held_back(pictures, truth, incidents, mode)
                ]
            if (root / "data/truth/truth.csv").exists():
                dated += onsets(archive, truth)
    said = [pd.DataFrame(known).groupby("method", sort=False).mean().round(2).to_string()]
    if hidden:
        said.append(pd.DataFrame(hidden).to_string(index=False))
    if dated:
        d = pd.DataFrame(dated)
        fine = d.dropna()
        said.append(
            f"onsets: {len(d)} incidents, {len(fine)} dated; median error "
            f"{fine['error'].median():.0f} h (median size {fine['error'].abs().median():.0f} h; "
            f"first abnormal window {d['first'].median():.0f} h); interval of "
            f"{fine['width'].median():.0f} h (median) held it {100 * fine['held'].mean():.0f} %"
        )
    return f"{len(known) // 6} groupings\n" + "\n\n".join(said) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspaces", nargs="+", type=Path)
    parser.add_argument("--held-back", default="separator_clogging", help="failure mode")
    asked = parser.parse_args()
    sys.stdout.write(measure(asked.workspaces, asked.held_back))
