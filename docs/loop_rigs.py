"""The loop on recorded test rigs: every fault hidden in turn and taught from few episodes."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.evolve import Evolved, evolve
from faultprint.faults.learn import learn_class
from faultprint.faults.learning.design import design, values_of
from faultprint.faults.match import diagnose
from faultprint.faults.release import (
    Release,
    release_from_parts,
    release_to_parts,
    scoring_settings,
)
from faultprint.faults.teaching.lessons import Archive, Lesson, Lessons
from faultprint.faults.teaching.taught_verdicts import Judged, hear_taught
from faultprint.records import Origin
from faultprint.stages.run import run_stage
from faultprint.store.parquet import read_parquet
from faultprint.store.settings import load_settings
from faultprint.store.signature_db import SignatureDatabase
from faultprint.twin.baseline import expect, fit

RIGS = {
    **{
        f"hydraulic, {target}": (
            "hydraulic",
            {
                "source.options.target": target,
                "source.options.assets": "run",
                "detect.false_alarms_per_asset_month": 432.0,
            },
        )
        for target in ("cooler", "valve", "pump", "accumulator")
    },
    # Windows that do not overlap: of the one healthy recording, there are few others.
    "cwru, by bearing": (
        "cwru",
        {
            "windows.count": 2000,
            "windows.count_step": 2000,
            "detect.false_alarms_per_asset_month": 2_500_000.0,
        },
    ),
}
"""Name -> params file, and what is set otherwise: a hundredth of the healthy windows may alarm, on
CWRU, where there are thirty, a sixth of them."""
EPISODES = (1, 3, 5)
CHOICES = 3
"""Random choices of the episodes that teach."""
_SAID = ["verdict", "failure_mode"]
_ABNORMAL = ("known", "ambiguous", "deviation")


@dataclass(frozen=True)
class Hidden:
    """One fault, hidden from learning and taught from some episodes."""

    rig: str
    fault: str
    episodes: int
    choice: int
    called: float
    """Share of its windows that were abnormal before it was taught."""
    recall: float
    """Share of the windows of its other episodes that are named rightly."""
    of_abnormal: float
    """The same among windows that are abnormal."""
    by_episode: float
    """Share of its other episodes most of whose abnormal windows are named rightly."""
    disturbed: float
    """Share of the windows of everything else whose diagnosis changed [points]."""
    lost: float
    """By how much fewer of them are rightly named [points]."""
    seconds: float
    """Of processor time, from the judged windows to the published release."""
    refused: str
    """Why it was not taught; empty if it was."""
    exact: bool
    """Whether the release before, read back from the database, says the same byte for byte."""


@dataclass(frozen=True, eq=False)
class _Bench:
    """A release that does not know a fault, and what it says of windows it did not learn from."""

    release: Release
    settings: Settings
    windows: pd.DataFrame
    matrix: NDArray[np.float64]
    states: pd.DataFrame
    diagnoses: pd.DataFrame
    archive: Archive
    """What it says of the windows it learnt from: these were scored, too."""
    fault: str

    @property
    def name(self) -> str:
        return next(iter(self.release.models))


def rig_windows(rig: str, data: Path, scratch: Path) -> tuple[Settings, pd.DataFrame]:
    """Describe a rig's recordings; ``episode`` is what no split may tear apart."""
    name, options = RIGS[rig]
    settings = load_settings(
        Path(f"params/{name}.yaml"), {**options, "source.path": str(data / name)}
    )
    root = scratch / rig.replace(", ", "-").replace(" ", "-")
    if not (root / "data" / "windows").exists():
        for stage in ("ingest", "describe"):
            run_stage(stage, settings, root)
    (file,) = (root / "data" / "windows").glob("*.parquet")
    windows = read_parquet(file)
    windows = windows[windows["use"].isin(["healthy", "fault"])].reset_index(drop=True)
    return settings, windows.assign(episode=_episodes(windows, rig))


def _episodes(windows: pd.DataFrame, rig: str) -> pd.Series:
    """Name what no split may tear apart; the one healthy recording is cut into four."""
    asset = windows["asset"].astype("str")
    if not rig.startswith("cwru"):
        return asset
    place = (
        windows.groupby("asset").cumcount() * 4 // windows.groupby("asset")["end"].transform("size")
    )
    return asset + "-" + place.astype("str").where(windows["label"] == "healthy", "")


