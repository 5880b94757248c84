"""What came in at the door: an HTML page for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import jinja2
import pandas as pd

from faultprint.signal.histories import SensorHistory, TimeHistory
from faultprint.store.folders import write_text

SHOWN = 200
"""Assets and rejects spelt out on the page; the JSON file and the table hold all."""

_SILENT, _INVALID = 0.25, 0.05  # shares from which a person should look


@dataclass(frozen=True)
class AssetReport:
    """What came in of one asset."""

    asset: str
    equipment_class: str
    times: TimeHistory
    duplicates_identical: int
    duplicates_conflicting: int
    out_of_order: int
    """Rows that came after a later one in their file; they were sorted."""
    events_before_first_reading: int
    """Kept: they tell the time since maintenance."""
    sensors: tuple[SensorHistory, ...]


@dataclass(frozen=True)
class IngestReport:
    """What came in at the door, and what did not."""

    source: str
    assets: tuple[AssetReport, ...]
    without_readings: tuple[str, ...]
    """Assets of the register that have no readings."""
    events: dict[str, int]
    """Kind -> number."""
    rejects: pd.DataFrame

    def warnings(self) -> list[str]:
        """List what a person should look at.

        Returns
        -------
        list[str]
            One sentence each.
        """
        said = []
        for asset in self.assets:
            if asset.times.too_short:
                said.append(f"{asset.asset}: only {asset.times.rows} readings, too short to judge")
            said.extend(f"{asset.asset}: {text}" for s in asset.sensors for text in _suspect(s))
        return said

    def to_dict(self) -> dict[str, object]:
        """Return plain data, ready for JSON.

        Returns
        -------
        dict[str, object]
            Everything the report says; of the rejects, their number by reason.
        """
        return {
            "source": self.source,
            "rows": sum(asset.times.rows for asset in self.assets),
            "events": self.events,
            "rejects": count_reasons(self.rejects),
            "warnings": self.warnings(),
            "without_readings": list(self.without_readings),
            "assets": [asdict(asset) for asset in self.assets],
        }


def _suspect(sensor: SensorHistory) -> list[str]:
    said = []
    if sensor.unit_ratio is not None:
        said.append(
            f"{sensor.sensor} jumped {sensor.unit_ratio:.3g}-fold about {sensor.unit_changed} "
            "and stayed: was its unit changed?"
        )
    if sensor.first is None:
        said.append(f"{sensor.sensor} has no good values")
    elif sensor.silent_share > _SILENT:
        said.append(f"{sensor.sensor} is silent for {sensor.silent_share:.0%} of the history")
    if sensor.invalid > _INVALID * sensor.rows:
        said.append(f"{sensor.sensor} holds text in {sensor.invalid} of {sensor.rows} rows")
    return said


def count_reasons(rejects: pd.DataFrame) -> dict[str, int]:
    """Count rejects by reason.

    Parameters
    ----------
    rejects : pandas.DataFrame
        Rows of the table ``rejects``.

    Returns
    -------
    dict[str, int]
        Most frequent first.
    """
    counts = rejects["reason"].value_counts()
    return {str(reason): int(number) for reason, number in counts.items()}


def _plain(value: object) -> str:
    assert isinstance(value, pd.Timestamp)
    return value.isoformat()


def _by_class(assets: Sequence[AssetReport]) -> list[dict[str, object]]:
    rows = [
        {"equipment_class": asset.equipment_class, **asdict(sensor)}
        for asset in assets
        for sensor in asset.sensors
    ]
    if not rows:
        return []
    grouped = pd.DataFrame(rows).groupby(["equipment_class", "sensor"], sort=False)
    counts = grouped[["rows", "missing", "invalid", "out_of_range", "stuck", "spike"]].sum()
    counts["minimum"] = grouped["minimum"].min()
    counts["median"] = grouped["median"].median()
    counts["maximum"] = grouped["maximum"].max()
    counts["monotonic"] = grouped["monotonic"].sum()
    counts["unit_suspect"] = grouped["unit_ratio"].count()
    return [{str(k): v for k, v in row.items()} for row in counts.reset_index().to_dict("records")]


def render_html(report: IngestReport) -> str:
    """Render the page.

    Parameters
    ----------
    report : IngestReport
        What came in.

    Returns
    -------
    str
        A self-contained HTML page; everything from the data is escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("faultprint.store"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = lambda value: "" if pd.isna(value) else f"{value:.4g}"
    page = environment.get_template("ingest.html.j2")
    return page.render(
        report=report,
        rows=sum(asset.times.rows for asset in report.assets),
        warnings=report.warnings()[:SHOWN],
        sensors=_by_class(report.assets),
        assets=report.assets[:SHOWN],
        reasons=count_reasons(report.rejects),
        rejects=report.rejects.head(SHOWN).to_dict("records"),
    )


def write_report(report: IngestReport, page: Path) -> None:
    """Write the page, and the JSON file beside it.

    Parameters
    ----------
    report : IngestReport
        What came in.
    page : Path
        The HTML file; a path without suffix is a folder that gets ``ingest.html``.
    """
    page = page if page.suffix else page / "ingest.html"
    plain = json.dumps(report.to_dict(), default=_plain, indent=1, ensure_ascii=False)
    write_text(plain + "\n", page.with_suffix(".json"))
    write_text(render_html(report), page)
