"""Laying out what one equipment class is to be taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from faultprint.errors import ReleaseError
from faultprint.faults.release import Release
from faultprint.faults.teaching.classroom import Classroom
from faultprint.faults.teaching.lessons import Archive, Lessons, Order, said_of
from faultprint.faults.teaching.taught import TaughtSet


def open_classroom(release: Release, name: str, lessons: Lessons) -> Classroom:
    """Lay out what one equipment class is to be taught.

    Parameters
    ----------
    release : Release
        The release.
    name : str
        The equipment class.
    lessons : Lessons
        All lessons.

    Returns
    -------
    Classroom
        The class.

    Raises
    ------
    ReleaseError
        If its model has no shared space, if what was taught before does not fit it, or if an order
        names a fault that is not known.
    """
    model = release.models[name]
    held = release.taught.get(name) or TaughtSet(name, model.features, (), {}, {})
    if model.metric is None or held.features != model.features:
        lack = "no shared space" if model.metric is None else "other features than what was taught"
        raise ReleaseError.because(
            f"a model of {name!r} with {lack}",
            "one learnt with this version, beside which experts can teach",
            "learn and publish a release first",
        )
    mine = lessons.of(name)
    archive = lessons.archive.get(name) or _nothing(len(model.features))
    orders = tuple(order for order in lessons.orders if order.equipment_class == name)
    _check(orders, {*model.modes, *(one.name for one in held.faults)}, set(held.renamed))
    apart = release.scoring.detect.max_lead
    said = said_of(archive, mine)
    return Classroom(model, model.metric, held, mine, archive, said, orders, apart)


def _check(orders: Sequence[Order], known: set[str], gone: set[str]) -> None:
    for order in orders:
        what, names = "failure mode", known
        if order.what == "restore":
            what, names = "merged or retired failure mode", gone
        for name in order.names:
            if name not in names:
                raise ReleaseError.unknown(what, name, sorted(names))


def _nothing(width: int) -> Archive:
    columns = ("incident", "asset", "verdict", "failure_mode", "logged")
    rows: Mapping[str, pd.Series] = {name: pd.Series([], dtype="str") for name in columns}
    ends = pd.Series([], dtype="datetime64[ns, UTC]")
    return Archive(pd.DataFrame({**rows, "end": ends}), np.zeros((0, width)))
