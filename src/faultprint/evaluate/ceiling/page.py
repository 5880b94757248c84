"""The ceiling in words."""

from __future__ import annotations

from faultprint.errors import listed
from faultprint.evaluate.ceiling.verdict import Ceiling, Limit

SAYS: dict[Limit, str] = {
    "none": "No failure was judged wrongly: nothing here tells the model's limit from the data's.",
    "sensors": "The sensors are the limit: most failures that are missed left no trace on these "
    "sensors. Another model will not find them; other sensors, faster readings or a longer look "
    "back may.",
    "failures": "The number of failures is the limit: the score still rises with it. More of them "
    "(a longer history, sister machines) will help more than another model.",
    "model": "The model is the limit: most failures that are missed are judged rightly by another "
    "learner. An ensemble or other settings can gain.",
    "labels or likeness": "The labels are the limit, or faults that look alike: most failures that "
    "are missed are visible, no learner names them rightly, and more failures do not help. Look at "
    "the doubtful labels, and ask whether two modes are one.",
}
"""Verdict -> what it means."""


def ceiling_page(one: Ceiling) -> str:
    """Write what was measured as text for a terminal.

    Parameters
    ----------
    one : Ceiling
        The ceiling of one equipment class.

    Returns
    -------
    str
        Lines of text.
    """
    learners = ", ".join(f"{name} {score:.2f}" for name, score in one.scores.items())
    curve, bound, missed = one.curve, one.bound, one.missed
    points = ", ".join(
        f"{point.failures:.0f} failures {point.score:.2f} ({point.low:.2f} to {point.high:.2f})"
        for point in curve.points
    )
    wrong = 1 - one.scores[one.best]
    hidden = listed([f"{seen.failure_mode} {seen.episode}" for seen in one.invisible], 6)
    doubts = listed(
        [f"{d.occurrence}: logged {d.logged}, looks {d.looks_like}" for d in one.doubts.doubtful], 6
    )
    return "\n".join(
        [
            f"{one.equipment_class}: {one.failures} failures of {len(one.classes) - 1} modes, "
            "training time only, judged on assets not learnt from",
            f"  balanced accuracy  {learners}",
            f"  with fewer         {points}",
            f"  last doubling      {curve.gain:+.3f} ({curve.gain_low:+.3f} to "
            f"{curve.gain_high:+.3f}): {'still rising' if curve.is_rising else 'not rising'}",
            f"  possible           an error of {bound.low:.2f} can hardly be beaten (estimated by "
            f"the nearest neighbour, {bound.nearest:.2f}); {one.best} errs {wrong:.2f}"
            + ("; the estimate is loose here" if wrong < bound.low else ""),
            f"  visible            {one.visible.hits} of {one.visible.n} failures, 95 % interval "
            f"{one.visible.low:.2f} to {one.visible.high:.2f}"
            + (f"; not: {hidden}" if one.invisible else ""),
            f"  all learners err   on {one.shared:.0%} of the failures; {one.independent:.0%} if "
            "their errors had nothing in common",
            f"  labels             {one.doubts.share:.0%} contradicted"
            + (f"; look at {doubts}" if one.doubts.doubtful else ""),
            f"  missed by {one.best:<9}{missed.n}: {missed.invisible} invisible, "
            f"{missed.by_other} found by another learner, {missed.by_none} by none",
            f"  {SAYS[one.limit]}",
        ]
    )
