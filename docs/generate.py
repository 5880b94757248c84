"""Write the reference pages from the code, so that they cannot disagree with it.

``python -m docs.generate`` writes; ``--check`` only says which pages are stale.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

HERE = Path(__file__).parent / "reference"


def tables_page() -> str:
    """Describe every boundary table."""
    from faultprint.tables import QUALITY, TABLES

    lines = ["# Tables", "", "One table per boundary; each is checked when it is written.", ""]
    for table in TABLES.values():
        lines += [f"## `{table.name}`", "", f"A row is {table.says}. Key: {_codes(table.key)}. "]
        lines += [f"Made by `{table.made_by}`, block {table.iso} of ISO 13374.", ""]
        lines += ["| column | kind | unit | meaning |", "|---|---|---|---|"]
        for c in table.columns:
            allowed = f" One of {_codes(c.allowed)}." if c.allowed else ""
            gap = " May be missing." if c.nullable else ""
            lines.append(f"| `{c.name}` | {c.kind} | {c.unit} | {c.meaning}.{allowed}{gap} |")
        lines += ["", f"Further columns: {table.further}.", ""] if table.further else [""]
    lines += ["## Quality flags", "", "| flag | number |", "|---|---|"]
    lines += [f"| {name} | {number} |" for name, number in QUALITY.items()]
    return "\n".join(lines) + "\n"


def params_page() -> str:
    """Describe every key of params.yaml."""
    from faultprint.config import Settings

    lines = ["# params.yaml", "", "An unknown key is an error that names the nearest one.", ""]
    return "\n".join([*lines, *_keys(Settings, set())])


def benchmarks_page() -> str:
    """Describe every key of a benchmark's file that params.yaml does not have."""
    from faultprint.config import Settings
    from faultprint.store.benchmarks import KINDS

    known: set[type[BaseModel]] = set()
    list(_walk(Settings, "", known))
    lines = ["# params/benchmarks", "", "A benchmark is a file there and a reader. `equipment` and"]
    lines += ["`source` are those of [params.yaml](params.md).", ""]
    for protocol, kind in KINDS.items():
        lines += [f"# `protocol: {protocol}`", "", *_keys(kind, known)]
    return "\n".join(lines)


