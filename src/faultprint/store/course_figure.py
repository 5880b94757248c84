"""The picture of a fault's typical course: what its symptoms read on the way to the failure."""

from __future__ import annotations

import pandas as pd

from faultprint.records import Signature
from faultprint.store.canvas import EXPECTED, OBSERVED, Format, blank, rendered


def course_figure(course: pd.DataFrame, signature: Signature, fmt: Format = "png") -> bytes:
    """Draw the leading symptoms before a failure, beside what is healthy.

    Parameters
    ----------
    course : pandas.DataFrame
        From :func:`faultprint.faults.pages.course.typical_course`; not empty.
    signature : Signature
        The signature; says what is healthy and in which unit.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture: a panel per symptom, the median over episodes with its quartiles.
    """
    healthy = {s.descriptor: (s.healthy, s.unit) for s in signature.symptoms}
    names = list(dict.fromkeys(course["descriptor"]))
    figure = blank(6.4, 0.7 + 1.35 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for panel, name in zip(panels, names, strict=True):
        mine = course[course["descriptor"] == name]
        days = mine["hours"] / 24
        panel.fill_between(days, mine["low"], mine["high"], color=OBSERVED, alpha=0.2, lw=0)
        panel.plot(days, mine["median"], color=OBSERVED, lw=1.6, label="typical course")
        level, unit = healthy[name]
        panel.axhline(level, color=EXPECTED, ls="--", lw=1.2, label="healthy")
        panel.set_title(
            f"{name}{'' if unit in {'', '1'} else f' [{unit}]'}", fontsize=9, loc="left"
        )
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    panels[-1].set_xlabel("days before the last reading ahead of the failure")
    return rendered(figure, fmt)
