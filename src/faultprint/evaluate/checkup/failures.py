"""Checks on failures: are there enough, is each named and counted once."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import LEARNT, Material

ENOUGH = 10
"""Failures of a mode from which its recall has a 95 % interval narrower than about 0.5."""

UNNAMED = 0.5
"""Share of failures without a mode from which naming faults is not worth much."""


def no_failures(material: Material) -> Iterator[Finding]:
    """Find that there is nothing to learn from.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If no failure is logged.
    """
    if len(material.failures):
        return
    tended = int((material.events["kind"] == "maintenance").sum())
    also = f", though {tended} times maintenance" if tended else ""
    yield Finding(
        "no_failures",
        "stops",
        material.equipment_class,
        f"no failure in the log of {len(material.assets)} assets{also}",
        "without failures there are no signatures, and nothing tells a detector's hits from its "
        "false alarms; only deviations from healthy can be found",
        "map the words for failures in source.events.kinds; if there are none, collect work orders "
        "of breakdowns, or label intervals (labels.source: intervals)",
    )


def too_few_failures(material: Material) -> Iterator[Finding]:
    """Find failure modes with too few failures to learn from.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        One for the modes that get no signature, one for those whose scores will be unsure.
    """
    known = material.failures[(material.failures["mode"] != "")]
    if known.empty:
        return
    least = material.settings.classifier.min_episodes
    learnt = known[(known["part"] == LEARNT) & (known["windows"] > 0)]
    counts = {str(m): int((learnt["mode"] == m).sum()) for m in sorted(known["mode"].unique())}
    few = {mode: n for mode, n in counts.items() if n < least}
    unsure = {mode: n for mode, n in counts.items() if least <= n < ENOUGH}
    if few:
        yield Finding(
            "too_few_failures",
            "stops" if len(few) == len(counts) else "weakens",
            material.equipment_class,
            f"{len(few)} of {len(counts)} failure modes have fewer than {least} failures that can "
            f"be learnt from: {_told(few)}",
            f"a signature needs {least} failures with evaluable windows before the held-out time; "
            "the fault can be found as a deviation, not named",
            "join modes that mean the same in source.events.modes, take a longer history or more "
            "assets, or hold out less (split.holdout)",
            tuple(few),
            len(few) / len(counts),
        )
    if unsure:
        yield Finding(
            "few_failures",
            "note",
            material.equipment_class,
            f"{len(unsure)} failure modes have fewer than {ENOUGH}: {_told(unsure)}",
            "each can be learnt, but its recall will have a 95 % interval wider than 0.5",
            "read intervals, not values; add failures of sister machines if there are any",
            tuple(unsure),
            len(unsure) / len(counts),
        )


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{mode} {n}" for mode, n in sorted(counts.items(), key=lambda x: x[1])[:8])


def one_asset_only(material: Material) -> Iterator[Finding]:
    """Find failure modes that only ever struck one asset.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If there are such modes in a class of several assets.
    """
    known = material.failures[material.failures["mode"] != ""]
    spread = known.groupby("mode")["asset"].agg(["nunique", "size"])
    least = material.settings.classifier.min_episodes
    alone = spread[(spread["nunique"] == 1) & (spread["size"] >= least)]
    if len(material.assets) < 2 or alone.empty:
        return
    yield Finding(
        "one_asset_only",
        "weakens",
        material.equipment_class,
        f"{len(alone)} failure modes struck one asset only",
        "what is learnt may be that asset, not its fault, and no split by asset can tell",
        "add assets that had the fault; believe its signature only on that asset until then",
        tuple(map(str, alone.index)),
        len(alone) / len(spread),
    )


def unnamed_failures(material: Material) -> Iterator[Finding]:
    """Find failures whose mode the log does not say.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If there are any.
    """
    every = material.failures
    unnamed = every[every["mode"] == ""]
    if unnamed.empty:
        return
    share = len(unnamed) / len(every)
    yield Finding(
        "unnamed_failures",
        "stops" if share == 1 else "weakens" if share >= UNNAMED else "note",
        material.equipment_class,
        f"{len(unnamed)} of {len(every)} failures have no failure mode",
        "they can be found, not named, and no signature is learnt from them",
        "map the words of the log in source.events.modes; a single mode for all failures is better "
        "than none",
        tuple(sorted(unnamed["asset"].unique())),
        share,
    )


def repeated_failures(material: Material) -> Iterator[Finding]:
    """Find that one breakdown is logged several times.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If a fifth of the failures follow another of the same mode and asset within the recovery.
    """
    every = material.failures.sort_values(["asset", "mode", "time"], kind="stable")
    if len(every) < 5 or material.settings.labels.source == "intervals":
        return
    apart = every.groupby(["asset", "mode"])["time"].diff()
    soon = apart < max(pd.Timedelta(material.settings.labels.recovery), pd.Timedelta("1h"))
    share = float(soon.mean())
    if share < 0.2:
        return
    yield Finding(
        "repeated_failures",
        "misleads",
        material.equipment_class,
        f"{int(soon.sum())} of {len(every)} failures follow one of the same mode on the same asset "
        "within labels.recovery",
        "one breakdown counts several times, in learning and in the score",
        "keep the first entry of each breakdown, or map the follow-up entries to another kind",
        tuple(sorted(every.loc[soon, "asset"].unique())),
        share,
    )
