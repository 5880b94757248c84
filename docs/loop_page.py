"""The page of docs/loop.py."""

from __future__ import annotations

from typing import Any

import pandas as pd

INTRODUCTION = """\
# The loop: from an unknown fault to a known one

Written by `python -m docs.loop --data DIR --scratch DIR`, where DIR holds the public data sets.

A fault that no release knows appears. Its first incidents are judged in a file of opinions, and
`faultprint teach` publishes a minor release without training: a recogniser with a picture of the
fault in the space in which the model compares faults. Then the whole record is scored again.

Judged are three incidents of three failures. *Later* is everything after the last of these failures
was over, which is when they are judged. *Other diagnoses* are all windows of all machines outside
the times of this fault. Incidents are *called before* what a release says that does not know the
fault: `deviation` is what should be said, `ambiguous` and `known` with a name are wrong. Seconds
are of one processor, from the file of opinions to the published and exported release.
"""


def page(kept: dict[str, Any]) -> str:
    """Lay out what the loops gave."""
    rigs = pd.DataFrame(kept["rigs"])
    head = "| | called before | later incidents named | later failures named | lead time | "
    lines = [
        INTRODUCTION,
        "## Machines in operation",
        "",
        head + "other diagnoses changed | seconds | rollback exact |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(name, one) for name, one in kept["played"].items()),
        "",
        *(
            _grouped(name, one["grouped"])
            for name, one in kept["played"].items()
            if "grouped" in one
        ),
        "",
    ]
    return "\n".join(lines + (_rigs(rigs) if len(rigs) else [])) + "\n"


def _row(name: str, one: dict[str, Any]) -> str:
    if "skipped" in one:
        return f"| {name} | {one['skipped']} | | | | | | |"
    r = one["result"]
    called = ", ".join(f"{n} {what}" for what, n in r["at_first"].items())
    leads = sorted(r["lead_hours"])
    lead = f"{leads[len(leads) // 2]:.0f} h" if leads else "-"
    exact = "yes" if one["rollback"] else "NO"
    return (
        f"| {name} | {called} | {_share(r['incidents'])} | {_share(r['failures'])} | {lead} | "
        f"{r['others']} of {r['of']} | {one['seconds']:.2f} | {exact} |"
    )


def _grouped(name: str, found: dict[str, int]) -> str:
    """Tell whether what nobody knew was grouped before anybody judged it."""
    many = f"- {name}: {found['deviations']} of its incidents are deviations"
    if not found["groups"]:
        return f"{many}, in no group."
    pure = f"{found['in_groups']} of {found['group_sizes']} incidents are of the fault"
    return f"{many}; groups that hold it: {found['groups']}, of which {pure}."


def _share(p: dict[str, Any]) -> str:
    if not p["n"]:
        return "none came"
    return f"{p['hits']} of {p['n']} ({100 * p['low']:.0f} to {100 * p['high']:.0f} %)"


def _rigs(rigs: pd.DataFrame) -> list[str]:
    numbers = ["called", "recall", "by_episode", "disturbed", "lost", "seconds"]
    mean = rigs.groupby(["rig", "fault", "episodes"], sort=False)[numbers].mean()
    by = rigs.groupby(["rig", "fault", "episodes"], sort=False)
    exact, refused = by["exact"].all(), by["refused"].agg(lambda told: int((told != "").sum()))
    lines = [
        "## Test rigs: every fault hidden in turn",
        "",
        "Half of the runs of everything else is learnt from, the rest is",
        "judged; no run is on both sides. The fault is taught from 1, 3 and 5 runs, chosen several",
        "times; its other runs are judged. Means over the choices. *Changed* are diagnoses of",
        "anything else, *lost* the fall of the share of these that is right, in points. *Refused*",
        "are choices from which nothing was taught, since of three or five runs, each left out in",
        "turn, the others would have recognised none.",
        "",
        "| rig | fault | runs | refused | abnormal before | windows named | runs named | "
        "changed | lost | seconds | exact |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, row in mean.iterrows():
        rig, fault, episodes = key if isinstance(key, tuple) else (key, "", 0)
        lines.append(
            f"| {rig} | {fault} | {episodes} | {refused[key]} of {by.size()[key]} | "
            f"{row['called']:.2f} | {row['recall']:.2f} | "
            f"{row['by_episode']:.2f} | {row['disturbed']:.2f} | {row['lost']:.2f} | "
            f"{row['seconds']:.2f} | {'yes' if exact[key] else 'NO'} |"
        )
    return [*lines, "", "Bearings have [a page of their own](loop-bearings.md)."]