def _keys(settings: type[BaseModel], seen: set[type[BaseModel]]) -> list[str]:
    lines = []
    for model, path in _walk(settings, "", seen):
        lines += [f"## `{path or 'top level'}`", "", (model.__doc__ or "").strip(), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        for name, field in model.model_fields.items():
            lines.append(
                f"| `{name}` | {_kind(field.annotation)} | {_default(field)} | "
                f"{' '.join((field.description or '').split())} |"
            )
        lines.append("")
    return lines


def cli_page() -> str:
    """Collect what every command answers to --help."""
    import typer

    from faultprint.cli import app

    command = typer.main.get_command(app)
    lines = ["# Command line", ""]
    for path, one in _commands(command, ("faultprint",)):
        context = typer.Context(one, info_name=" ".join(path))
        lines += [f"## `{' '.join(path)}`", "", (one.help or "").strip(), ""]
        rows = [
            f"| `{' '.join(p.opts)}` | {getattr(p, 'help', '') or ''} | {_shown(p.default)} |"
            for p in one.get_params(context)
            if p.name != "help"
        ]
        if rows:
            lines += ["| argument or option | meaning | default |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def descriptors_page() -> str:
    """Describe every descriptor of the catalogue."""
    from faultprint.signal.bursts import ENVELOPE
    from faultprint.signal.catalogue import CATALOGUE, FAMILIES, descriptor
    from faultprint.signal.relations import LEAST, PAIRED

    lines = ["# Descriptors", "", "Named `<sensor>.<descriptor>`, over the n good values x of a"]
    lines += ["window, read at times t [h] while the equipment ran. Missing (NaN) where there are"]
    lines += ["fewer values than needed, or the formula divides by zero or overflows.", ""]
    for name in [*CATALOGUE, *FAMILIES]:
        d = descriptor(FAMILIES.get(name, name))
        shown = f", for example `{d.name}`" if name in FAMILIES else ""
        lines += [f"## `{name}`", "", f"Tells: {d.means}{shown}.", "", f"Formula: {d.says}.", ""]
        lines += [f"Unit: {d.unit.format(unit='unit of the sensor')}. Values needed: {d.least}."]
        lines += [f"Source: {d.source}.", ""] if d.source else [""]
    lines += [
        "# Descriptors of waveforms",
        "",
        "Of bursts that are evenly sampled; see the page on",
    ]
    lines += [
        "the bearing envelope. The bearing and its speed stand in the asset's attributes.",
        "",
    ]
    for name, (says, unit) in ENVELOPE.items():
        lines += [
            f"## `{name}`",
            "",
            f"Formula: {says}.",
            "",
            f"Unit: {unit.format(unit='unit of the sensor')}.",
            "",
        ]
    lines += [
        "# Descriptors of two sensors",
        "",
        "Named `<sensor x>~<sensor y>.<descriptor>`, over",
    ]
    lines += [f"the readings where both are good, {LEAST} at least.", ""]
    for r in PAIRED.values():
        unit = r.unit.format(unit="unit of x", other="unit of y")
        lines += [f"## `{r.name}`", "", f"Tells: {r.means}.", "", f"Formula: {r.says}.", ""]
        lines += [f"Unit: {unit}.", ""]
    return "\n".join(lines)


RULES_INTRO = """# Rules

A rule is a signature written by hand: when a fault is there, in words that can be read aloud.
How to write one is told in [Write rules](../how-to/write-rules.md); this page says what each word
means. Text is read by a parser of this grammar and never executed; it has at most {longest}
characters and is nested at most {deepest} deep.

## Grammar

EBNF (ISO/IEC 14977). A `name` is a letter, then letters, digits and `_`; a name with other
characters, or one that rules use themselves, is written in quotes. A `descriptor` is a column of
`windows`, such as `vibration_de.p95`, see [Descriptors](descriptors.md). A `unit` follows its
number and holds no space: `bar/h`, `m^3/h`, `%`, `1/h`. `for` binds to the condition before it,
then `not`, then `and`, then `or`; parentheses as usual.

```ebnf
{grammar}
```

## Values

All are of one window; a span of time looks back over earlier windows of the same unbroken run of
the asset, never further: not across a repair, a failure or a long silence.

| word | value | unit |
|---|---|---|
| `actual(s)` | mean of the sensor's good readings in the window | of the sensor |
| `expected(s)` | what its twin expects of healthy equipment under the same conditions | of the sensor |
| `residual(s)` | actual less expected | of a difference: K for degC |
| `deviance(s)` | residual in healthy scales | none |
| `<descriptor>` | a descriptor of the window | its own; K for the spread of a degC |
| `rate(v over T)` | change of v from T ago to now, by the hours between; T is a window's length when left out. For the slope within a window take the descriptor `slope_per_hour` | of v per hour |
| `v T ago` | v in the newest window that ended T ago or earlier, but at most one step (with windows not cut by time: one length) earlier | of v |
| `abs(v)` | v without its sign | of v |
| `+ - * /` | as usual; what cannot be computed, such as a division by 0, is missing | computed |

## Conditions

| words | it holds when |
|---|---|
| `a < b`, `<=`, `>`, `>=` | as usual; b is converted to the unit of a |
| `v between a and b` | a <= v <= b |
| `running` | the equipment ran at some time in the window |
| `mode is m` | the condition holds that the template gives for the mode |
| `c for T` | c holds in this window and all before it, back to one that ended T ago or earlier |
| `not`, `and`, `or` | as usual |
| `at least n of (c, d, ...)` | n or more of them hold |

## Unknown is not false

A comparison with a missing value is unknown, as is `for` where the run is not old enough, unless
it is broken anyway. `not` unknown is unknown; `and` is false if any part is false, `or` true if
any part is true, whatever the others are (Kleene). A rule that is unknown is *not evaluable* in
that window: it changes nothing, and `reason` of the diagnosis names the rule and the sensors it
lacks, with what is wrong with them, or `history`.

## Units

Compared and added are values of one quantity only; the message names both and proposes what may
have been meant. A bare number has no unit. degC and degF mark points on a scale: their differences
are in K, and they have no sums or multiples. rpm is not Hz. A unit that the unit library does not
know can be compared with itself.

## Beside learnt signatures

`mix` of a rule, or else `expert.mix`, says what happens where its fault was learnt, too:

| mix | the rule holds | the rule does not hold | unknown |
|---|---|---|---|
| `any` | the window is abnormal and the fault named | evidence against | nothing |
| `confirm` | evidence for | the learnt name is struck off | nothing |
| `learnt` | evidence for | evidence against | nothing |

Where the fault was not learnt, every rule is `any`. A name by rule has no p-value: `candidates`
says `null`, `by_rule` of the state is true, and the p-value against healthy stays what it was. It
settles an ambiguous verdict that has it among its candidates. Beside another learnt name both are
candidates and the verdict is ambiguous; a fault that was not learnt is then named first, since a
classifier that has never seen a fault gives it the name of a neighbour. Incidents open through `detect.on_delay` as all do, so a rule needs no `for` of its own
to keep short spells away. The false-alarm budget does not cover rules, which have limits of their own: `faultprint rules check`
and the report say beside the budget how often each rule alone alarmed falsely, per asset-month, in the
time in which an alarm could only have been false.

## Files

All YAML files in `expert.rules` are read by the learn stage and travel with the release. A rule's
identity is its class and name.
"""  # noqa: E501 - rows of tables


def rules_page() -> str:
    """Describe the words of expert rules and the keys of their files."""
    from faultprint.faults.rules.files import Instance, Override, Template, Written
    from faultprint.faults.rules.grammar import GRAMMAR
    from faultprint.faults.rules.parser import DEEPEST
    from faultprint.faults.rules.tokens import LONGEST

    wide = max(map(len, GRAMMAR))
    grammar = "\n".join(f"{name:{wide}} = {way} ;" for name, way in GRAMMAR.items())
    lines = [RULES_INTRO.format(longest=LONGEST, deepest=DEEPEST, grammar=grammar)]
    for model in (Template, Written, Override, Instance):
        lines += [f"### {model.__name__}", "", (model.__doc__ or "").strip(), ""]
        lines += ["| key | default | meaning |", "|---|---|---|"]
        for name, field in model.model_fields.items():
            lines.append(f"| `{name}` | {_default(field)} | {field.description} |")
        lines.append("")
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "params.md": params_page,
    "benchmarks.md": benchmarks_page,
    "cli.md": cli_page,
    "descriptors.md": descriptors_page,
    "rules.md": rules_page,
}


def stale(folder: Path = HERE) -> list[str]:
    """List the pages that the code no longer says."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != page()
    ]


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    if parser.parse_args().check:
        old = stale()
        if old:
            sys.stderr.write(f"stale: {', '.join(old)}; run make docs\n")
        return bool(old)
    HERE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), "utf-8")
    return 0


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _models(kind: Any) -> list[type[BaseModel]]:
    from faultprint.config.strict import models_of as models

    return models(kind)


def _walk(
    model: type[BaseModel], path: str, seen: set[type[BaseModel]]
) -> Iterator[tuple[type[BaseModel], str]]:
    if model in seen:
        return
    seen.add(model)
    yield model, path
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            yield from _walk(inner, f"{path}.{name}".strip("."), seen)


def _kind(annotation: Any) -> str:
    text = getattr(annotation, "__name__", None) or str(annotation)
    text = str(annotation) if "[" in str(annotation) else text
    text = re.sub(r"faultprint\.config\.(?:[a-z]\w*\.)?", "", text)
    for noise in ("faultprint.prognosis.settings.", "datetime.", "typing."):
        text = text.replace(noise, "")
    text = re.sub(r"Optional\[Annotated\[(\w+), .*\]\]", r"\1 or None", text)
    return f"`{text}`".replace("timedelta", "duration").replace("|", "or")


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see below"
    return _shown(value)


def _shown(value: Any) -> str:
    from datetime import timedelta

    from faultprint.config.strict import spell

    if value is None or value is PydanticUndefined:
        return ""
    return f"`{spell(value)}`" if isinstance(value, timedelta) else f"`{value}`"


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, one in sorted(getattr(command, "commands", {}).items()):
        if getattr(one, "commands", None):
            yield from _commands(one, (*path, name))
        else:
            yield (*path, name), one


if __name__ == "__main__":
    raise SystemExit(main())
