"""Commands with which experts look at incidents and judge them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from faultprint.cli.options import DEFAULT_DATABASE, AsJson, Database
from faultprint.errors import OpinionError

app = typer.Typer(help="Look at incidents and judge them.", no_args_is_help=True)

Results = Annotated[Path, typer.Option("--results", help="Folder of results of scoring.")]
Identity = Annotated[str, typer.Argument(help="Identity of the incident, or its beginning.")]
Author = Annotated[str, typer.Option(help="Who says so.")]
RESULTS = Path("results")


@app.command("list")
def list_incidents(
    only_open: Annotated[bool, typer.Option("--open", help="Only what needs attention.")] = False,
    unjudged: Annotated[bool, typer.Option("--unjudged", help="Only without opinions.")] = False,
    results: Results = RESULTS,
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """List incidents; what is open, persists although resolved, or came back, stands first."""
    from faultprint.stages.desk import Desk
    from faultprint.stages.incidents import list_incidents

    desk = Desk(results, database)
    rows = list_incidents(desk, only_open=only_open, only_unjudged=unjudged)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    typer.echo(f"{len(rows)} incidents by release {desk.release or '-'}")
    for row in rows:
        typer.echo(f"  {_line(row)}")


@app.command("show")
def show_incident(
    incident: Identity,
    results: Results = RESULTS,
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Show an incident: evidence, similar ones, opinions, and how far experts agree."""
    from faultprint.stages.desk import Desk
    from faultprint.stages.incidents import show_incident

    told = show_incident(Desk(results, database), incident)
    typer.echo(json.dumps(told, indent=1) if as_json else "\n".join(_page(told)))


