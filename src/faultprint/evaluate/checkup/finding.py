"""A finding: what was found in somebody's data, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from faultprint.errors import listed

Severity = Literal["stops", "misleads", "weakens", "note"]

SEVERITIES: tuple[Severity, ...] = ("stops", "misleads", "weakens", "note")
"""``stops``: nothing can be learnt or judged; ``misleads``: scores would be wrong; ``weakens``:
scores would be worse or less sure than they could be; ``note``: good to know. Worst first."""

SERIOUS: tuple[Severity, ...] = ("stops", "misleads")
"""What has to be mended before a score means anything."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the data, or good to know of them."""

    check: str
    """Name of the check, e.g. ``too_few_failures``."""
    severity: Severity
    equipment_class: str
    """Equipment class it concerns; empty: all."""
    found: str
    """What was found, a clause with numbers."""
    why: str
    """Why it matters."""
    do: str
    """What to do."""
    where: tuple[str, ...] = ()
    """Assets, sensors, failure modes or sources it concerns."""
    share: float = 1.0
    """Share of what was looked at that it concerns; ranks findings of one severity."""

    @property
    def is_serious(self) -> bool:
        """Whether it has to be mended before a score means anything."""
        return self.severity in SERIOUS


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings, the worst first.

    Parameters
    ----------
    findings : Iterable[Finding]
        Findings in any order.

    Returns
    -------
    list[Finding]
        By severity, then by the share they concern, then by name.
    """

    def rank(one: Finding) -> tuple[int, float, str, str, tuple[str, ...]]:
        place = SEVERITIES.index(one.severity)
        return place, -round(one.share, 6), one.check, one.equipment_class, one.where

    return sorted(findings, key=rank)


def finding_page(findings: Iterable[Finding], looked_at: str) -> str:
    """Write findings as text for a terminal.

    Parameters
    ----------
    findings : Iterable[Finding]
        Findings, the worst first.
    looked_at : str
        What was examined, one line.

    Returns
    -------
    str
        What was found, why it matters and what to do, numbered; and a last line that sums up.
    """
    every = list(findings)
    lines = [looked_at]
    for number, one in enumerate(every, 1):
        of = f" [{one.equipment_class}]" if one.equipment_class else ""
        lines += [
            "",
            f"{number}. {one.severity.upper()}{of} {one.check}",
            f"   found  {one.found}",
            *([f"   where  {listed(one.where, 8)}"] if one.where else []),
            f"   why    {one.why}",
            f"   do     {one.do}",
        ]
    counts = {kind: sum(one.severity == kind for one in every) for kind in SEVERITIES}
    said = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
    serious = counts["stops"] + counts["misleads"]
    verdict = (
        "mend what stops or misleads before you believe a score"
        if serious
        else "nothing here forbids a first try"
    )
    counted = "1 finding" if len(every) == 1 else f"{len(every)} findings"
    return "\n".join([*lines, "", f"{counted}{f' ({said})' if said else ''}: {verdict}."])
