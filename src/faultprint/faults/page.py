"""A signature as a page a technician can read."""

from __future__ import annotations

import textwrap

from faultprint.faults.design import words_of
from faultprint.records import Proportion, Signature, Symptom

WIDTH = 78

_STATUS = {
    "candidate": "Learnt from data, not yet confirmed by an expert.",
    "test": "Confirmed by an expert, on trial.",
    "stable": "Confirmed and proven.",
    "deprecated": "No longer used.",
}


def signature_page(signature: Signature) -> str:
    """Print a signature as plain text.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    str
        What to look for, how sure it is, how early, what to do and where it comes from; lines of
        at most 78 characters, except for names that are longer.
    """
    s = signature
    parts = [
        f"{s.title}\n{'=' * min(len(s.title), WIDTH)}",
        _wrap(
            f"Failure mode {s.failure_mode} of equipment class {s.equipment_class}"
            f"{f', item {s.item}' if s.item else ''}. {_STATUS[s.status]} Version {s.version}."
        ),
        _section("What to do", _wrap(s.recommended_action)),
        _section("How it shows", "\n".join(_symptom(x) for x in s.symptoms)),
        _section("How sure", _sure(s)),
        _section("Easily taken for", _confused(s)),
        _section("Learnt under", _conditions(s)),
        _section("Where from", _origin(s)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _section(title: str, body: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{body}" if body else ""


def _number(value: float, unit: str = "") -> str:
    return f"{value:.4g}{f' {unit}' if unit and unit != '1' else ''}"


def _symptom(s: Symptom) -> str:
    arrow = "higher" if s.direction == "up" else "lower"
    return (
        f"{words_of(s.descriptor)}: {arrow} by {abs(s.effect):.1f} times the usual scatter\n"
        f"    typically {_number(s.typical, s.unit)} ({_number(s.low)} to {_number(s.high)}), "
        f"healthy {_number(s.healthy, s.unit)};\n"
        f"    tells a faulty from a healthy window {100 * s.separation:.0f} times in 100"
    )


def _share(p: Proportion) -> str:
    return f"{p.hits} of {p.n} ({100 * p.low:.0f} to {100 * p.high:.0f} %)"


def _sure(s: Signature) -> str:
    p = s.performance
    held_out = {
        "other assets": f"on {p.assets} assets, each left out of learning in its turn",
        "later time": f"on {p.assets} assets, after the time it was learnt from",
    }
    lines = [f"Found and rightly named {_share(p.recall)} occurrences {held_out[p.basis]}."]
    if p.asset_months:
        lines.append(f"Named falsely {p.false_alarms} times in {p.asset_months:.1f} asset-months.")
    lead = p.lead_time
    if lead.n and lead.median is not None and lead.q10 is not None and lead.q90 is not None:
        lines.append(
            f"Seen {lead.median:.0f} h before the failure (median of {lead.n}; "
            f"{lead.q10:.0f} to {lead.q90:.0f} h in 8 of 10)."
        )
    return "\n".join(_wrap(line) for line in lines)


def _confused(s: Signature) -> str:
    shares = sorted(s.confused_with.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join(f"{mode}: {100 * share:.0f} % of its windows" for mode, share in shares)


def _conditions(s: Signature) -> str:
    return "\n".join(
        f"{name} between {_number(low)} and {_number(high)}"
        for name, (low, high) in sorted(s.conditions.items())
    )


def _origin(s: Signature) -> str:
    o = s.origin
    lines = [f"{len(o.episodes)} occurrences: {', '.join(o.episodes)}." if o.episodes else ""]
    lines += [f"Not learnt: {'; '.join(o.refused)}." if o.refused else ""]
    sources = (("Data", o.data_sha256), ("code", o.code_sha256), ("params", o.params_sha256))
    lines += [", ".join(f"{what} {sha256[:12]}" for what, sha256 in sources) + "."]
    lines += [f"Expert: {opinion}" for opinion in s.opinions]
    return "\n".join(_wrap(line) for line in lines if line)