@app.command("judge")
def judge_incident(
    incident: Annotated[str, typer.Argument(help="Identity of the incident, or its start.")] = "",
    verdict: Annotated[
        str,
        typer.Option(
            help="known_fault, new_fault, normal_behaviour, sensor_issue, duplicate, cause_unknown"
        ),
    ] = "",
    failure_mode: Annotated[str, typer.Option(help="For known_fault and new_fault.")] = "",
    confidence: Annotated[float, typer.Option(help="How sure, 0 to 1.")] = 1.0,
    rationale: Annotated[str, typer.Option(help="Why.")] = "",
    action: Annotated[str, typer.Option(help="What was done, or should be.")] = "",
    author: Author = "",
    item: Annotated[str, typer.Option(help="Maintainable item at fault.")] = "",
    severity: Annotated[int | None, typer.Option(help="1 (harmless) to 5 (dangerous).")] = None,
    duplicate_of: Annotated[str, typer.Option(help="The other incident.")] = "",
    adjudicates: Annotated[bool, typer.Option(help="Settles a disagreement.")] = False,
    file: Annotated[Path | None, typer.Option(help="Opinions, .yaml or .csv.")] = None,
    from_events: Annotated[Path | None, typer.Option(help="Tables with closed orders.")] = None,
    within_days: Annotated[float, typer.Option(help="An order may come so much later.")] = 7.0,
    results: Results = RESULTS,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Judge one incident, or take opinions from a file or from closed work orders."""
    from datetime import timedelta
    from typing import cast

    from faultprint.records import Opinion, Verdict
    from faultprint.stages import incidents as stage
    from faultprint.stages.desk import Desk

    desk = Desk(results, database)
    if sum((bool(incident), file is not None, from_events is not None)) != 1:
        raise OpinionError.because(
            "none or several of an incident, --file and --from-events",
            "one of them",
            "name the incident to judge, or where opinions come from",
        )
    if file is not None:
        typer.echo(json.dumps(stage.judge_file(desk, file)))
    elif from_events is not None:
        said = stage.judge_from_events(desk, from_events, timedelta(days=within_days))
        typer.echo(json.dumps(said))
    else:
        opinion = Opinion(
            incident=incident,
            verdict=cast("Verdict", verdict),
            failure_mode=failure_mode,
            confidence=confidence,
            rationale=rationale,
            action=action,
            author=author,
            time=datetime.now(UTC),
            item=item,
            severity=severity,
            duplicate_of=duplicate_of,
            adjudicates=adjudicates,
        )
        added = stage.judge_incident(desk, opinion)
        typer.echo(f"{added.incident}: {_said(added.verdict, added.failure_mode)}, by {author}")


@app.command("mark")
def mark_incident(
    incident: Identity,
    mark: Annotated[str, typer.Argument(help="open or resolved")],
    author: Author,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    results: Results = RESULTS,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Say that an incident is resolved, or open again; if it persists, it is listed again."""
    from typing import cast, get_args

    from faultprint.records import Mark, Marking
    from faultprint.stages import incidents as stage
    from faultprint.stages.desk import Desk

    if mark not in get_args(Mark):
        raise OpinionError.unknown("mark", mark, list(get_args(Mark)))
    given = Marking(incident, cast("Mark", mark), author, datetime.now(UTC), note)
    added = stage.mark_incident(Desk(results, database), given)
    typer.echo(f"{added.incident}: {added.mark}, by {added.author}")


@app.command("opinions")
def list_opinions(
    export: Annotated[Path | None, typer.Option(help="File to write, .yaml or .csv.")] = None,
    results: Results = RESULTS,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """List every opinion, or write them to a file that ``judge --file`` reads."""
    from faultprint.stages.desk import Desk
    from faultprint.stages.incidents import export_opinions

    desk = Desk(results, database)
    if export is not None:
        typer.echo(f"{export_opinions(desk, export)} opinions written to {export}")
        return
    for one in desk.book.opinions():
        what = _said(one.verdict, one.failure_mode)
        sure = f"{one.confidence:.0%}"
        typer.echo(f"{one.incident[:8]}  {one.time:%Y-%m-%d}  {one.author}: {what} ({sure})")


def _said(verdict: str, mode: str) -> str:
    return f"{verdict.replace('_', ' ')} {mode}".strip()


def _line(row: dict[str, Any]) -> str:
    raised = _said(row["verdict"], row["failure_mode"])
    judged = _said(row["judged"], row["judged_failure_mode"])
    said = row["opinion_count"]
    count = f"{said} opinions" if said != 1 else "1 opinion"
    word = judged or ("unsettled" if said else "unjudged")
    why = f" ({row['why']})" if row["why"] else ""
    return (
        f"{row['incident'][:8]}  {row['asset']:<8} {row['opened'][:16]}  {raised}  "
        f"[{row['standing']}{why}]  {word}" + (f", {count}" if said else "")
    )


def _with_unit(item: dict[str, Any]) -> str:
    return f"{item['observed']}" + (f" {item['unit']}" if item["unit"] not in ("", "1") else "")


def _page(told: dict[str, Any]) -> list[str]:
    lines = [_line(told), ""]
    for mode, sides in told["evidence"].items():
        for side, items in sides.items():
            if not isinstance(items, list) or not items or not isinstance(items[0], dict):
                continue
            lines.append(f"{side} {mode}")
            lines += [
                f"  {i['descriptor']}: {_with_unit(i)}, healthy {i['healthy']}"
                + (f", typical {i['typical']}" if "typical" in i else "")
                for i in items
            ]
    lines += ["", "most similar past incidents"] if told["similar"] else []
    lines += [f"  {one['similarity']:.2f}  {_line(one)}" for one in told["similar"]]
    lines += ["", f"opinions: {told['settled_because']}"]
    lines += [
        f"  {one['time'][:10]} {one['author']}: {_said(one['verdict'], one['failure_mode'])} "
        f"({one['confidence']:.0%}) {one['rationale']}"
        + (f"; {one['action']}" if one["action"] else "")
        for one in told["opinions"]
    ]
    lines += [
        f"agreement on {mode}: {one['agreed']:.0%} of {one['pairs']} pairs"
        for mode, one in told["agreement"].items()
        if one["pairs"]
    ]
    return lines
