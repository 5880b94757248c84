"""The explanation of a diagnosis, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faultprint.faults.learning.design import DEVIANCE, words_of
from faultprint.serve.wording import MEANS, number, plain, resting_on

_MOST = 6


def explanation_text(told: Mapping[str, Any]) -> str:
    """Write an explanation as text.

    Parameters
    ----------
    told : Mapping[str, Any]
        An explanation as plain data.

    Returns
    -------
    str
        What it is, for and against it in units, the second best, similar incidents, opinions.
    """
    mode = told["failure_mode"]
    sides = told["evidence"].get(mode) or {}
    lines = [*_head(told), *_sensors(told), *_p_values(told)]
    lines += _table("Speaks for it", sides.get("for", []))
    none = "nothing that was measured" if mode else ""
    lines += _table("Speaks against it", sides.get("against", []), none)
    strange = told["evidence"].get("healthy", {}).get("against", [])
    lines += _table("Unlike healthy equipment", strange)
    lines += _second(told)
    lines += _similar(told["similar"])
    lines += _opinions(told)
    return "\n".join(lines)


def _head(told: Mapping[str, Any]) -> list[str]:
    what = MEANS[told["verdict"]]
    name = f"{what}: {plain(told['failure_mode'])}" if told["failure_mode"] else what
    lines = [f"{told['asset']}, window until {_when(told['end'])}: {name}"]
    if told["incident"]:
        one = told["incident"]
        until = f"cleared {_when(one['cleared'])}" if one["cleared"] else "still open"
        lines.append(
            f"Incident {one['incident'][:8]}: opened {_when(one['opened'])}, {until}, "
            f"{one['windows']} abnormal windows"
        )
    lines.append(f"Release {told['release']}")
    sides = told["evidence"].get(told["failure_mode"]) or {}
    lines += [
        f"Its signature is {word}: {'; '.join(sides[word])}"
        for word in ("deprecated", "provisional")
        if word in sides
    ]
    if told["reason"]:
        lines.append(f"Not judged: {told['reason']}")
    if told["p_healthy"] is not None:
        limit = f"; abnormal below {number(told['limit'])}" if told["limit"] is not None else ""
        lines.append(
            f"Healthy equipment looks so unusual with p {number(told['p_healthy'])}{limit}"
        )
    again = told["again"]
    if again:
        same = (again["verdict"], again["failure_mode"]) == (told["verdict"], told["failure_mode"])
        now = "the same" if same else f"{again['verdict']} {plain(again['failure_mode'])}".strip()
        lines.append(f"Scored again from its readings: {now}")
    return lines


def _sensors(told: Mapping[str, Any]) -> list[str]:
    """Say which sensors to check before anything else."""
    sensors = resting_on(told["evidence"], _MOST)
    if not sensors:
        return []
    fault = plain(told["failure_mode"])
    return [
        f"Or a bad sensor: {sensors}. Without it the others do not show {fault}: check it first"
    ]


def _p_values(told: Mapping[str, Any]) -> list[str]:
    known = {m: p for m, p in told["p_values"].items() if p is not None}
    if not known:
        return []
    ranked = sorted(known, key=lambda m: (-known[m], m))
    said = ", ".join(f"{plain(m)} {number(known[m])}" for m in ranked[:_MOST])
    bound = told["significance"]
    note = f" (struck off below {bound:g})" if bound is not None else ""
    return [f"P-values of the known faults{note}: {said}"]


def _table(title: str, items: Iterable[Mapping[str, Any]], none: str = "") -> list[str]:
    rows = list(items)
    if not rows:
        return ["", f"{title}: {none}"] if none else []
    head = f"  {'':<50}{'observed':>10}{'typical':>10}{'healthy':>10}  unit"
    lines = ["", title, head]
    for row in rows:
        typical = number(row.get("typical"))
        unit = row["unit"] if row["unit"] != "1" else "(scatters)" if _deviates(row) else ""
        lines.append(
            f"  {words_of(row['descriptor'])[:49]:<50}{number(row['observed']):>10}"
            f"{typical:>10}{number(row['healthy']):>10}  {unit}".rstrip()
        )
    return lines


def _deviates(row: Mapping[str, Any]) -> bool:
    return str(row["descriptor"]).endswith(DEVIANCE)


def _second(told: Mapping[str, Any]) -> list[str]:
    second = told["second"]
    if not second:
        return []
    first = "Why not" if told["failure_mode"] else "Nearest known fault, and why not:"
    lines = ["", f"{first} {plain(second['failure_mode'])}: {second['why']}"]
    lines += _table(f"Speaks against {plain(second['failure_mode'])}", second["against"])
    return lines


def _similar(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = [
        f"  {row['similarity']:.2f}  {row['incident'][:8]}  {row['asset']}  "
        f"{_when(row['opened'])}  {plain(row['failure_mode']) or MEANS[row['verdict']]}"
        for row in rows
    ]
    return ["", "Similar past incidents (1 is the same picture)", *lines] if lines else []


def _opinions(told: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in told["opinions"]:
        what = f"{plain(one['verdict'])} {plain(one['failure_mode'])}".strip()
        lines.append(f"  {one['time'][:10]} {one['author']}: {what}, sure {one['confidence']:g}")
        lines += [f"      {text}" for text in (one["rationale"], one["action"]) if text]
    stands = f"  what stands: {plain(told['settled'])}"
    return ["", "What experts say", *lines, stands] if lines else []


def _when(instant: str) -> str:
    return f"{instant[:16].replace('T', ' ')} UTC"