def hide(fault: str, settings: Settings, windows: pd.DataFrame) -> _Bench:
    """Learn from half of the episodes of everything else; judge the other half and the fault."""
    rng = np.random.default_rng(settings.seed)
    learnt: list[str] = []
    for label, rows in windows[windows["label"] != fault].groupby("label", sort=True):
        names = rng.permutation(np.sort(rows["episode"].unique()))
        # Of few healthy episodes, most: there are no other healthy windows to learn from.
        share = 0.75 if label == "healthy" and len(names) < 10 else 0.5
        learnt += names[: max(1, round(share * len(names)))].tolist()
    mine = windows["episode"].isin(learnt) & (windows["label"] != fault)
    # Learning folds by asset: an episode stands for one, so that none is torn apart.
    train = windows[mine].assign(part="train", asset=windows["episode"]).reset_index(drop=True)
    order = {name: n for n, name in enumerate(sorted(set(learnt)))}
    fold = train["asset"].map(order) % settings.split.folds
    train = train.assign(fold=_spread(train, settings.split.folds, fold))
    name = str(train["equipment_class"].iloc[0])
    twin = fit(train, settings.equipment[name], settings.twin)
    origin = Origin("", "", "", (), ())
    residuals = expect(twin, train)
    learned = learn_class(train, residuals, settings, settings.seed, origin)
    scoring = scoring_settings(settings)
    release = Release(scoring, {name: learned.model}, {name: twin}, learned.signatures)
    rest = windows[~mine].assign(asset=windows["episode"])
    rest = rest.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    away = expect(twin, rest)
    states, diagnoses = diagnose(learned.model, learned.signatures, rest, away, "before")
    matrix = values_of(design(rest, away), learned.model.features)
    known = diagnose(learned.model, learned.signatures, train, residuals, "before")[1]
    known = known.merge(train[["asset", "end", "label"]], on=["asset", "end"])
    seen = values_of(design(train, residuals), learned.model.features)
    ordered = train[["asset", "end"]].reset_index().merge(known[["asset", "end"]], how="right")
    archive = _archive(known, seen[ordered["index"].to_numpy()])
    return _Bench(release, settings, rest, matrix, states, diagnoses, archive, fault)


def _spread(train: pd.DataFrame, folds: int, fallback: pd.Series) -> pd.Series:
    """Deal the episodes of each label out to the folds in turn."""
    fold = fallback.copy()
    for _, rows in train.groupby("label", sort=True):
        place = {name: n % folds for n, name in enumerate(sorted(rows["asset"].unique()))}
        fold.loc[rows.index] = rows["asset"].map(place)
    # an episode that shows two labels stays in one fold
    return fold.groupby(train["asset"]).transform("first").astype("int64")


def teach_hidden(bench: _Bench, rig: str, database: Path) -> list[Hidden]:
    """Teach the hidden fault from 1, 3 and 5 episodes, several times, and count."""
    of_fault = (bench.windows["label"] == bench.fault).to_numpy()
    abnormal = bench.diagnoses["verdict"].isin(_ABNORMAL).to_numpy()
    seen = sorted(bench.windows.loc[of_fault & abnormal, "asset"].unique())
    rng = np.random.default_rng(bench.settings.seed)
    results = []
    for count in EPISODES:
        if len(seen) <= count:
            continue
        for choice in range(CHOICES):
            chosen = sorted(rng.choice(seen, count, replace=False).tolist())
            place = database / f"{rig}-{bench.fault}-{count}-{choice}.db"
            results.append(_taught(bench, rig, (chosen, choice), place))
    return results


