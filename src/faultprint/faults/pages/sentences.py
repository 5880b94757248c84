"""What a signature says, in sentences; its text and its page for a browser are made of them."""

from __future__ import annotations

import re

from faultprint.faults.learning.design import words_of
from faultprint.faults.pages.around import NOTHING, Around
from faultprint.faults.pages.contrasts import Contrast
from faultprint.faults.pages.course import sparkline
from faultprint.records import Proportion, Signature, Symptom
from faultprint.state.intervals import poisson_rate

_STATUS = {
    "test": "On trial: its test cases or the field have still to prove it.",
    "stable": "Confirmed and proven.",
}
_BASIS = {
    "other assets": "on {n} assets, each left out of learning in its turn",
    "later time": "on {n} assets, after the time it was learnt from",
    "other incidents": "on {n} assets, each incident left out of teaching in its turn",
}
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Opinions have a name; what stands in a signature otherwise is the words of an expert."""
_FEW = 5
"""Held-out occurrences below which it is said that they are few."""


def summary(signature: Signature, around: Around = NOTHING) -> str:
    """Say what the fault is.

    Parameters
    ----------
    signature : Signature
        The signature.
    around : Around, default NOTHING
        With what experts say of its incidents.

    Returns
    -------
    str
        Failure mode, class, item, severity, status, version.
    """
    s = signature
    item = f", item {s.item}" if s.item else ""
    by_hand = bool(s.rule) and not s.symptoms
    judged = s.severity if s.opinions or by_hand else None  # what nobody gave says nothing
    severity = "not judged by an expert" if judged is None else f"{judged} of 5"
    return (
        f"Failure mode {s.failure_mode} of equipment class {s.equipment_class}{item}. "
        f"{_standing(s, around)} Severity: {severity}. Version {s.version}."
    )


def _standing(s: Signature, around: Around) -> str:
    """Say how far the signature is proven, and by whom."""
    if s.status == "deprecated":
        other = f"go by {s.replaced_by} instead" if s.replaced_by else "nothing replaces it"
        return f"Deprecated: it is still named where it matches, but {other}."
    if s.status != "candidate":
        return _STATUS[s.status]
    if s.opinions:
        n = len(s.opinions)
        return f"Named by experts in {n} opinion{'' if n == 1 else 's'}, not yet proven."
    if around.confirmed:
        n = around.confirmed
        found = f"{n} incident{'' if n == 1 else 's'}"
        return f"Learnt from data; experts confirmed it on {found}; not yet proven."
    if s.rule and not s.symptoms:
        return "Written by hand as a rule, not yet proven."
    return "Learnt from data, not yet confirmed by an expert."


def symptom_text(s: Symptom, around: Around = NOTHING) -> str:
    """Say how one descriptor shows the fault.

    Parameters
    ----------
    s : Symptom
        The symptom.
    around : Around, default NOTHING
        With its course, if that is known.

    Returns
    -------
    str
        Three or four lines.
    """
    arrow = "higher" if s.direction == "up" else "lower"
    lines = [
        f"{words_of(s.descriptor)}: {arrow} by {abs(s.effect):.1f} times the usual scatter",
        f"    typically {number(s.typical, s.unit)} ({number(s.low)} to {number(s.high)}), "
        f"healthy {number(s.healthy, s.unit)};",
        f"    tells a faulty from a healthy window {100 * s.separation:.0f} times in 100",
    ]
    if around.course is not None and len(around.course):
        mine = around.course[around.course["descriptor"] == s.descriptor]
        if len(mine):
            days = -float(mine["hours"].min()) / 24
            lines.append(
                f"    last {days:.0f} days before the failure: {sparkline(mine['median'])}"
            )
    return "\n".join(lines)


def sure(signature: Signature) -> list[str]:
    """Say how sure the signature is, with what it was counted on.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    list[str]
        Sentences on what it found, named falsely and how early.
    """
    p = signature.performance
    where = _BASIS[p.basis].format(n=p.assets)
    lines = [f"Found and rightly named {_share(p.recall)} occurrences {where}."]
    if p.recall.n < _FEW:
        lines.append(f"Only {p.recall.n} could be judged: the share may be anything in that range.")
    if p.asset_months:
        rate = poisson_rate(p.false_alarms, p.asset_months)
        high = "" if rate.high is None else f" ({rate.low:.2g} to {rate.high:.2g})"
        lines.append(
            f"Named falsely {p.false_alarms} times in {p.asset_months:.1f} asset-months: "
            f"{rate.value:.2g} a month{high}."
        )
    lead = p.lead_time
    if lead.n and lead.median is not None and lead.q10 is not None and lead.q90 is not None:
        lines.append(
            f"Seen {lead.median:.0f} h before the failure (median of {lead.n}; "
            f"{lead.q10:.0f} to {lead.q90:.0f} h in 8 of 10)."
        )
    return lines


def confused(signature: Signature, around: Around = NOTHING) -> list[str]:
    """Say what the fault is taken for, and how to tell the two apart.

    Parameters
    ----------
    signature : Signature
        The signature.
    around : Around, default NOTHING
        With what reads differently.

    Returns
    -------
    list[str]
        One entry per fault.
    """
    shares = dict.fromkeys(around.apart, 0.0) | dict(signature.confused_with)
    ordered = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = []
    for mode, share in ordered:
        told = f"{mode}: {100 * share:.0f} % of its windows"
        if not share:
            told = f"{mode}: whose windows are taken for this one"
        differ = [contrast_text(one) for one in around.apart.get(mode, ())]
        lines.append("\n".join([told, *(f"    {text}" for text in differ)]))
    return lines


def contrast_text(one: Contrast) -> str:
    """Say what reads differently.

    Parameters
    ----------
    one : Contrast
        The descriptor.

    Returns
    -------
    str
        For example ``vibration.rms: here 4.4 mm/s, there 2.1 mm/s``.
    """
    return (
        f"{words_of(one.descriptor)}: here {number(one.here, one.unit)}, "
        f"there {number(one.there, one.unit)}"
    )


def valid(signature: Signature) -> list[str]:
    """Say under which conditions the signature was learnt.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    list[str]
        A range per condition, and what the ranges are; sensors it needs.
    """
    s = signature
    lines = [
        f"{name} between {number(low)} and {number(high, s.condition_units.get(name, ''))}"
        for name, (low, high) in sorted(s.conditions.items())
    ]
    if lines:
        lines.append(
            "These are means over a window, from the 1st to the 99th percentile; outside of them "
            "the signature was never seen."
        )
    needs = ", ".join(s.required_sensors)
    return [*lines, f"Needs the sensors {needs}."] if needs else lines


def said_by(signature: Signature, around: Around = NOTHING) -> list[str]:
    """Say who vouches for the signature.

    Parameters
    ----------
    signature : Signature
        The signature.
    around : Around, default NOTHING
        With opinions on its incidents.

    Returns
    -------
    list[str]
        Experts' words; opinions it was taught by whose words are not at hand; or that there are
        none, so that data alone speak.
    """
    lines = list(around.opinions)
    lines += [_unheard(one) for one in signature.opinions if one not in around.heard]
    return lines or ["Nobody yet: this is what the data and the maintenance log say alone."]


def _unheard(opinion: str) -> str:
    if _NAME.fullmatch(opinion):
        return f"Taught by opinion {opinion}; its words are in no database at hand."
    return f"Expert: {opinion}"


def origin(signature: Signature) -> list[str]:
    """Say what the signature was learnt from.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    list[str]
        Episodes, refusals, and sha256 of data, code and params.
    """
    o = signature.origin
    assets = len({episode.rpartition("@")[0] for episode in o.episodes})
    lines = []
    if o.episodes:
        lines.append(f"{len(o.episodes)} occurrences on {assets} assets: {', '.join(o.episodes)}.")
    lines += [f"Not learnt: {'; '.join(o.refused)}."] if o.refused else []
    sources = (("Data", o.data_sha256), ("code", o.code_sha256), ("params", o.params_sha256))
    return [*lines, ", ".join(f"{what} {sha256[:12]}" for what, sha256 in sources) + "."]


def number(value: float, unit: str = "") -> str:
    """Write a number with its unit.

    Parameters
    ----------
    value : float
        The number.
    unit : str, default ''
        Its unit; ``1`` is none.

    Returns
    -------
    str
        Four significant digits.
    """
    return f"{value:.4g}{f' {unit}' if unit and unit != '1' else ''}"


def _share(p: Proportion) -> str:
    return f"{p.hits} of {p.n} ({100 * p.low:.0f} to {100 * p.high:.0f} %)"
