"""What a release can see, for a terminal, a spreadsheet and a browser."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from faultprint.evaluate.coverage import RECENT, Cell, Coverage
from faultprint.evaluate.standing import Standing
from faultprint.serve.signature_page import environment
from faultprint.serve.wording import plain


@dataclass(frozen=True)
class Covered:
    """What a release can see, and how its signatures stand."""

    release: str
    coverage: Coverage
    standings: tuple[Standing, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON; the body of the note ``coverage`` of a release.
        """
        return {
            "release": self.release,
            **self.coverage.to_dict(),
            "signatures": [one.to_dict() for one in self.standings],
        }


def coverage_csv(covered: Covered) -> str:
    """Write the matrix as CSV.

    Parameters
    ----------
    covered : Covered
        What a release can see.

    Returns
    -------
    str
        A row per failure mode and asset; lists are joined by ``|``.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ["equipment_class", "failure_mode", "asset", "ability", "reason", "beside", "missing"]
    writer.writerow([*heads, "judged"])
    for c in covered.coverage.cells:
        row = [c.equipment_class, c.failure_mode, c.asset, c.ability, c.reason]
        writer.writerow([*row, "|".join(c.beside), "|".join(c.missing), c.judged])
    return out.getvalue()


MARKS = {"isolable": "#", "ambiguous": "?", "detectable": "+", "blind": "-"}


def coverage_text(covered: Covered) -> str:
    """Print the matrix, why cells are not isolable, and how the signatures stand.

    Parameters
    ----------
    covered : Covered
        What a release can see.

    Returns
    -------
    str
        For a terminal.
    """
    counts = covered.coverage.counts()
    lines = [f"release {covered.release}"]
    lines += [", ".join(f"{MARKS[name]} {name} {n}" for name, n in counts.items())]
    for name in sorted({c.equipment_class for c in covered.coverage.cells}):
        cells = [c for c in covered.coverage.cells if c.equipment_class == name]
        lines += ["", plain(name), *_matrix(cells), *_reasons(cells)]
    if covered.coverage.gains:
        lines += ["", "One more sensor would show:"]
        lines += [
            f"  {gain.sensor} ({plain(gain.equipment_class)}): "
            + ", ".join(f"{plain(mode)} on {asset}" for asset, mode in gain.cells[:6])
            + (f" and {len(gain.cells) - 6} more" if len(gain.cells) > 6 else "")
            for gain in covered.coverage.gains
        ]
    lines += ["", *_standings(covered.standings)]
    return "\n".join(lines)


def _matrix(cells: list[Cell]) -> list[str]:
    assets = sorted({c.asset for c in cells})
    width = max(len(asset) for asset in assets)
    marks = {(c.failure_mode, c.asset): MARKS[c.ability] for c in cells}
    lines = [" " * 24 + " ".join(asset.rjust(width) for asset in assets)]
    for mode in sorted({c.failure_mode for c in cells}):
        row = " ".join(marks[mode, asset].rjust(width) for asset in assets)
        lines.append(f"  {plain(mode)[:21]:<22}{row}")
    return lines


def _reasons(cells: list[Cell]) -> list[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for c in cells:
        if c.reason:
            groups.setdefault((c.failure_mode, c.ability, c.reason), []).append(c.asset)
    every = len({c.asset for c in cells})
    return [
        f"  {plain(mode)}: {ability} on "
        f"{'all assets' if len(assets) == every else ', '.join(assets)}: {reason}"
        for (mode, ability, reason), assets in sorted(groups.items())
    ]


def _standings(standings: tuple[Standing, ...]) -> list[str]:
    head = f"{'signature':<24}{'learnt from':>14}{'named':>23}{'false/month':>22}  last confirmed"
    lines = [head]
    for s in standings:
        named, false = s.named, s.false_alarms
        share = f"{named['hits']} of {named['n']} ({named['low']:.2f} to {named['high']:.2f})"
        high = "none" if false["high"] is None else f"{false['high']:.2g}"
        rate = f"{false['value']:.2g} ({false['low']:.2g} to {high})"
        last = "never"
        if s.last_confirmed:
            last = (
                f"{s.last_confirmed[:10]} by {s.last_confirmed_by}, {s.confirmed} times on "
                f"{s.confirmed_assets} assets, {s.missed_since} missed since"
            )
        learnt = f"{s.episodes} on {s.assets}"
        lines.append(f"{plain(s.failure_mode)[:23]:<24}{learnt:>14}{share:>23}{rate:>22}  {last}")
    return lines


def render_coverage(covered: Covered, title: str = "What the release can see") -> str:
    """Write the page.

    Parameters
    ----------
    covered : Covered
        What a release can see.
    title : str, default 'What the release can see'
        Its title.

    Returns
    -------
    str
        HTML; needs no network, no script and no other file.
    """
    cells = covered.coverage.cells
    counts = covered.coverage.counts()
    said = ", ".join(f"{n} {name}" for name, n in counts.items() if n) or "none"
    return (
        environment()
        .get_template("coverage.html.j2")
        .render(
            title=title,
            headline=f"Of {len(cells)} pairs of asset and failure mode: {said}.",
            release=covered.release,
            days=RECENT.days,
            marks=MARKS,
            fleets=[
                _table(name, [c for c in cells if c.equipment_class == name])
                for name in sorted({c.equipment_class for c in cells})
            ],
            gains=covered.coverage.gains,
            standings=covered.standings,
        )
    )


def _table(name: str, cells: list[Cell]) -> dict[str, Any]:
    assets = sorted({c.asset for c in cells})
    place = {(c.failure_mode, c.asset): c for c in cells}
    modes = sorted({c.failure_mode for c in cells})
    rows = [(mode, [place[mode, asset] for asset in assets]) for mode in modes]
    return {"name": name, "assets": assets, "rows": rows, "reasons": _reasons(cells)}
