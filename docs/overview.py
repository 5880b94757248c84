"""The first page of the book: every aim with what was reached, and what each capability gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs.aims import AIMS, Aim
from docs.capabilities import CAPABILITIES, COLUMNS, EFFECTS, Column, Effect
from docs.protocols import PROTOCOLS

AIM_HEADS = (
    *("board", "model", "judged", "n", "measure", "aim"),
    *("measured", "range", "nothing", "leaky", "reached"),
)

Results = dict[str, dict[str, Any]]
"""Name of a results file -> its contents."""

HEAD = """\
# The benchmark book

Written by `python -m docs.book` from the results files. `make bench-real` measures all boards; the
page of each names its command, protocol, data and cost, and says what was tried and what bounds it.

## Aims

The aims were set in advance. *Nothing* is what the best model of the board has that looks at no
sensor; *leaky* is what a protocol would have claimed that deals rows, windows or pieces at random
(of C-MAPSS: plain trees, on training engines). A range is a 95 % bootstrap over the units of the
board; *in range*: the aim is missed, but lies within it. Coverage and width are those of the 90 %
interval of the remaining life.

How faults are met that nobody named before is measured apart: [open
set](../explanation/open-set.md), [the loop from unknown to known](loop.md), [false
alarms](false-alarms.md).

"""

GIVES = """\
## What each capability gives

How much better the main figure of a board is with a capability than without it: plus is better
with it, minus is better without it. Two numbers are the smallest and the largest of several
comparisons; of an ensemble, the smallest is what it gives over the best learner alone. **Bold**:
the model without it lies outside the 95 % range of the one with it. Differences that are not bold
may be nothing; they may also be real, since both models are judged on the same units, which the
ranges do not use. A dash: the board has no such part, or no comparison without it was made. *Not
run*: the comparison stands in the benchmark's file, its result not here.

C-MAPSS is compared on left-out training engines, Azure on the end of the training time, the others
on the judged units themselves, where no second sample is left: who chooses by this table and then
quotes the board, quotes too good a figure. Search is compared by `faultprint search`, which prints
its gain on parts that it did not see beside its cost; on no board is its result kept.

"""

COST = """\
## Cost

One process each, on a machine that others use. `make bench-real` runs those without `--ablations`,
one after the other.
"""
SPENT = ("cpu_seconds", "peak_memory_mib")

PARTS = """\
### Each comparison

