"""The picture of the ceiling: learning curves, and how visible each failure was."""

from __future__ import annotations

from collections.abc import Sequence

from faultprint.evaluate.ceiling.verdict import Ceiling
from faultprint.store.canvas import EXPECTED, Format, blank, line_style, rendered, spelled


def ceiling_figure(found: Sequence[Ceiling], fmt: Format = "png") -> bytes:
    """Draw the learning curve of each class below what its windows allow.

    Parameters
    ----------
    found : Sequence[Ceiling]
        One per equipment class.
    fmt : Format, default 'png'
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The picture: balanced accuracy against the number of failures learnt from, with 95 %
        intervals, and dashed one minus the smallest possible error.
    """
    figure = blank(3.6 * max(len(found), 1) + 0.6, 3.6)
    panels = figure.subplots(1, max(len(found), 1), squeeze=False, sharey=True)[0]
    for panel, one in zip(panels, found, strict=False):
        points = one.curve.points
        at = [point.failures for point in points]
        panel.plot(at, [point.score for point in points], marker="o", **line_style(0))
        panel.fill_between(
            at, [p.low for p in points], [p.high for p in points], alpha=0.2, lw=0,
            color=line_style(0)["color"],
        )  # fmt: skip
        panel.axhline(1 - one.bound.low, color=EXPECTED, ls="--", lw=1)
        panel.set_title(
            f"{spelled(one.equipment_class)}\n{one.visible.hits} of {one.visible.n} failures "
            f"visible; limit: {one.limit}",
            fontsize=9,
        )
        panel.set(xlabel="failures learnt from", ylim=(0, 1.02))
        panel.set_xlim(left=0)
    panels[0].set_ylabel("balanced accuracy")
    return rendered(figure, fmt)
