"""Learning one equipment class: out of fold first, for calibration; then from everything."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.diagnosis.verdicts import Judgement
from faultprint.faults.learning.crossfit import Fit, Outside, ask_outside, fit_rows
from faultprint.faults.learning.design import unit_of
from faultprint.faults.learning.later import limit_at_home
from faultprint.faults.learning.limit import step_of
from faultprint.faults.learning.sample import Sample, gather
from faultprint.faults.learning.space import tidy
from faultprint.faults.learning.symptoms import typical_of
from faultprint.faults.model import ClassModel
from faultprint.faults.signature import Material, condense, performance
from faultprint.records import Origin, Signature
from faultprint.state.limits import MONTH

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Learned:
    """What one equipment class taught."""

    model: ClassModel
    signatures: tuple[Signature, ...]
    oof: pd.DataFrame
    """Out-of-fold view of each training window: ``asset``, ``end``, ``label``, ``fold``,
    ``probability.<class>``, ``p_value.<class>``, ``verdict`` and ``failure_mode``."""
    refused: tuple[str, ...]
    """Failure modes that got no signature, with the reason."""


def learn_class(
    windows: pd.DataFrame,
    residuals: pd.DataFrame,
    settings: Settings,
    seed: int,
    provenance: Origin,
) -> Learned:
    """Learn classifier, calibration and signatures of one equipment class.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows`` of one class with ``label``, ``use``, ``part`` and ``fold``.
    residuals : pandas.DataFrame
        Their cross-fitted rows of ``residuals``.
    settings : Settings
        Settings.
    seed : int
        Seed of the choice of healthy windows and of the classifier.
    provenance : Origin
        Data, code and params they come from; episodes are filled in.

    Returns
    -------
    Learned
        Equal for equal input. Without any failure mode that has enough episodes, the model still
        tells healthy from not healthy by the twin alone.

    Notes
    -----
    Only the training part is looked at. Calibration scores and the limit come from models that
    never saw the asset they are asked about: folds are by asset. Windows of one episode are not
    exchangeable, so p-values against a fault are ranks, not guarantees; the limit against healthy
    is set on the realised number of false incidents instead. There are two of these: one for
    machines the model does not know, from the same models, and one for those it was learnt from,
    from models that knew the machine but not the stretch of time, see
    :func:`faultprint.faults.learning.later.limit_at_home`.
    """
    sample = gather(windows, residuals, settings)
    outside = ask_outside(sample, settings, seed)
    final = fit_rows(sample, np.ones(len(sample.matrix), dtype=bool), settings, seed)
    equipment = settings.equipment[sample.equipment_class]
    at_home = limit_at_home(windows, sample, outside.scaling, outside.calibration, settings, seed)
    home = sample.windows.loc[sample.showing("healthy"), "asset"].unique() if at_home else ()
    model = ClassModel(
        equipment_class=sample.equipment_class,
        features=sample.features,
        units=tuple(unit_of(name, equipment) for name in sample.features),
        classes=sample.classes,
        booster=final.booster,
        lines=final.lines,
        scaling=outside.scaling,
        healthy=final.healthy,
        clouds=final.clouds,
        typical={
            mode: tidy(
                typical_of(
                    final.healthy.filled(sample.matrix[sample.showing(mode)]), sample.features
                )
            )
            for mode in sample.classes[1:]
        },
        calibration=outside.calibration,
        limit=outside.limit,
        significance=settings.detect.significance,
        metric=final.metric,
        alone=outside.alone,
        home_limit=None if at_home is None else max(at_home, outside.limit),
        home=tuple(sorted(map(str, home))),
    )
    signatures = tuple(
        _signature(mode, sample, final, outside, settings, provenance)
        for mode in sample.classes[1:]
    )
    return Learned(model, signatures, _view(sample, outside), sample.refused)


def _signature(
    mode: str,
    sample: Sample,
    final: Fit,
    outside: Outside,
    settings: Settings,
    provenance: Origin,
) -> Signature:
    shown, column = sample.showing(mode), sample.classes.index(mode)
    filled = final.healthy.filled(sample.matrix)
    occurrences = sample.episodes[sample.episodes["failure_mode"] == mode]
    named = outside.judgement.mode == column - 1
    rows = sample.windows.loc[occurrences["row"], ["asset", "end"]].assign(
        episode=occurrences["episode"].to_numpy(), named=named[occurrences["row"]]
    )
    healthy = sample.showing("healthy")
    months = healthy.sum() * (step_of(sample.windows, settings.windows.step) / MONTH)
    far = outside.distances[shown, column]
    return condense(
        Material(
            equipment_class=sample.equipment_class,
            failure_mode=mode,
            equipment=settings.equipment[sample.equipment_class],
            features=sample.features,
            named=final.named[mode],
            fault=filled[shown],
            healthy=filled[healthy],
            reference=final.healthy,
            cloud=final.clouds[mode],
            accept_distance=_accept(far),
            windows=sample.windows[shown],
            performance=performance(rows, _starts(sample.windows, named & healthy), float(months)),
            confused_with=_confused(mode, sample, outside.judgement),
            origin=replace(
                provenance,
                episodes=tuple(sorted(occurrences["episode"].unique())),
                refused=(*provenance.refused, *sample.refused),
            ),
        )
    )


def _accept(distances: Floats) -> float:
    known = distances[np.isfinite(distances)]
    return float(np.quantile(known, 0.95)) if len(known) else 0.0


def _starts(windows: pd.DataFrame, named: Flags) -> Flags:
    """Mark where a streak of named windows begins, asset by asset."""
    ordered = windows[["asset", "end"]].assign(named=named.astype("float64"))
    ordered = ordered.sort_values(["asset", "end"], kind="stable")
    before = ordered.groupby("asset")["named"].shift(fill_value=0.0)
    return np.asarray((ordered["named"] > 0) & (before == 0), dtype=np.bool_)


def _confused(mode: str, sample: Sample, judgement: Judgement) -> dict[str, float]:
    """Share of the windows that show this fault alone which were given to another."""
    alone = sample.truth[:, sample.classes.index(mode)] == 1.0
    given = [sample.classes[1 + i] for i in judgement.mode[alone].tolist() if i >= 0]
    others = sorted(set(given) - {mode})
    return {name: float(f"{given.count(name) / int(alone.sum()):.6g}") for name in others}


def _view(sample: Sample, outside: Outside) -> pd.DataFrame:
    names = ("", *sample.classes[1:])
    view = sample.windows[["asset", "end", "label", "fold"]].copy()
    for i, name in enumerate(sample.classes):
        view[f"probability.{name}"] = outside.probabilities[:, i]
    for i, name in enumerate(sample.classes):
        view[f"p_value.{name}"] = outside.p_values[:, i]
    found = [names[i + 1] for i in outside.judgement.mode.tolist()]
    return view.assign(
        verdict=pd.Series(outside.judgement.verdict.tolist(), dtype="str"),
        failure_mode=pd.Series(found, dtype="str"),
    )