"""


def overview(results: Results) -> str:
    """Write the first page.

    Parameters
    ----------
    results : dict[str, dict[str, Any]]
        Name of a results file -> its contents.

    Returns
    -------
    str
        Markdown.
    """
    lines = [*_aims(results), "", GIVES + "\n".join(_matrix(results)), ""]
    lines += [COST, *_costs(results), "", PARTS + "\n".join(_rows(results)), ""]
    return HEAD + "\n".join(lines)


def _aims(results: Results) -> Iterator[str]:
    yield f"| {' | '.join(AIM_HEADS)} |"
    yield "|---" * len(AIM_HEADS) + "|"
    for aim in AIMS:
        figures = results[aim.board]["figures"]
        variant = aim.variant or figures[0]["variant"]
        one = _find(figures, variant, aim.stratum, aim.measure)
        nothing = _find(figures, aim.baseline, aim.stratum, aim.measure)
        if one is None or nothing is None:
            raise LookupError(f"no figure of {aim}: mend docs/aims.py or run the board anew")
        said, digits = PROTOCOLS[results[aim.board]["protocol"]].measures[aim.measure]
        cells = (
            f"[{aim.board}]({aim.board}.md)",
            variant,
            aim.stratum,
            str(one["n"]),
            said,
            _bounds(aim),
            _number(one["value"], digits),
            f"{_number(one['low'], digits)} to {_number(one['high'], digits)}",
            _number(nothing["value"], digits),
            _leaky(aim, results, digits),
            reached(aim, one),
        )
        yield f"| {' | '.join(cells)} |"


def _leaky(aim: Aim, results: Results, digits: int) -> str:
    """Give what a protocol that leaks would have claimed; empty if none was tried."""
    sought = (aim.stratum, aim.measure)
    first = results[aim.board]["figures"][0]["variant"]  # what leaks is made like the first model
    further = [f"{aim.board}.ablations"] if aim.variant in ("", first) else []
    for name in (aim.board, *further):
        for one in results.get(name, {"figures": []})["figures"]:
            if one["variant"].startswith("leaky") and (one["stratum"], one["measure"]) == sought:
                return _number(one["value"], digits)
    return ""


def reached(aim: Aim, figure: dict[str, Any]) -> str:
    """Say whether an aim is reached.

    Parameters
    ----------
    aim : Aim
        The aim.
    figure : dict[str, Any]
        ``value`` and the range ``low`` to ``high``.

    Returns
    -------
    str
        ``**yes**``; ``in range`` if not, but the range touches it; else ``no``.
    """
    low = float("-inf") if aim.low is None else aim.low
    high = float("inf") if aim.high is None else aim.high
    if figure["value"] is None:
        return "no"
    if low <= figure["value"] <= high:
        return "**yes**"
    return "in range" if figure["low"] <= high and figure["high"] >= low else "no"


def _matrix(results: Results) -> Iterator[str]:
    yield f"| capability | {' | '.join(_heading(column) for column in COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for name, (says, page) in CAPABILITIES.items():
        cells = [_cell(name, column, results) for column in COLUMNS]
        yield f"| [{name}]({page}): {says} | {' | '.join(cells)} |"


def _heading(column: Column) -> str:
    return f"[{column.heading}]({column.board}.md)"


def _cell(capability: str, column: Column, results: Results) -> str:
    mine = [one for one in EFFECTS[column.board] if one.capability == capability]
    if not mine:
        return "-"
    pairs = [pair for one in mine if (pair := _pair(one, column, results))]
    if not pairs:
        return "not run"
    ordered = sorted(pairs, key=lambda pair: float(_gain(column, *pair)))
    return " to ".join(dict.fromkeys(_marked(column, *pair) for pair in (ordered[0], ordered[-1])))


def _costs(results: Results) -> Iterator[str]:
    yield "| command | CPU time [s] | peak memory [MiB] |"
    yield "|---|---|---|"
    for further in ("", ".ablations"):
        for board in EFFECTS:
            asked = f"faultprint benchmark {board} --data DIR{' --' * bool(further)}{further[1:]}"
            spent = results.get(f"{board}{further}.cost")
            cells = [str(spent[name]) for name in SPENT] if spent else ["not measured"] * 2
            yield f"| `{asked}` | {' | '.join(cells)} |"


def _rows(results: Results) -> Iterator[str]:
    yield "| capability | figure | model without it | without | with | model with it | gives |"
    yield "|---" * 7 + "|"
    for capability in CAPABILITIES:
        for column in COLUMNS:
            for one in EFFECTS[column.board]:
                pair = _pair(one, column, results) if one.capability == capability else None
                if pair:
                    less, full = (_ranged(each, column.digits) for each in pair)
                    start = f"| {capability} | {column.heading} | {one.without} | {less}"
                    yield f"{start} | {full} | {one.full} | {_marked(column, *pair)} |"


Pair = tuple[dict[str, Any], dict[str, Any]]


def _pair(effect: Effect, column: Column, results: Results) -> Pair | None:
    """Find the figures without and with it; None if the ablations were not run."""
    kept = results.get(f"{column.board}.ablations")
    if kept is None:
        return None
    figures = [*kept["figures"], *results[column.board]["figures"]]
    less, full = (
        _find(figures, variant, column.stratum, column.measure)
        for variant in (effect.without, effect.full)
    )
    return (less, full) if less and full else None


def _find(
    figures: list[dict[str, Any]], variant: str, stratum: str, measure: str
) -> dict[str, Any] | None:
    """Find a figure; the first one if ablations and board have both."""
    sought = (variant, stratum, measure)
    kept = (one for one in figures if (one["variant"], one["stratum"], one["measure"]) == sought)
    return next(kept, None)


def _gain(column: Column, less: dict[str, Any], full: dict[str, Any]) -> str:
    change = round(less["value"], column.digits) - round(full["value"], column.digits)
    signed = round(change if column.lower else -change, column.digits)
    return f"{signed + 0.0:+.{column.digits}f}"


def _marked(column: Column, less: dict[str, Any], full: dict[str, Any]) -> str:
    gain = _gain(column, less, full)
    return gain if full["low"] <= less["value"] <= full["high"] else f"**{gain}**"


def _bounds(aim: Aim) -> str:
    if aim.low is not None and aim.high is not None:
        return f"{aim.low:g} to {aim.high:g}"
    return f">= {aim.low:g}" if aim.low is not None else f"<= {aim.high:g}"


def _number(value: float | None, digits: int) -> str:
    return "none" if value is None else f"{value:.{digits}f}"


def _ranged(one: dict[str, Any], digits: int) -> str:
    low, high = _number(one["low"], digits), _number(one["high"], digits)
    return f"{_number(one['value'], digits)} ({low} to {high})"