def _taught(bench: _Bench, rig: str, chosen: tuple[list[str], int], place: Path) -> Hidden:
    episodes, choice = chosen
    asset = bench.windows["asset"]
    of_fault = (bench.windows["label"] == bench.fault).to_numpy()
    abnormal = bench.diagnoses["verdict"].isin(_ABNORMAL).to_numpy()
    judged = [_lesson(bench, name, (asset == name).to_numpy() & abnormal) for name in episodes]
    place.unlink(missing_ok=True)
    database = SignatureDatabase(f"sqlite:///{place}")
    first = release_to_parts(bench.release)
    database.publish(first, bench.release.signatures, {}, "loop")
    begun = time.process_time()
    lessons = Lessons(tuple(judged), {bench.name: bench.archive})
    made = evolve(bench.release, lessons, bench.settings.signatures)
    parts = release_to_parts(made.release)
    database.publish(parts, made.release.signatures, {}, "loop")
    seconds = time.process_time() - begun
    now = _heard(bench, made.release)
    back = release_from_parts(database.parts(database.rollback("loop").version))
    place.unlink()
    rest = of_fault & ~asset.isin(episodes).to_numpy()
    right = (now["failure_mode"] == bench.fault).to_numpy()
    changed = (now[_SAID] != bench.diagnoses[_SAID]).any(axis=1).to_numpy()
    able = rest & abnormal
    groups = pd.Series(right[able]).groupby(asset[able].to_numpy()).mean()
    return Hidden(
        rig,
        bench.fault,
        len(episodes),
        choice,
        float(abnormal[rest].mean()),
        float(right[rest].mean()),
        float(right[able].mean()) if able.any() else 0.0,
        float((groups >= 0.5).mean()) if len(groups) else 0.0,
        100 * float(changed[~of_fault].mean()),
        100 * float((_right(bench, bench.diagnoses) - _right(bench, now))[~of_fault].mean()),
        seconds,
        _refused(made),
        _exact(bench, back),
    )


def _refused(made: Evolved) -> str:
    """Say why a fault was not taught."""
    told = [change.note for change in made.changes if change.what == "recorded"]
    return told[0].removeprefix("not taught: ") if told else ""


def _right(bench: _Bench, said: pd.DataFrame) -> NDArray[np.float64]:
    """Mark the windows that are called what they are."""
    healthy = (said["verdict"] == "healthy") & (bench.windows["label"] == "healthy")
    return (healthy | (said["failure_mode"] == bench.windows["label"])).to_numpy(dtype=np.float64)


def _heard(bench: _Bench, release: Release) -> pd.DataFrame:
    signatures = {s.failure_mode: s for s in release.signatures}
    every = np.arange(len(bench.windows))
    judged = Judged(release.models[bench.name], signatures, every, bench.matrix)
    return hear_taught(release.taught.get(bench.name), judged, bench.states, bench.diagnoses)[1]


def _exact(bench: _Bench, back: Release) -> bool:
    """Judge again some windows with the release that was read back."""
    rows = bench.windows.iloc[:: max(len(bench.windows) // 60, 1)]
    model = back.models[bench.name]
    away = expect(back.twins[bench.name], rows)
    states, told = diagnose(model, back.signatures, rows, away, "before")
    keys = ["asset", "end"]
    old = [frame.merge(rows[keys], on=keys) for frame in (bench.states, bench.diagnoses)]
    return bool(states.equals(old[0]) and told.equals(old[1]))


def _lesson(bench: _Bench, name: str, rows: NDArray[np.bool_]) -> Lesson:
    ends = pd.DatetimeIndex(bench.windows.loc[rows, "end"])
    matrix = bench.matrix[rows]
    return Lesson(name, name, bench.name, "new_fault", bench.fault, ends, matrix)


def _archive(known: pd.DataFrame, matrix: NDArray[np.float64]) -> Archive:
    abnormal = known["verdict"].isin(_ABNORMAL).to_numpy()
    rows = known.loc[abnormal, ["asset", "end", *_SAID]].reset_index(drop=True)
    logged = known.loc[abnormal, "label"].to_numpy()
    told = rows.assign(incident=rows["asset"], logged=logged, refuted=logged == "healthy")
    return Archive(told, matrix[abnormal])


def rig_loop(data: Path, scratch: Path) -> list[dict[str, Any]]:
    """Hide every fault of the hydraulic rig in turn."""
    rows: list[Hidden] = []
    scratch.mkdir(parents=True, exist_ok=True)
    for rig in RIGS:
        if rig.startswith("cwru"):  # two bearings of a fault: see docs.loop_bearings
            continue
        settings, windows = rig_windows(rig, data, scratch)
        for fault in sorted(set(windows["label"]) - {"healthy"}):
            rows += teach_hidden(hide(fault, settings, windows), rig, scratch)
    return [asdict(row) for row in rows]
