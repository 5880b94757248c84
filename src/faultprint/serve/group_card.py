"""A group of unknown incidents as the report shows it."""

from __future__ import annotations

import base64
from typing import Any

from faultprint.faults.discovery import group_page
from faultprint.faults.discovery.group_story import GroupStory
from faultprint.store.figures import contrast_bars


def group_card(story: GroupStory) -> dict[str, Any]:
    """Put a group into words and a picture.

    Parameters
    ----------
    story : GroupStory
        The group.

    Returns
    -------
    dict[str, Any]
        The ``story``, its ``picture`` as a data URL (empty without common symptoms), and lines
        on what to ``look_at``, its ``incidents``, ``conditions`` and the nearest ``known`` faults.
    """
    bars = [
        (s.descriptor, s.size, f"{s.observed:.3g} instead of {s.healthy:.3g} {s.unit}")
        for s in story.symptoms
    ]
    picture = contrast_bars(bars, f"{story.name} ({story.equipment_class})") if bars else b""
    coded = base64.b64encode(picture).decode("ascii")
    return {
        "story": story,
        "picture": f"data:image/png;base64,{coded}" if coded else "",
        "look_at": group_page.look_at(story),
        "incidents": [group_page.incident_line(one) for one in story.incidents],
        "conditions": [group_page.condition_line(one) for one in story.conditions],
        "known": [group_page.likeness_line(one) for one in story.known[: group_page.NEAREST]],
    }
